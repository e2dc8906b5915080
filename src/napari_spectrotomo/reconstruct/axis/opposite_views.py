"""Pairs of views that show the sample from opposite sides, made at common angles from the views nearest to them."""

import numpy as np
import numpy.typing as npt

from ...data import FloatArray

Float32 = npt.NDArray[np.float32]
_NEAREST = 3  # views a straight line over the angle is fitted to
_PAIRS = 9  # as many pairs, spread over a scan that turns well beyond 180°


def opposite_views(
    projections: npt.NDArray[np.floating], angles: FloatArray, rows: npt.NDArray[np.intp]
) -> tuple[Float32, Float32] | None:
    """Give views and the mirror images of those half a turn on, the pairs one above the other.

    Parameters
    ----------
    projections : (A, R, C) array
    angles : (A,), degrees
    rows : (N,) ints
        Which detector rows to look at.

    Returns
    -------
    tuple of two (P·N, C) float32 arrays, or None
        None where the scan stops more than three steps short of a half turn. A row of one is the mirror image of the same
        row of the other about the axis.
    """
    targets = _common_angles(angles)
    if targets is None:
        return None
    pairs = [
        (_view_at(projections, angles, target, rows), _view_at(projections, angles, target + 180.0, rows)[:, ::-1])
        for target in targets
    ]
    return np.concatenate([a for a, _ in pairs]), np.concatenate([b for _, b in pairs])


def _common_angles(angles: FloatArray) -> FloatArray | None:
    distinct = np.unique(np.round(angles, 3))
    if len(distinct) < _NEAREST:
        return None
    step = float(np.median(np.diff(distinct)))
    first, last = distinct[0], distinct[-1] - 180.0  # from `first` to `last` the scan has both sides
    if last - first < -(3 * step + 0.01):
        return None
    if last - first < 4 * step:
        return np.array([(first + last) / 2])
    return np.linspace(first, last, min(_PAIRS, int((last - first) / step) + 1))


def _view_at(
    projections: npt.NDArray[np.floating], angles: FloatArray, target: float, rows: npt.NDArray[np.intp]
) -> Float32:
    """The view at an angle, (N, C), by a straight line through the views nearest to it."""
    nearest = np.argsort(np.abs(angles - target), kind="stable")[:_NEAREST]
    design = np.column_stack([np.ones(len(nearest)), angles[nearest] - target])
    weights = np.linalg.pinv(design)[0]
    views = np.stack([np.asarray(projections[i])[rows] for i in nearest])
    return np.tensordot(weights, views, 1).astype(np.float32)
