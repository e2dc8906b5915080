"""The comparison of spectra: its mixtures are known, its scores know right from wrong, engines agree, its files are whole."""

import csv
import threading
from dataclasses import fields, replace

import numpy as np
import pytest

import napari_spectrotomo.benchmark.spectra as room
from napari_spectrotomo.benchmark.comparisons import compare
from napari_spectrotomo.benchmark.spectra import (
    DEFINITIONS,
    ENERGIES,
    ENGINES,
    Accuracy,
    Study,
    Timing,
    accuracies,
    attenuation,
    available,
    task_of,
    timings,
    with_noise,
    write_spectra_study,
)
from napari_spectrotomo.benchmark.spectra.accuracy import Read, judged
from napari_spectrotomo.benchmark.spectra.engines import JOBS, missing
from napari_spectrotomo.benchmark.spectra.table import accuracy_table, fair, lines_of
from napari_spectrotomo.errors import Aborted, ParameterError
from napari_spectrotomo.simulate.standards import HALF_HEIGHTS
from napari_spectrotomo.spectra import edge_energy_of

TINY = Study(4, definitions=DEFINITIONS[:1], snr=(20.0, 1e5), fractions=(0.0, 1.0), positions=2, repeats=150)


@pytest.fixture(autouse=True)
def once(monkeypatch):
    monkeypatch.setattr("napari_spectrotomo.benchmark.spectra.timing.REPEATS", 1)


def test_the_grid_is_that_of_a_scan_of_31_energies_three_ev_apart_at_the_edge():
    assert len(ENERGIES) == 31
    near = (ENERGIES > 6533) & (ENERGIES < 6582)
    assert np.all(np.diff(ENERGIES[near]) == 3)


def test_a_mixture_is_the_sum_of_its_oxides_and_each_has_its_half_height():
    fine = np.arange(6480.0, 6710.0, 0.5)
    oxides = tuple(HALF_HEIGHTS)
    pure = attenuation(fine, oxides, np.eye(4))
    mixed = attenuation(fine, oxides, np.full((4, 1), 0.25))
    assert np.allclose(mixed[:, 0], pure.mean(axis=1))
    found = edge_energy_of(fine, pure, e0=6548.0)
    assert np.allclose(found, list(HALF_HEIGHTS.values()), atol=0.1)


def test_noise_is_the_edge_step_over_the_ratio_asked_for():
    clean = np.zeros((31, 4000))
    noisy = with_noise(clean, 20.0, np.random.default_rng(0))
    assert noisy.std() == pytest.approx(0.05, rel=0.02)
    assert noisy.dtype == np.float32


def test_scores_know_bias_spread_strays_and_what_a_stated_error_is_worth():
    rng = np.random.default_rng(3)
    true = np.array([6549.0, 6551.0])
    energy = true[:, None] + 0.4 + 0.5 * rng.standard_normal((2, 8000))
    energy[:, :800] = np.nan
    energy[:, 800:872] += 50.0
    error = np.where(np.isfinite(energy), 0.5, np.nan)
    found = judged("any", 10.0, (0.0, 1.0), [Read(energy, error, true + 0.4, true)])
    assert found.bias == pytest.approx(0.4, abs=0.03)
    assert found.spread == pytest.approx(0.5, rel=0.05)
    assert (found.undefined, found.astray) == (0.1, pytest.approx(0.01))
    assert found.covered == pytest.approx(0.99 * 0.683, abs=0.02)
    assert found.covered_true == pytest.approx(0.99 * 0.543, abs=0.02)
    assert found.stated == 0.5
    assert found.sensitivity == pytest.approx(2.0)
    assert found.resolution == pytest.approx(found.spread / 2, rel=0.01)
    assert found.ripple < 0.03
    assert found.lost == pytest.approx(0.1 + 0.9 * 0.01)


def test_scores_of_edges_that_bend_and_ripple():
    true = np.array([6549.0, 6552.0, 6553.0])
    reads = [
        Read(np.repeat(true[:, None] + off, 40, axis=1), np.full((3, 40), np.nan), true + off, true) for off in (-1, 2)
    ]
    found = judged("any", 10.0, (0.0, 0.5, 1.0), reads)
    assert (found.bias, found.ripple, found.spread) == (0.5, 1.5, 0.0)
    assert (found.sensitivity, found.least_sensitivity, found.bend) == (4.0, 2.0, 1.0)
    assert found.resolution == 1.5 / 4
    assert np.isnan([found.stated, found.covered]).all()


def test_nothing_is_known_of_a_definition_that_finds_no_edge():
    nothing = np.full((2, 40), np.nan)
    found = judged("any", 5.0, (0.0, 1.0), [Read(nothing, nothing, nothing[:, 0], np.array([6549.0, 6552.0]))])
    assert found.undefined == 1
    assert np.isnan([found.bias, found.ripple, found.spread, found.astray, found.covered, found.resolution]).all()


def test_a_definition_that_keeps_only_the_easy_spectra_is_not_said_to_be_best():
    true = np.array([6549.0, 6552.0])
    energy = true[:, None] + np.linspace(-1, 1, 40)
    first = judged("first", 20.0, (0.0, 1.0), [Read(energy, np.ones((2, 40)), true, true)])
    choosy = replace(first, definition="choosy", resolution=first.resolution / 2, undefined=first.undefined + 0.2)
    worse = replace(first, definition="worse", resolution=first.resolution * 2)
    assert [row.definition for row in fair([first, choosy, worse], 20.0)] == [first.definition, "worse"]
    line = lines_of([], [first, choosy, worse])[-1]
    assert line.index(first.definition) < line.index("worse") < line.index("more spectra lost by choosy")
    assert accuracy_table([choosy, worse, first]).best == (2,)


