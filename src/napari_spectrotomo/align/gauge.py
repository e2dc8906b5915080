"""What shifts cannot tell: where the sample stands on the axis. And what they tell of the axis: a shift all views share."""

import numpy as np

from ..data import FloatArray


def around_axis(angles: FloatArray) -> FloatArray:
    """Give (A, 3): a shift of all views, and what an object moved by one pixel along x or y does to their columns."""
    theta = np.deg2rad(angles)
    return np.column_stack([np.ones_like(theta), np.cos(theta), np.sin(theta)])


def without_position(shifts: FloatArray, angles: FloatArray) -> FloatArray:
    """Give shifts (A, 2) without what moving the sample by a constant vector does: it changes no volume but its place."""
    around = around_axis(angles)
    left = shifts - np.array([shifts[:, 0].mean(), 0.0])
    left[:, 1] -= around[:, 1:] @ np.linalg.lstsq(around, shifts[:, 1], rcond=None)[0][1:]
    return left


def axis_shift(shifts: FloatArray, angles: FloatArray) -> float:
    """Give the column shift that all views share, pixels: the rotation axis stands by so much further right."""
    return float(np.linalg.lstsq(around_axis(angles), shifts[:, 1], rcond=None)[0][0])
