"""One view at two energies: the shift between them, whatever of it can be told."""

import numpy as np
import pytest
from scipy import ndimage as ndi

from napari_spectrotomo.align import align_views
from napari_spectrotomo.errors import DataError, ParameterError


@pytest.fixture(scope="module")
def view(sample):
    return sample.views(np.array([20.0]))[0]


@pytest.mark.parametrize(("method", "within"), [("phase", 0.15), ("auto", 0.15), ("masks", 0.3)])
def test_a_shift_is_found_to_a_part_of_a_pixel(view, method, within):
    found = align_views(view, ndi.shift(view, (1.5, -2.25), mode="nearest"), method)
    assert np.abs(found.shift - [1.5, -2.25]).max() < within
    np.testing.assert_allclose(found.matrix[:2, 2], found.shift, atol=1e-6)


def test_a_magnified_view_is_laid_back_by_the_matrix(view):
    larger, middle = 1.04, np.array([(view.shape[0] - 1) / 2, 24.9])
    moving = ndi.affine_transform(view, [1 / larger] * 2, middle - middle / larger - np.array([0.0, 2.0]) / larger)
    found = align_views(view, moving, magnification=larger, center=24.9)
    back = ndi.affine_transform(moving, found.matrix[:2, :2], found.matrix[:2, 2])
    assert np.abs(back - view)[4:-4, 4:-4].mean() < 0.1 * np.abs(moving - view)[4:-4, 4:-4].mean()
    assert np.abs(found.shift - [0.0, 2.0]).max() < 0.25


def test_masks_tell_where_phase_correlation_locks_on_the_detectors_pattern(view):
    pattern = 3 * np.random.default_rng(5).standard_normal(view.shape).astype(np.float32)
    sample = ndi.gaussian_filter(view, 2.0)
    moved = ndi.shift(sample, (0, 4), mode="nearest")
    dim = 0.02
    found = align_views(sample + dim * pattern, moved + dim * pattern)
    phase = align_views(sample + dim * pattern, moved + dim * pattern, "phase")
    assert np.linalg.norm(phase.shift) < 0.25, "it locked"
    assert found.method == "masks"
    assert "masks were taken" in found.doubts[0]
    assert abs(found.shift[1] - 4) < 1


def test_flat_views_leave_the_shift_unknown_but_keep_the_magnification():
    flat = np.zeros((16, 20), np.float32)
    found = align_views(flat, flat, "masks", magnification=1.02)
    assert found.method == "none"
    assert np.isnan(found.shift).all()
    assert found.matrix[0, 0] == pytest.approx(1.02)


def test_what_cannot_be_aligned_is_said(view):
    with pytest.raises(DataError, match="one shape"):
        align_views(view, view[:-1])
    with pytest.raises(DataError, match="no numbers"):
        align_views(view, np.full_like(view, np.nan))
    with pytest.raises(ParameterError, match="method"):
        align_views(view, view, "sift")
    with pytest.raises(ParameterError, match="magnification"):
        align_views(view, view, magnification=0.0)
    with pytest.raises(ParameterError, match="column"):
        align_views(view, view, center=-3.0)
