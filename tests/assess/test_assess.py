"""Is the registration right? What the paper judges by, on pictures of known content."""

import dask.array as da
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage as ndi

from napari_spectrotomo.assess import canny_contours, mask_overlap, squared_difference
from napari_spectrotomo.data import EnergyStack
from napari_spectrotomo.errors import DataError


def disc(size=48, radius=14.0, center=(23.5, 23.5)):
    y, x = np.mgrid[:size, :size]
    return np.hypot(y - center[0], x - center[1]) < radius


def test_the_squared_difference_is_lazy_and_what_it_says():
    volumes = np.random.default_rng(0).random((3, 4, 5, 6)).astype(np.float32)
    volumes[0, 1, 2, 3] = np.nan
    stack = EnergyStack.from_arrays(volumes, [6500, 6600, 6700])
    difference = squared_difference(stack)
    assert isinstance(difference, da.Array)
    assert difference.dtype == np.float32
    assert difference.chunks == ((1, 1, 1), (4,), (5,), (6,))
    assert np.allclose(difference.compute(), (volumes - volumes[-1]) ** 2, equal_nan=True)
    assert np.isnan(difference[0, 1, 2, 3].compute())
    assert np.allclose(
        squared_difference(volumes, fixed=0)[1:].compute(), (volumes - volumes[0])[1:] ** 2, equal_nan=True
    )


def test_the_squared_difference_of_masks_counts_them_as_zero_and_one():
    masks = np.random.default_rng(1).random((2, 4, 5, 6)) > 0.5
    for given_as in (masks, masks.astype(np.uint8), da.from_array(masks)):
        assert np.array_equal(squared_difference(given_as)[0].compute(), (masks[0] ^ masks[1]).astype(np.float32))
    assert squared_difference(masks)[0].mean().compute() == pytest.approx(mask_overlap(masks[1], masks[0]).mse)


def test_a_difference_to_nothing_is_refused():
    with pytest.raises(DataError, match="four axes"):
        squared_difference(np.zeros((3, 3, 3)))
    with pytest.raises(DataError, match="no energy 5"):
        squared_difference(np.zeros((2, 3, 3, 3)), fixed=5)


def test_the_contour_of_a_disc_is_its_rim():
    contour = canny_contours(disc(), sigma=1.5)
    assert contour.dtype == bool
    distance = np.hypot(*(np.argwhere(contour).T - 23.5))
    assert np.abs(distance - 14).max() < 2
    assert contour.sum() > 2 * np.pi * 14 * 0.8
    assert ndi.label(contour, np.ones((3, 3)))[1] == 1


@given(gain=st.floats(1e-4, 1e5), offset=st.floats(-10, 10), sigma=st.floats(1, 3))
@settings(max_examples=20, deadline=None)
def test_contours_do_not_depend_on_the_grey_scale(gain, offset, sigma):
    image = ndi.gaussian_filter(disc().astype(float), 1)
    assert (canny_contours(gain * (image + offset), sigma) ^ canny_contours(image, sigma)).sum() <= 4


def test_noise_below_a_tenth_of_the_contrast_has_no_contours():
    image = disc() + 0.08 * np.random.default_rng(2).standard_normal((48, 48))
    distance = np.hypot(*(np.argwhere(canny_contours(image, sigma=2)).T - 23.5))
    assert np.abs(distance - 14).max() < 2.5


def test_unknown_pixels_have_no_contour():
    image = disc().astype(float)
    image[:, 30:] = np.nan
    contour = canny_contours(image, sigma=1)
    assert contour.any()
    assert not contour[:, 29:].any()
    assert not canny_contours(np.full((9, 9), np.nan)).any()
    assert not canny_contours(np.ones((9, 9))).any()


def test_contours_of_a_volume_are_refused():
    with pytest.raises(DataError, match="axes"):
        canny_contours(np.zeros((3, 3, 3)))
    with pytest.raises(DataError, match="smoothing"):
        canny_contours(np.zeros((3, 3)), sigma=-1)
