"""The trouble-shooting view of a project: one view at two energies, before registration and after."""

import threading

import numpy as np
import pytest

from napari_spectrotomo.errors import Aborted, DataError
from napari_spectrotomo.workflow import Project, ViewComparison


@pytest.fixture(scope="module")
def comparison(finished):
    return ViewComparison(finished)


def test_registration_brings_the_outlines_together(comparison):
    before, after = (comparison.compare(10, 0, 0.0, after=after, sigma=1.0) for after in (False, True))
    assert (before.how, after.how) == ("measured", "registered")
    assert after.pair.apart < 0.5 * before.pair.apart
    assert before.energies == after.energies == (6710.0, 6480.0)


def test_registered_volumes_are_seen_as_the_projections_see_them(finished, comparison):
    after, before = (comparison.compare(10, 10, 36.0, after=after) for after in (True, False))
    assert before.angles == pytest.approx((36.0, 36.0))
    from scipy import ndimage as ndi

    off = finished.alignment().centers[10] - (before.pair.first.shape[1] - 1) / 2
    seen = ndi.shift(before.pair.first, (0, -off), order=1, mode="nearest")
    assert np.corrcoef(after.pair.first.ravel(), seen.ravel())[0, 1] > 0.98
    assert after.pair.first.max() == pytest.approx(seen.max(), rel=0.15), "optical density, not attenuation"


def test_before_registration_the_magnification_is_taken_out_and_the_size_said(comparison):
    found = comparison.compare(10, 0, 0.0)
    assert found.magnification == pytest.approx(6710 / 6480, rel=1e-4)
    assert np.isnan(found.shift).all()
    assert found.pixel_size > 0


def test_where_nothing_is_registered_the_second_view_is_shifted_onto_the_first(small_scan, tmp_path):
    project = Project.create(tmp_path / "fresh", small_scan)
    found = ViewComparison(project).compare(10, 0, 0.0, after=True)
    assert found.how == "shifted"
    assert np.isfinite(found.shift).all()


def test_views_that_are_not_at_the_same_angle_are_told(small_scan, tmp_path):
    project = Project.create(tmp_path / "fresh", small_scan)
    project.change("correct", exclude=({"reason": "shutter", "energy": 6480.0, "projections": (15,)},))
    found = ViewComparison(project).compare(10, 0, 0.0)
    assert found.angles[0] == pytest.approx(0.0, abs=1e-6)
    assert "6.00° apart" in found.doubts[0]


def test_volumes_of_others_are_projected(finished, tmp_path):
    project = Project.create(tmp_path / "stack", finished.path / "project.zarr" / "reconstruction")
    found = ViewComparison(project).compare(10, 0, 30.0)
    assert found.how == "projected"
    assert found.angles == (30.0, 30.0)
    assert np.nanmax(found.pair.first) > 0.2


def test_an_energy_that_is_not_there_is_refused_and_a_stop_is_heard(comparison, finished):
    with pytest.raises(DataError, match="no energy 11"):
        comparison.compare(11, 0)
    stop = threading.Event()
    stop.set()
    with pytest.raises(Aborted):
        ViewComparison(finished).compare(10, 0, abort=stop)
