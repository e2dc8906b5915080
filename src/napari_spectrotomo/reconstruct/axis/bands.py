"""The detector rows the search looks at: a few bands in which something is seen, each averaged to one sinogram."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ...data import FloatArray
from .estimate import NOTHING, Found

Float32 = npt.NDArray[np.float32]
_SEEN = 0.1
"""Rows whose contrast is under this share of what the fullest have say little."""
_BANDS, _ROWS, _VIEWS = 5, 8, 24
_MOST = 200
"""Views of the sinograms, at most: of more, every second, third or so is looked at."""


@dataclass(frozen=True, slots=True)
class Bands:
    """Sinograms (K, A, C) in order of angle, each the mean of neighbouring rows, at mean rows (K,)."""

    sinograms: Float32
    angles: FloatArray
    rows: FloatArray
    middle: float

    @property
    def columns(self) -> int:
        """Width of the detector, pixels."""
        return self.sinograms.shape[2]

    def upright(self, tilt: float) -> Bands:
        """Move each band so that an axis tilted by so many degrees is at one column in all."""
        from scipy.ndimage import shift

        off = np.tan(np.deg2rad(tilt)) * (self.rows - self.middle)
        if np.max(np.abs(off)) < 0.01:
            return self
        moved = [shift(s, (0, -by), order=3, mode="nearest") for s, by in zip(self.sinograms, off, strict=True)]
        return replace(self, sinograms=np.stack(moved))

    def combine(self, columns: FloatArray, floor: float) -> Found:
        """Give the median of what the bands found, (K,), and its error from their scatter, `floor` pixels at least."""
        known = np.isfinite(columns)
        if known.sum() <= len(columns) // 2:
            return NOTHING
        found = columns[known]
        center = float(np.median(found))
        if len(found) < 3:
            spread = max(float(np.ptp(found)), 0.1)
        else:  # of few values, half a robust and half a plain spread: two of five gone astray are to be seen in it
            spread = (1.4826 * float(np.median(np.abs(found - center))) + float(np.std(found, ddof=1))) / 2
        return Found(center, float(np.hypot(1.25 * spread / np.sqrt(len(found)), floor)))


def bands_of(projections: npt.NDArray[np.floating], angles: FloatArray) -> Bands | None:
    """Choose up to five bands of up to eight rows, spread over the rows in which something is seen.

    Parameters
    ----------
    projections : (A, R, C) array
        Optical density.
    angles : (A,), degrees
        In any order.

    Returns
    -------
    Bands or None
        None where every pixel is as every other.
    """
    some = projections[:: max(1, len(projections) // _VIEWS)]
    contrast = np.nan_to_num(np.asarray(some, np.float32).var(axis=2)).mean(0)
    if not contrast.max() > 0:
        return None
    seen = np.flatnonzero(contrast > _SEEN * np.percentile(contrast, 95))
    order = np.argsort(angles, kind="stable")
    chosen = []
    for group in np.array_split(seen, min(_BANDS, len(seen))):
        first = max(0, (len(group) - _ROWS) // 2)
        chosen.append(group[first : first + _ROWS])
    order = order[:: -(-len(order) // _MOST)]
    sinograms = np.stack(
        [np.stack([np.asarray(projections[i, rows], np.float32).mean(0) for i in order]) for rows in chosen]
    )
    return Bands(
        np.nan_to_num(sinograms),
        np.asarray(angles, np.float64)[order],
        np.array([rows.mean() for rows in chosen]),
        (projections.shape[1] - 1) / 2,
    )


def coarser(sinograms: Float32, factor: int) -> Float32:
    """Average `factor` columns to one along the last axis; columns beyond the last whole group are left out."""
    whole = sinograms.shape[-1] // factor * factor
    return sinograms[..., :whole].reshape(*sinograms.shape[:-1], -1, factor).mean(-1)


def to_coarser(column: float, factor: int) -> float:
    """Column among those of `coarser` at which a column is."""
    return (column - (factor - 1) / 2) / factor


def to_finer(column: float, factor: int) -> float:
    """Column at which one of `coarser` is."""
    return column * factor + (factor - 1) / 2


def lowest_point(columns: FloatArray, metric: FloatArray, reach: float) -> float:
    """Column at which a parabola through the metric (K,), within `reach` of its smallest value, is lowest.

    NaN where the smallest value is the first or last, or the parabola opens downwards or leaves those points.
    """
    best = int(np.argmin(metric))
    if best in (0, len(metric) - 1) or not np.all(np.isfinite(metric)):
        return float("nan")
    near = np.abs(columns - columns[best]) <= reach + 1e-6
    a, b, _ = np.polyfit(columns[near] - columns[best], metric[near], 2)
    if not a > 0 or abs(b / (2 * a)) > reach:
        return float("nan")
    return float(columns[best] - b / (2 * a))
