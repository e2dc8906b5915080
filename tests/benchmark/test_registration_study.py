"""The published robustness study: its noise, its motions and its phantom are what they say, and its files are whole."""

import csv
import threading
from dataclasses import fields

import numpy as np
import pytest
from scipy import ndimage as ndi

from napari_spectrotomo.benchmark.registration import (
    CASES,
    ENGINES,
    Engine,
    Measurement,
    Phantom,
    Study,
    available,
    measurements,
    motion,
    salt_and_pepper,
    summary,
    table_of,
    write_study,
)
from napari_spectrotomo.errors import Aborted, ParameterError


def perfect(name, off=0.0):
    """An engine that knows the truth of the deformation case of seed 1 in 32 voxels, but for a shift."""
    truth = motion("deformation", 32, np.random.default_rng([1, CASES.index("deformation")]))
    truth[0, 3] += off
    return Engine(name, "knowing", "the truth", "", "", lambda fixed, moving, abort: (truth, "converged"))


def failing():
    return Engine("elastix", "elastix", "never", "", "", lambda f, m, abort: (np.full((4, 4), np.nan), "failed"))


@pytest.fixture(scope="module")
def rows():
    return list(
        measurements(Study(32, 1, ("deformation",), (0.0, 0.3), (ENGINES["ours"], perfect("simpleitk"), failing())))
    )


@pytest.mark.parametrize("fraction", [0.0, 0.02, 0.3])
def test_salt_and_pepper_hits_its_fraction_and_changes_half_of_that(fraction):
    mask = np.zeros((50, 50, 40), bool)
    mask[10:30] = True
    noisy = salt_and_pepper(mask, fraction, np.random.default_rng(0))
    assert noisy.dtype == bool
    assert np.mean(noisy != mask) == pytest.approx(fraction / 2, abs=0.004)
    assert np.mean(noisy[mask] != 1) == pytest.approx(np.mean(noisy[~mask]), abs=0.01)
    grey = np.linspace(-1, 3, mask.size, dtype=np.float32).reshape(mask.shape)
    spoilt = salt_and_pepper(grey, fraction, np.random.default_rng(0))
    changed = spoilt != grey
    assert np.mean(changed) == pytest.approx(fraction, abs=0.005)
    assert np.isin(spoilt[changed], [-1, 3]).all()


def test_noise_leaves_what_it_was_given_and_a_seed_repeats_it():
    mask = np.ones((8, 8, 8), bool)
    first, second = (salt_and_pepper(mask, 0.5, np.random.default_rng(3)) for _ in range(2))
    assert mask.all()
    assert np.array_equal(first, second)


def test_every_motion_is_of_its_kind_about_the_middle():
    middle = np.r_[np.full(3, 31.5), 1]
    for case in CASES:
        matrix = motion(case, 64, np.random.default_rng(1))
        linear = matrix[:3, :3]
        kept = np.allclose(matrix @ middle, middle)
        assert kept == (case != "translation")
        assert np.allclose(linear @ linear.T, np.eye(3)) == (case in ("translation", "rotation"))
        assert np.allclose(linear, np.diag(np.diag(linear))) == (case in ("translation", "scaling"))
        assert np.isclose(np.linalg.det(linear), 1) == (case != "scaling")
    with pytest.raises(ParameterError, match="translation, rotation"):
        motion("twist", 64, np.random.default_rng(1))


def test_a_moved_phantom_is_the_fixed_one_where_its_matrix_says():
    phantom = Phantom.draw(48, 2)
    fixed = phantom.grey()
    shift = np.eye(4)
    shift[:3, 3] = 2, -3, 1
    assert np.allclose(phantom.grey(shift)[6:46, 2:40, 3:47], fixed[4:44, 5:43, 2:46], atol=1e-4)
    turned = motion("rotation", 48, np.random.default_rng(0))
    back = ndi.affine_transform(phantom.grey(turned), turned, order=3)
    assert np.abs(back - fixed).mean() < 0.01
    assert np.abs(back - fixed).max() < 0.4


