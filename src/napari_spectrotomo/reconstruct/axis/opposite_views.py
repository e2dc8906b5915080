"""Pairs of views that show the sample from opposite sides, made at common angles from the views nearest to them."""

import numpy as np
import numpy.typing as npt

from ...data import FloatArray

Float32 = npt.NDArray[np.float32]
_NEAREST = 3  # views a straight line over the angle is fitted to
_SAME = 0.02  # of a step: views so near to an angle are at it
_PAIRS = 4  # as many pairs, spread over a scan that turns well beyond 180°


def opposite_views(projections: npt.NDArray[np.floating], angles: FloatArray) -> tuple[Float32, Float32] | None:
    """Give views and the mirror images of those half a turn on.

    Parameters
    ----------
    projections : (A, R, C) array
    angles : (A,), degrees
        In any order.

    Returns
    -------
    tuple of two (P, R, C) float32 arrays, or None
        None where the scan stops more than three steps short of a half turn. An image of one is the mirror image of the same
        one of the other about the axis.
    """
    distinct = np.unique(np.round(angles, 3))
    if len(distinct) < _NEAREST:
        return None
    step = float(np.median(np.diff(distinct)))
    targets = _common_angles(distinct, step)
    if targets is None:
        return None
    views = np.stack([_view_at(projections, angles, target, step) for target in targets])
    opposite = np.stack([_view_at(projections, angles, target + 180.0, step)[:, ::-1] for target in targets])
    return views, opposite


def _common_angles(distinct: FloatArray, step: float) -> FloatArray | None:
    first, last = distinct[0], distinct[-1] - 180.0  # from `first` to `last` the scan has both sides
    if last - first < -(3 * step + 0.01):
        return None
    if last - first < 4 * step:
        return np.array([(first + last) / 2])
    targets = np.linspace(first, last, min(_PAIRS, int((last - first) / step) + 1))
    return distinct[np.argmin(np.abs(distinct[:, None] - targets), axis=0)]


def _view_at(projections: npt.NDArray[np.floating], angles: FloatArray, target: float, step: float) -> Float32:
    """The view at an angle, (R, C): the mean of those that are at it, else by a straight line through the nearest ones."""
    distance = np.abs(angles - target)
    there = np.flatnonzero(distance <= _SAME * step)
    if len(there):
        return np.mean([np.asarray(projections[i], np.float32) for i in there], axis=0, dtype=np.float32)
    nearest = np.argsort(distance, kind="stable")[:_NEAREST]
    design = np.column_stack([np.ones(len(nearest)), angles[nearest] - target])
    weights = np.linalg.pinv(design)[0]
    views = np.stack([np.asarray(projections[i], np.float32) for i in nearest])
    return np.tensordot(weights, views, 1).astype(np.float32)
