"""Slices about a candidate axis: the sharpest is the one about the true axis, and it is the slice the volume has."""

import numpy as np
import pytest

import napari_spectrotomo as st
from napari_spectrotomo.reconstruct import center_strip, reconstruct_volume

HALF = np.arange(-90, 91, 3.0)


@pytest.mark.parametrize(("tilt", "magnification"), [(0.0, 1.0), (1.0, 1.0), (0.0, 1.1)])
def test_the_sharpest_slice_is_about_the_true_axis(ellipsoid_views, tilt, magnification):
    views = ellipsoid_views((48, 96), HALF, 51.0, tilt, noise=0.01)
    strip = center_strip(views, HALF, 20, 52.0, tilt=tilt, magnification=magnification)
    assert strip.columns.tolist() == [48.0, 49.0, 50.0, 51.0, 52.0, 53.0, 54.0, 55.0, 56.0]
    assert strip.columns[strip.best] == 51.0
    assert strip.sharpness[strip.best] == 1
    assert strip.sharpness.min() == 0
    assert np.all(np.diff(strip.sharpness)[:3] > 0)
    assert np.all(np.diff(strip.sharpness)[3:] < 0)


def test_a_strip_shows_the_slices_of_the_volume_cut_to_what_is_seen(ellipsoid_views):
    views = ellipsoid_views((24, 96), HALF, 47.5, size=0.5)
    strip = center_strip(views, HALF, 12, 47.5, span=1.0, count=3)
    size = strip.slices.shape[1]
    assert strip.slices.shape == (3, size, size)
    assert size < 80
    low = (96 - size) // 2
    whole = reconstruct_volume(views, HALF, 47.5)[12]
    np.testing.assert_allclose(strip.slices[1], whole[low : low + size, low : low + size], atol=1e-5)
    cut_off = whole.copy()
    cut_off[low : low + size, low : low + size] = 0
    assert np.abs(cut_off).max() < 0.1 * whole.max()  # nothing but streaks


def test_the_fullest_row_is_taken_where_none_is_named(ellipsoid_views):
    views = ellipsoid_views((24, 96), HALF, 47.5, size=0.5)
    views[:, 9] *= 3
    assert center_strip(views, HALF, None, 47.5, count=1).row == 9


@pytest.mark.parametrize(("row", "center", "said"), [(24, 47.5, "no row 24"), (3, 2.0, "not on the detector")])
def test_a_strip_beyond_the_detector_is_refused(ellipsoid_views, row, center, said):
    with pytest.raises(st.ReconstructionError, match=said):
        center_strip(ellipsoid_views((24, 96), HALF, 47.5), HALF, row, center)
