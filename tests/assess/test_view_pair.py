"""Two pictures over each other: outlines that part where the sample moved, and agree where it did not."""

import numpy as np
import pytest

from napari_spectrotomo.assess import canny_contours, view_pair
from napari_spectrotomo.errors import DataError


def disc(center=(23.5, 23.5), size=48, radius=12.0):
    y, x = np.mgrid[:size, :size]
    return 1 / (1 + np.exp(np.hypot(y - center[0], x - center[1]) - radius)).astype(np.float32)


def test_the_same_picture_has_the_same_outline():
    pair = view_pair(disc(), 3 * disc() + 1)
    assert pair.apart < 0.05
    np.testing.assert_array_equal(pair.first_contour, canny_contours(disc()))


@pytest.mark.parametrize("moved", [2.0, 4.0])
def test_outlines_part_by_as_much_as_the_sample_moved(moved):
    pair = view_pair(disc(), disc((23.5, 23.5 + moved)))
    mean_along_the_rim = 2 * moved / np.pi
    assert pair.apart == pytest.approx(mean_along_the_rim, abs=0.4)


def test_a_matrix_brings_the_second_back_and_leaves_unknown_what_it_does_not_reach():
    matrix = np.eye(3)
    matrix[1, 2] = 5
    pair = view_pair(disc(), disc((23.5, 28.5)), matrix)
    assert pair.apart < 0.05
    assert np.isnan(pair.second[:, -5:]).all()
    assert np.isfinite(pair.second[:, :-5]).all()
    assert not pair.second_contour[:, -4:].any()


def test_without_outlines_nobody_says_how_far_they_are_apart():
    assert np.isnan(view_pair(np.zeros((9, 9)), disc(size=9, center=(4, 4), radius=3)).apart)


def test_what_cannot_be_laid_over_each_other_is_said():
    with pytest.raises(DataError, match="need a matrix"):
        view_pair(np.zeros((4, 4)), np.zeros((4, 5)))
    with pytest.raises(DataError, match="3 and 2 axes"):
        view_pair(np.zeros((2, 4, 4)), np.zeros((4, 5)))
    with pytest.raises(DataError, match=r"\(3, 3\)"):
        view_pair(np.zeros((4, 4)), np.zeros((4, 4)), np.eye(2))