def test_a_phantom_is_two_particles_inside_the_field_and_the_same_on_a_finer_grid():
    coarse, fine = Phantom.draw(40, 4).mask(), Phantom.draw(80, 4).mask()
    lower, upper = coarse[:20].sum(), coarse[20:].sum()
    assert min(lower, upper) > 0.5 * max(lower, upper)
    assert coarse[18:22].any(axis=(1, 2)).sum() < 4
    assert not any(coarse.take(k, axis).any() for axis in range(3) for k in (0, -1))
    assert fine.mean() == pytest.approx(coarse.mean(), rel=0.05)


def test_the_truth_scores_no_error_and_a_failure_scores_none(rows):
    truth = [row for row in rows if row.engine == "simpleitk"]
    assert [row.tre_mean for row in truth] == pytest.approx([0] * 4, abs=1e-9)
    assert all(row.mse_registered == row.mse_truth for row in truth)
    assert all(row.mse_truth < row.mse_raw for row in rows)
    assert all(np.isnan(row.tre_mean) and row.status == "failed" for row in rows if row.engine == "elastix")


def test_our_engine_brings_noisy_masks_and_tomograms_into_place(rows):
    ours = [row for row in rows if row.engine == "ours"]
    assert {(row.noise_in, row.noise) for row in ours} == {(w, n) for w in ("mask", "grey") for n in (0, 0.3)}
    assert all(row.tre_mean < (0.35 if row.noise == 0 else 1) for row in ours)
    assert all(row.mse_registered < row.mse_raw for row in ours if row.noise == 0)


def test_each_engine_is_summed_up_in_a_line(rows):
    ours, truth, failed = summary(rows, warp=0.5)
    assert truth.tre_worst == pytest.approx(0, abs=1e-9)
    assert failed.failed == 4
    assert "4 failed" in failed.line()
    assert ours.warps == pytest.approx(ours.seconds / 0.5)
    assert "times ours" in truth.line()
    assert "times ours" not in ours.line()


def test_a_study_leaves_a_table_a_page_and_a_figure(tmp_path, capsys):
    seen = []
    study = Study(32, 1, ("deformation",), (0.0, 0.3), (perfect("ours", 0.01), failing()))
    result = write_study(tmp_path / "new", study, progress=seen.append)
    assert not result.stopped
    assert [(step.stage, step.done, step.total) for step in seen] == [("deformation", k, 8) for k in range(1, 9)]
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == [
        f"registration.{suffix}" for suffix in ("csv", "md", "png", "svg")
    ]
    with (tmp_path / "new" / "registration.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    assert tuple(table[0]) == tuple(field.name for field in fields(Measurement))
    assert len(table) == len(result.rows) == 8
    assert table[0]["case"] == "deformation"
    assert table[1]["tre_mean"] == ""
    page = (tmp_path / "new" / "registration.md").read_text()
    assert "| deformation | 30% | grey | ours |" in page
    assert (tmp_path / "new" / "registration.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (tmp_path / "new" / "registration.svg").read_text()
    table_of(result.rows).show()
    assert "deformation" in capsys.readouterr().out


def test_a_stopped_study_keeps_what_it_measured(tmp_path):
    abort = threading.Event()
    study = Study(32, 1, ("deformation",), (0.0, 0.3), (perfect("ours", 0.01),))
    result = write_study(tmp_path, study, progress=lambda step: abort.set(), abort=abort)
    assert result.stopped
    assert len(result.rows) == 1
    assert (tmp_path / "registration.png").exists()
    with pytest.raises(Aborted, match="before anything"):
        write_study(tmp_path / "none", study, abort=abort)
    assert not list((tmp_path / "none").iterdir())


def test_engines_are_named_and_what_is_missing_is_said():
    assert [engine.name for engine in available(["simpleitk", "ours", "ours"])] == ["simpleitk", "ours"]
    with pytest.raises(ParameterError, match="the engines are ours"):
        available(["imregister"])
    with pytest.raises(ParameterError, match="one engine or more"):
        available([])


def test_a_quick_study_is_half_as_large():
    assert Study(128).quick().size == 64
    assert Study(40).quick().size == 32
