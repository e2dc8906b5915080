"""The tilt of the axis in the detector's plane is measured with its sign, its error, and no other."""

import numpy as np
import pytest

from napari_spectrotomo.reconstruct import find_axis, settle_axes
from napari_spectrotomo.reconstruct.axis.estimate import significant_tilt

HALF = np.arange(-90, 91, 3.0)


@pytest.mark.parametrize("tilt", [0.1, 0.5, -1.5])
def test_a_tilted_axis_is_measured_and_stays_where_it_is_in_the_middle_row(ellipsoid_views, tilt):
    estimate = find_axis(ellipsoid_views((128, 128), HALF, 67.6, tilt, size=0.8, noise=0.005), HALF)
    assert estimate.tilt == pytest.approx(tilt, abs=min(0.06, 4 * estimate.tilt_uncertainty))
    assert estimate.center == pytest.approx(67.6, abs=0.03)
    assert estimate.confidence > 0.8  # the other methods look at bands of rows, brought upright
    assert settle_axes([6700.0], None, [estimate]).tilt == pytest.approx(estimate.tilt)


def test_an_upright_axis_has_no_tilt_worth_correcting(ellipsoid_views):
    estimate = find_axis(ellipsoid_views((64, 96), HALF, 50.2, noise=0.03), HALF)
    assert not significant_tilt(estimate.tilt, estimate.tilt_uncertainty, 64)
    assert settle_axes([6700.0], None, [estimate]).tilt == 0


def test_a_ball_on_the_axis_does_not_tell_its_tilt(ellipsoid_views):
    ball = ((0.0, 0.0, 0.0, 0.6, 0.6, 0.6, 0.0, 1.0),)
    estimate = find_axis(ellipsoid_views((96, 96), HALF, 50.2, 1.0, noise=0.01, bodies=ball), HALF)
    assert estimate.center == pytest.approx(50.2, abs=0.05)
    assert np.isnan(estimate.tilt) or estimate.tilt_uncertainty > 0.2


def test_two_rows_do_not_tell_a_tilt(ellipsoid_views):
    views = np.repeat(ellipsoid_views((24, 96), HALF, 50.2, noise=0.01)[:, 12:13], 2, axis=1)
    estimate = find_axis(views, HALF)
    assert np.isnan(estimate.tilt)
    assert estimate.center == pytest.approx(50.2, abs=0.04)


def test_a_tilt_counts_beyond_its_error_and_a_tenth_of_a_pixel():
    assert significant_tilt(0.5, 0.1, 100)
    assert not significant_tilt(0.5, 0.2, 100)
    assert not significant_tilt(0.05, 0.001, 100)
    assert significant_tilt(-0.05, 0.001, 200)
    assert not significant_tilt(float("nan"), float("nan"), 200)
