"""The rotation axis from the sample's centre of mass, which goes round it: for scans that do not reach a half turn, too."""

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter1d

from ...data import FloatArray
from ..noise import noise_of
from .estimate import NOTHING, Found

_SEEN = 0.3
"""Rows that hold less than this share of what the fullest ones hold say little."""
_CUT = 0.1
"""Optical density at an edge, over the highest, from which on the sample is taken not to be seen whole."""
_STRANGE, _MOST = 0.5, 0.9
"""A view that weighs so little of most views' weight, or as much more, is strange, and is left out where so many are not."""
_FLOOR = 0.05
"""Pixels: what backgrounds that are not straight lines leave in measured views."""


def axis_from_mass(projections: npt.NDArray[np.floating], angles: FloatArray, tilt: float = 0.0) -> tuple[Found, float]:
    """Find the column about which the centre of mass goes round.

    In a parallel beam the centre of mass of a view stands at ``axis + a cos(angle) + b sin(angle)``, whatever the sample is, as
    long as all of it is seen (Helgason and Ludwig's first condition). All rows that hold much are taken together, so that the
    result holds where their centre of mass is, also for a tilted axis. What lies beside the sample, on a straight line between
    the two edges of each row, is taken for background.

    Parameters
    ----------
    projections : (A, R, C) array
        Optical density.
    angles : (A,), degrees
    tilt : float
        Of the axis, degrees.

    Returns
    -------
    Found
        Its error from what the fit leaves, neighbouring views being alike. Nothing where nothing is seen, or the sample reaches
        over the edges.
    wobble : float
        Standard deviation of what the fit leaves beyond the noise, pixels: how far single views stand off their place. 0 where
        nothing is found.
    """
    views = np.asarray(projections)
    count = views.shape[2]
    column = np.arange(count, dtype=np.float64)
    edge = max(2, count // 20)
    left, right = (np.median(part, axis=2).astype(np.float64) for part in (views[:, :, :edge], views[:, :, -edge:]))
    along = (column - (edge - 1) / 2) / (count - edge)
    sums = views @ np.stack([np.ones(count), column], 1).astype(np.float32)
    mass = sums[..., 0] - left * np.sum(1 - along) - right * np.sum(along)
    moment = sums[..., 1] - left * np.sum((1 - along) * column) - right * np.sum(along * column)
    total = mass.mean(0)
    seen = total > _SEEN * np.percentile(total, 95)
    whole = mass[:, seen].sum(1)
    kept = _shown(whole)
    whole, angles = whole[kept], angles[kept]
    if not seen.any() or whole.min() <= 0 or _cut(views[:, seen], left[:, seen], right[:, seen]):
        return NOTHING, 0.0
    stands = moment[kept][:, seen].sum(1) / whole
    theta = np.deg2rad(angles)
    around = np.column_stack([np.ones_like(theta), np.cos(theta), np.sin(theta)])
    inverse = np.linalg.pinv(around)
    fit = inverse @ stands
    row = float(np.average(np.arange(len(total))[seen], weights=total[seen]))
    axis = float(fit[0] - np.tan(np.deg2rad(tilt)) * (row - (len(total) - 1) / 2))
    rest = (stands - around @ fit)[np.argsort(angles, kind="stable")]
    wobble = float(np.std(rest))
    likeness = float(np.clip(np.mean(rest[1:] * rest[:-1]) / max(wobble**2, 1e-12), 0, 0.98))
    error = float(np.linalg.norm(inverse[0])) * wobble * np.sqrt((1 + likeness) / (1 - likeness))
    lost = float(np.std(whole) / np.mean(whole))  # a sample seen whole weighs the same in every view
    found = Found(axis, float(np.sqrt(error**2 + (lost * count / 20) ** 2 + _FLOOR**2)))
    lever = column - fit[0]
    edges = (
        np.pi / 2 / edge * (np.sum((1 - along) * lever) ** 2 + np.sum(along * lever) ** 2)
    )  # medians of `edge` pixels
    noise = noise_of(views[len(views) // 2]) * np.sqrt(seen.sum() * (np.sum(lever**2) + edges)) / float(whole.mean())
    return found, float(np.sqrt(max(0.0, wobble**2 - noise**2)))


def _shown(whole: FloatArray) -> npt.NDArray[np.bool_]:
    """Views, of what they weigh (A,), that show the sample: all but a few that weigh half as much as most, or twice (the beam
    was lost, something stood in it), which tell nothing of where it is.
    """
    typical = float(np.median(whole))
    shown = (whole > _STRANGE * typical) & (whole < typical / _STRANGE)
    return shown if shown.mean() >= _MOST else np.ones_like(shown)


def _cut(views: npt.NDArray[np.floating], left: FloatArray, right: FloatArray) -> bool:
    """Whether the sample reaches an edge: much is seen there, or in some views and not in others. Rows are smoothed by nine."""
    highest = float(np.percentile(views[:: max(1, len(views) // 16)], 99))
    sides = [uniform_filter1d(side, min(9, side.shape[1]), axis=1) for side in (left, right)]
    above = max(float(np.percentile(side, 95) - np.percentile(side, 5)) for side in sides)
    lowest = min(float(np.median(side)) for side in sides)
    return above > _CUT * highest or lowest > 3 * _CUT * highest
