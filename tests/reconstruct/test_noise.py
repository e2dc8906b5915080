"""The filter follows the noise of the projections."""

import numpy as np
import pytest

from napari_spectrotomo.reconstruct import choose_filter
from napari_spectrotomo.reconstruct.noise import noise_of


@pytest.fixture
def view():
    """A projection of a ball: smooth, with an edge."""
    row, column = np.mgrid[:60, :80]
    return np.sqrt(np.clip(25**2 - (row - 30) ** 2 - (column - 40) ** 2, 0, None)).astype(np.float32) / 40


@pytest.mark.parametrize("sigma", [0.005, 0.02, 0.1])
def test_the_noise_of_a_projection_is_found_beside_its_edges(view, sigma):
    noisy = view + np.random.default_rng(0).normal(0, sigma, view.shape)
    assert noise_of(noisy) == pytest.approx(sigma, rel=0.15)


def test_auto_is_hann_where_there_is_noise_and_ramp_where_there_is_none(view):
    rng = np.random.default_rng(0)
    assert choose_filter("auto", view + rng.normal(0, 0.01, view.shape)) == "hann"
    assert choose_filter("auto", np.full((3, 40), np.hanning(40))) == "ramp"
    assert choose_filter("cosine", view) == "cosine"


def test_a_detector_of_one_row_has_its_noise_found_too(view):
    noisy = view[30:31] + np.random.default_rng(0).normal(0, 0.02, (1, 80))
    assert noise_of(noisy) == pytest.approx(0.02, rel=0.4)
