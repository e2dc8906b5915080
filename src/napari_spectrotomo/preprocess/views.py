"""Which frames show one view, and the angle of each view."""

import numpy as np
import numpy.typing as npt

from ..data import SAME_VIEW, FloatArray


def view_of_frame(angles: FloatArray) -> npt.NDArray[np.intp]:
    """Which view each frame shows, (A,): frames of equal angle show one view; views are in order of acquisition."""
    order = np.argsort(angles, kind="stable")
    group = np.empty(len(angles), np.intp)
    group[order] = np.concatenate([[0], np.cumsum(np.diff(angles[order]) > SAME_VIEW)])
    _, first, inverse = np.unique(group, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.intp)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[inverse]


def mean_angles(angles: FloatArray, view: npt.NDArray[np.intp]) -> FloatArray:
    """Mean angle of the frames of each view, (V,), degrees."""
    return np.bincount(view, weights=angles) / np.bincount(view)
