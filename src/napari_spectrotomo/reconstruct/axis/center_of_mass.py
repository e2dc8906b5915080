"""The rotation axis from the sample's centre of mass, which goes round it: for scans that do not reach a half turn."""

import numpy as np
import numpy.typing as npt

from ...data import FloatArray

_SEEN = 0.3
"""Rows that hold less than this share of what the fullest ones hold say little."""


def axis_from_mass(projections: npt.NDArray[np.floating], angles: FloatArray) -> float:
    """Find the column about which the centres of mass of the rows go round.

    In a parallel beam a row's centre of mass stands at ``axis + a cos(angle) + b sin(angle)``, whatever the sample is, as long as
    all of it is seen; rows count by the square of their mass. What lies beside the sample, on a straight line between the two
    edges of each row, is taken for background.

    Parameters
    ----------
    projections : (A, R, C) array
        Optical density.
    angles : (A,), degrees

    Returns
    -------
    float
        Column; NaN where nothing is seen.
    """
    views = np.asarray(projections, np.float64)
    count = views.shape[2]
    column = np.arange(count)
    edge = max(2, count // 20)
    left, right = (np.median(part, axis=2) for part in (views[:, :, :edge], views[:, :, -edge:]))
    along = (column - (edge - 1) / 2) / (count - edge)
    mass = views.sum(2) - left * np.sum(1 - along) - right * np.sum(along)
    moment = views @ column - left * np.sum((1 - along) * column) - right * np.sum(along * column)
    total = mass.mean(0)
    seen = (total > _SEEN * np.percentile(total, 95)) & (mass > 0).all(0)
    if not seen.any():
        return float("nan")
    theta = np.deg2rad(angles)
    around = np.column_stack([np.ones_like(theta), np.cos(theta), np.sin(theta)])
    axis = (np.linalg.pinv(around) @ (moment[:, seen] / mass[:, seen]))[0]
    return float(np.average(axis, weights=total[seen] ** 2))
