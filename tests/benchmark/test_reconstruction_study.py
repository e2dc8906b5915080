"""The comparison of reconstructions: its phantom is exact, its scores know right from wrong, its files are whole."""

import csv
import threading
from dataclasses import fields, replace

import numpy as np
import pytest

from napari_spectrotomo.benchmark.comparisons import compare
from napari_spectrotomo.benchmark.reconstruction import (
    CYLINDER,
    ENGINES,
    FewViews,
    Measurement,
    Study,
    available,
    measurements,
    pixel_size,
    section,
    views_of,
    within,
    write_reconstructions,
)
from napari_spectrotomo.benchmark.reconstruction.engines import missing
from napari_spectrotomo.errors import Aborted, ParameterError

SIZE = 64


@pytest.fixture(scope="module")
def rows():
    engines = tuple(replace(engine, rows=2) for engine in (ENGINES["ours"], ENGINES["skimage"]))
    return list(measurements(Study((SIZE, 75), 91, engines)))


@pytest.mark.parametrize(("degrees", "turns"), [(0.0, 0), (90.0, -1), (180.0, 2), (-90.0, 1)])
def test_views_along_the_axes_are_sums_of_the_section(degrees, turns):
    axis = (SIZE - 1) / 2
    summed = np.rot90(section(SIZE, axis), turns).sum(0) * pixel_size(SIZE)
    seen = views_of(SIZE, np.array([degrees]), axis)[0]
    assert np.abs(seen - summed).max() < 0.03 * seen.max()
    assert seen.sum() == pytest.approx(summed.sum(), rel=1e-3)


def test_a_section_is_the_same_on_every_grid_and_moves_with_its_axis():
    coarse, fine = section(40, 19.5), section(80, 39.5)
    assert np.allclose(fine.reshape(40, 2, 40, 2).mean((1, 3)), coarse, atol=0.05)
    assert np.array_equal(section(40, 22.5)[3:, 3:], section(40, 19.5)[:-3, :-3])
    assert np.allclose(views_of(40, np.array([30.0]), 21.5)[0, 2:], views_of(40, np.array([30.0]), 19.5)[0, :-2])


def test_the_cylinder_stands_alone_with_its_value():
    image = section(200, 99.5)
    assert np.allclose(image[within(200, 99.5, 0.9, CYLINDER)], CYLINDER.value)
    around = within(200, 99.5, 1.15, CYLINDER) & ~within(200, 99.5, 1.08, CYLINDER)
    assert not image[around].any()


def test_every_engine_gives_the_sections_orientation_and_scale(rows):
    engines = tuple(replace(engine, rows=1) for engine in ENGINES.values() if engine.installed())
    found = [row for row, _ in measurements(Study((SIZE,), 91, engines))]
    assert [row.engine for row in found] == [engine.name for engine in engines]
    assert all(row.rmse < 0.03 for row in found)
    assert all(abs(row.cylinder_error) < 0.03 for row in found)


def test_ours_is_as_exact_as_the_plain_reference_and_right_in_scale(rows):
    for size in (SIZE, 75):
        ours, reference = (row for row, _ in rows if row.size == size)
        assert ours.rmse < 1.05 * reference.rmse
        assert abs(ours.cylinder_error) < 0.01


def test_times_are_compared_with_those_of_algotom_and_unknown_without_it(rows):
    assert all(np.isnan(row.of_algotom) for row, _ in rows)
    knowing = replace(ENGINES["algotom"], make=lambda v, a, c: np.zeros((1, v.shape[2], v.shape[2])))
    ((row, made),) = measurements(Study((SIZE,), 31, (knowing,)))
    assert row.of_algotom == 1
    assert row.cylinder_error == -1
    assert row.rmse == pytest.approx(np.sqrt(np.mean(section(SIZE, 31.5)[within(SIZE, 31.5, 0.93)] ** 2)))
    assert not made.any()


def rmse_of(row):
    return float(row["rmse"])


@pytest.fixture
def no_astra(monkeypatch):
    monkeypatch.setitem(ENGINES, "astra", replace(ENGINES["astra"], module="no_such_module"))


@pytest.mark.usefixtures("no_astra")
def test_a_comparison_leaves_tables_a_page_and_figures(tmp_path):
    seen = []
    found = compare("reconstruction", tmp_path / "new", 40, engines=["ours", "skimage"], progress=seen.append)
    assert not found.stopped
    assert [step.stage for step in seen[:2]] == ["40²", "40²"]
    assert all(step.done <= step.total for step in seen)
    assert {step.stage for step in seen} == {"40²", "30 views", "60° missing"}
    names = {path.name for path in (tmp_path / "new").iterdir()}
    assert names == {f"reconstruction.{suffix}" for suffix in ("csv", "md", "png", "svg")} | {
        "reconstruction_few_views.csv",
        "reconstruction_few_views.png",
        "reconstruction_slices.png",
    }
    for name, kind in (("reconstruction", Measurement), ("reconstruction_few_views", FewViews)):
        with (tmp_path / "new" / f"{name}.csv").open(newline="") as file:
            table = list(csv.DictReader(file))
        assert list(table[0]) == [field.name for field in fields(kind)]
    least = {row["case"]: min((r for r in table if r["case"] == row["case"]), key=rmse_of) for row in table}
    assert [row["algorithm"] for row in least.values()] == ["tv", "tv"]
    page = (tmp_path / "new" / "reconstruction.md").read_text()
    assert "| 40 | 181 | ours |" in page
    assert "algotom's time;" not in page
    assert "TV" in page


def test_a_stopped_comparison_keeps_what_it_measured(tmp_path):
    abort = threading.Event()
    study = Study((40, 48), 31, (ENGINES["ours"],))
    result = write_reconstructions(tmp_path, study, 40, progress=lambda step: abort.set(), abort=abort)
    assert result.stopped
    assert [row.size for row in result.rows] == [40]
    assert not result.few
    assert (tmp_path / "reconstruction.png").exists()
    with pytest.raises(Aborted, match="before anything"):
        write_reconstructions(tmp_path / "none", study, 40, abort=abort)
    assert not list((tmp_path / "none").iterdir())


@pytest.mark.usefixtures("no_astra")
def test_engines_that_are_not_installed_are_left_out_with_a_line():
    assert "astra" not in [engine.name for engine in available()]
    assert missing() == ("ASTRA (CPU) is not installed and was left out: pip install astra-toolbox.",)
    with pytest.raises(ParameterError, match="astra-toolbox"):
        available(["astra"])
    with pytest.raises(ParameterError, match="the engines are ours"):
        available(["gridrec"])
