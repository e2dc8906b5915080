"""Projections whose edges tell that something is wrong are warned about, and no others."""

import numpy as np
import pytest

from napari_spectrotomo.reconstruct import field_warnings

ANGLES = np.arange(-90, 91, 4.0)


@pytest.fixture
def views(sinogram) -> np.ndarray:
    """A sample seen whole, with air and noise beside it, (angle, row, column)."""
    whole = np.zeros((len(ANGLES), 6, 96), np.float32)
    whole[:, :, 12:84] = sinogram(72, ANGLES, 36.0)[:, None] / 72
    return whole + np.random.default_rng(1).normal(0, 0.02, whole.shape).astype(np.float32)


def test_a_sample_seen_whole_in_a_steady_beam_is_not_doubted(views):
    assert field_warnings(views) == ()
    assert field_warnings(views + np.random.default_rng(2).normal(0, 0.3, views.shape)) == ()  # nor in much noise


@pytest.mark.parametrize("offset", [-0.05, 0.05])
def test_a_beam_that_changed_since_the_flats_is_told(views, offset):
    (said,) = field_warnings(views + offset)
    assert f"beside the sample is not zero but {offset:+.2f}" in said


def test_a_sample_wider_than_the_detector_is_told(views):
    (said,) = field_warnings(views[:, :, 20:])
    assert "not seen whole" in said