def test_without_noise_only_the_grids_bias_is_left_and_with_it_the_error_is_stated_rightly():
    noisy, quiet = accuracies(TINY)
    assert quiet.spread < 1e-3
    assert abs(quiet.bias) < 0.3
    assert noisy.sensitivity == pytest.approx(HALF_HEIGHTS["MnO2"] - HALF_HEIGHTS["Mn2O3"], abs=0.02)
    assert noisy.spread == pytest.approx(noisy.stated, rel=0.25)
    assert 0.55 < noisy.covered < 0.8


def test_every_definition_is_told_apart_and_can_be_judged():
    study = replace(TINY, definitions=DEFINITIONS, snr=(50.0,), positions=1, repeats=20)
    found = list(accuracies(study))
    assert [row.definition for row in found] == [definition.label for definition in DEFINITIONS]
    assert len({definition.label for definition in DEFINITIONS}) == len(DEFINITIONS)
    for row in found:
        assert row.undefined == 0
        assert 2 < row.sensitivity < 5
        assert row.spread < 0.5


def test_the_peers_come_to_what_ours_does():
    found = {(row.job, row.engine): row for row in timings(replace(TINY, engines=available(["ours", "scipy"])))}
    assert {job for job, engine in found if engine == "ours"} == set(JOBS)
    assert all(row.seconds > 0 and row.spectra == 64 for row in found.values())
    assert all(row.of_ours == 1 for (_, engine), row in found.items() if engine == "ours")
    assert found["composition", "scipy"].difference < 1e-4
    assert np.isnan(found["normalise", "ours"].difference)


def test_normalised_spectra_are_larchs():
    pytest.importorskip("larch")
    engines = (ENGINES["ours"], replace(ENGINES["larch"], sample=5))
    found = {(row.job, row.engine): row for row in timings(replace(TINY, engines=engines))}
    assert found["normalise", "larch"].spectra == 5
    assert found["normalise", "larch"].difference < 1e-5
    assert found["derivative", "larch"].difference < 6


def test_a_result_that_is_not_ours_is_seen():
    def wrong(task):
        ours = ENGINES["ours"].calls["half height"](task)
        return lambda: ours() + np.where(np.arange(task.mu.shape[1]) == 3, 0.75, 0.25)

    other = replace(ENGINES["scipy"], calls={"half height": wrong}, sample=9)
    (row,) = (row for row in timings(replace(TINY, engines=(ENGINES["ours"], other))) if row.engine == "scipy")
    assert (row.spectra, row.difference, row.typical) == (9, pytest.approx(0.75), pytest.approx(0.25))


def test_the_spectra_timed_are_the_same_for_the_same_seed():
    assert np.array_equal(task_of(4, 7).mu, task_of(4, 7).mu)
    assert not np.array_equal(task_of(4, 7).mu, task_of(4, 8).mu)
    assert task_of(4, 7).mu.shape == (31, 64)


@pytest.fixture
def no_larch(monkeypatch):
    monkeypatch.setitem(ENGINES, "larch", replace(ENGINES["larch"], module="no_such_module"))


@pytest.mark.usefixtures("no_larch")
def test_larch_is_left_out_with_a_line_where_it_is_not_installed():
    assert [engine.name for engine in available()] == ["ours", "scipy"]
    assert missing() == ("larch is not installed and was left out: pip install xraylarch.",)
    with pytest.raises(ParameterError, match="xraylarch"):
        available(["larch"])


@pytest.mark.usefixtures("no_larch")
def test_a_study_leaves_tables_a_page_and_figures(tmp_path):
    seen = []
    found = write_spectra_study(tmp_path / "new", TINY, progress=seen.append)
    assert not found.stopped
    assert {step.stage for step in seen} == {"SNR 20", "SNR 100000", *JOBS}
    names = {path.name for path in (tmp_path / "new").iterdir()}
    assert names == {"spectra.csv", "spectra.md", "spectra.png", "spectra.svg", "spectra_time.csv"}
    for name, kind, rows in (("spectra", Accuracy, found.rows), ("spectra_time", Timing, found.times)):
        with (tmp_path / "new" / f"{name}.csv").open(newline="") as file:
            table = list(csv.DictReader(file))
        assert list(table[0]) == [field.name for field in fields(kind)]
        assert len(table) == len(rows)
    page = (tmp_path / "new" / "spectra.md").read_text()
    assert "| half height (lines) | 20 |" in page
    assert "larch is not installed" in page
    assert "scipy" in "".join(line for line in found.lines if line.startswith("Fractions"))


def test_a_stopped_study_keeps_what_it_measured(tmp_path):
    abort = threading.Event()
    result = write_spectra_study(tmp_path, TINY, progress=lambda step: abort.set(), abort=abort)
    assert result.stopped
    assert [row.snr for row in result.rows] == [20.0]
    assert not result.times
    assert (tmp_path / "spectra.png").exists()
    assert not (tmp_path / "spectra_time.csv").exists()
    with pytest.raises(Aborted, match="before anything"):
        write_spectra_study(tmp_path / "none", TINY, abort=abort)
    assert not list((tmp_path / "none").iterdir())


def test_the_command_hands_its_settings_on(tmp_path, monkeypatch):
    asked = []

    def write(folder, study, **_):
        asked.append(study)
        return room.Comparison((), (), (), (), False)

    monkeypatch.setattr(room, "write_spectra_study", write)
    compare("spectra", tmp_path, 48, 5, ["scipy"])
    compare("spectra", tmp_path, quick=True)
    assert (asked[0].size, asked[0].seed, [engine.name for engine in asked[0].engines]) == (48, 5, ["scipy"])
    assert asked[1].size < room.SIZE
    assert asked[1].repeats < Study().repeats
