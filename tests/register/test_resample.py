"""The one interpolation: it agrees with scipy's splines for any transform, and knows what it does not know."""

import threading

import dask
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage as ndi

from napari_spectrotomo.errors import Aborted, RegistrationError
from napari_spectrotomo.register.resampling.deformation import control_points
from napari_spectrotomo.register.resampling.resample import positions, resample
from napari_spectrotomo.register.resampling.territory import Territory


def random_affine(rng: np.random.Generator, ndim: int) -> np.ndarray:
    matrix = np.eye(ndim + 1)
    matrix[:-1, :-1] += rng.normal(0, 0.08, (ndim, ndim))
    matrix[:-1, -1] = rng.normal(0, 2, ndim)
    return matrix


@pytest.fixture(scope="module")
def volume() -> np.ndarray:
    return np.random.default_rng(3).random((20, 23, 26), dtype=np.float32)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), order=st.sampled_from([1, 3]), ndim=st.sampled_from([2, 3]))
def test_values_are_those_of_scipys_splines_on_any_grid(seed, order, ndim):
    rng = np.random.default_rng(seed)
    shape, fixed = (tuple(int(n) for n in rng.integers(1, 24, ndim)) for _ in range(2))
    moving, matrix = rng.random(shape, dtype=np.float32), random_affine(rng, ndim)
    found = resample(moving, matrix, fixed, order=order)
    points = np.tensordot(matrix[:-1, :-1], np.indices(fixed), 1) + matrix[:-1, -1].reshape(-1, *[1] * ndim)
    last = np.array(shape).reshape(-1, *[1] * ndim) - 1
    inside = np.all((points >= 0) & (points <= last), axis=0)
    expected = ndi.map_coordinates(moving.astype(float), points, order=order, mode="mirror")
    assert (found.dtype, found.shape) == (np.float32, fixed)
    assert np.array_equal(np.isfinite(found), inside)
    np.testing.assert_allclose(found[inside], expected[inside], atol=1e-5)


@pytest.mark.parametrize("order", [1, 3])
def test_the_number_of_threads_changes_no_bit(order):
    rng = np.random.default_rng(8)
    shape = (40, 44, 48)
    moving = rng.random(shape, dtype=np.float32)
    moving[rng.random(shape) < 0.01] = np.nan
    labels = np.zeros(shape, np.int32)
    labels[4:15], labels[22:36] = 1, 2
    bent = rng.normal(0, 0.5, (3, *control_points(shape, 12))).astype(np.float32)
    how = {
        "order": order,
        "particles": {1: random_affine(rng, 3), 2: random_affine(rng, 3)},
        "territory": Territory.of(labels),
        "coefficients": bent,
        "spacing": 12,
    }
    with dask.config.set(num_workers=1):
        one = resample(moving, np.eye(4), **how)
    with dask.config.set(num_workers=2):
        two = resample(moving, np.eye(4), **how)
    assert np.array_equal(one, two, equal_nan=True)
    assert np.isfinite(one).mean() > 0.5


def test_the_identity_gives_every_voxel_back_in_a_copy(volume):
    same = resample(volume, np.eye(4))
    assert np.array_equal(same, volume)
    assert not np.shares_memory(same, volume)
    holes = volume.copy()
    holes[3, 4, 5] = np.nan
    assert np.array_equal(resample(holes, np.eye(4)), holes, equal_nan=True)


@pytest.mark.parametrize("order", [1, 3])
def test_unknown_voxels_stay_unknown_and_spread_to_no_others(order):
    z, y, x = np.indices((18, 18, 18))
    smooth = (np.sin(z / 5) + np.cos(y / 6) + x / 10).astype(np.float32)
    holes = smooth.copy()
    holes[:, :5] = np.nan
    holes[9:] = np.nan
    holes[4, 10, 12] = np.inf
    matrix = np.eye(4)
    matrix[2, 3] = 0.25
    known, whole = resample(holes, matrix, order=order), resample(smooth, matrix, order=order)
    lost = np.isnan(known[:, :, :-1])
    assert np.array_equal(lost, ~np.isfinite(holes[:, :, :-1]))
    assert np.nanmax(np.abs(known - whole)[2:7, 7:, :10]) < 0.02
    assert np.array_equal(holes[4, 10, 12], np.inf)


def test_whole_numbers_lists_of_any_layout_and_nothing_known_are_resampled(volume):
    matrix = np.eye(4)
    matrix[0, 3] = 0.5
    counts = (volume * 100).astype(np.uint16)
    assert np.array_equal(resample(counts, matrix), resample(counts.astype(np.float32), matrix), equal_nan=True)
    turned = np.asfortranarray(volume)
    assert np.array_equal(resample(turned, matrix), resample(volume, matrix), equal_nan=True)
    assert np.isnan(resample(np.full((4, 4, 4), np.nan), matrix)).all()


def test_a_failed_registration_gives_nothing(volume):
    assert np.isnan(resample(volume, np.full((4, 4), np.nan))).all()
    assert np.isnan(resample(volume, np.full((4, 4), np.nan), (2, 3, 4))).all()


def test_a_deformation_is_added_to_where_the_affine_puts_a_voxel(volume):
    rng = np.random.default_rng(2)
    fixed, spacing = (17, 21, 19), 6
    matrix = random_affine(rng, 3)
    bent = rng.normal(0, 0.4, (3, *control_points(fixed, spacing))).astype(np.float32)
    found = resample(volume, matrix, fixed, coefficients=bent, spacing=spacing)
    points = positions(fixed, matrix, coefficients=bent, spacing=spacing)
    controls = np.indices(fixed) / spacing + 1
    u = np.stack([ndi.map_coordinates(np.float64(c), controls, order=3, prefilter=False) for c in bent])
    np.testing.assert_allclose(points - positions(fixed, matrix), u, atol=1e-6)
    expected = ndi.map_coordinates(np.float64(volume), points, order=3, mode="mirror")
    inside = np.isfinite(found)
    assert 0.3 < inside.mean() < 1
    np.testing.assert_allclose(found[inside], expected[inside], atol=1e-4)


def test_work_that_is_stopped_gives_no_volume(volume):
    stop = threading.Event()
    stop.set()
    matrix = np.eye(4)
    matrix[0, 3] = 0.5
    for order in (1, 3):
        with pytest.raises(Aborted):
            resample(volume, matrix, order=order, abort=stop)


def test_what_does_not_fit_is_said(volume):
    with pytest.raises(RegistrationError, match="2 or 3 axes"):
        resample(volume[None], np.eye(5))
    with pytest.raises(RegistrationError, match=r"matrix of shape \(3, 3\)"):
        resample(volume, np.eye(3))
    with pytest.raises(RegistrationError, match="cubic"):
        resample(volume, np.eye(4), order=2)
    with pytest.raises(RegistrationError, match="fixed grid"):
        resample(volume, np.eye(4), (4, 4))
    with pytest.raises(RegistrationError, match="territory"):
        resample(volume, np.eye(4), particles={1: np.eye(4)})
    with pytest.raises(RegistrationError, match="labels have shape"):
        resample(volume, np.eye(4), (5, 5, 5), particles={}, territory=Territory.of(np.ones((4, 5, 6), int)))
    with pytest.raises(RegistrationError, match="does not fit"):
        resample(volume, np.eye(4), coefficients=np.zeros((3, 4, 4, 4)), spacing=3)
