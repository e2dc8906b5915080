"""How alike values are at a distance: the variogram of a particle's voxels and the curve fitted to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...data import FloatArray
from .pairs import Pairs

_REACH = 0.3
"""Share of a particle's longest distance over which the curve is fitted: farther pairs are few and not independent."""
_FEWEST_LAGS = 3
_HIGHEST = 20.0
"""Variance of the curve at most, over that of the values."""
_TESTED, _CHANCE = 4, 1e-3
"""White noise is what has no correlation over so many lags, at this probability."""
_SLAB = 1 << 22
"""Voxels over which distances shorter than a block are looked at."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Correlation at a distance h: (1 - nugget) exp(-(h / length)^exponent), and 1 of a voxel with itself.

    Attributes
    ----------
    variance : float
        In the square of the values' unit.
    nugget : float
        Share of the variance that every voxel has for itself, as noise is; 1 where there is nothing else.
    length : float
        Distance at which the rest of the correlation has fallen to 1/e; NaN where there is none.
    exponent : float
    """

    variance: float
    nugget: float = 1.0
    length: float = float("nan")
    exponent: float = 1.0

    def correlation(self, distance: FloatArray) -> FloatArray:
        """Give the correlation between different voxels at a distance."""
        if self.nugget >= 1:
            return np.zeros_like(distance, np.float64)
        return np.asarray((1 - self.nugget) * np.exp(-((distance / self.length) ** self.exponent)))


def fitted_curve(pairs: Pairs, where: npt.NDArray[np.bool_], deviation: npt.NDArray[np.float32]) -> Curve:
    """Fit the variogram of values about their mean, `deviation` (z, y, x), 0 outside `where`.

    Half the mean squared difference at each distance, which no error of the mean shifts, is fitted by weighted least squares
    (Cressie 1985, J. Int. Assoc. Math. Geol. 17, 563) with the number of pairs over the square of the curve as weights.
    """
    variance = float(np.square(deviation[where], dtype=np.float64).mean())
    if not variance > 0:
        return Curve(variance)
    lags, half_squares, products, counts = _by_distance(pairs, where, deviation)
    if len(lags) < _FEWEST_LAGS or _is_white(products / variance, counts, int(where.sum())):
        return Curve(variance)
    return _fit(lags, half_squares, counts, variance)


def _by_distance(
    pairs: Pairs, where: npt.NDArray[np.bool_], deviation: npt.NDArray[np.float32]
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Mean distance, half squared difference and product, and number of pairs, in classes of distance."""
    one, value = pairs.transformed(where), pairs.transformed(deviation)
    square = pairs.transformed(deviation * deviation)
    count = np.rint(pairs.by_offset(np.abs(one) ** 2))
    product = pairs.by_offset(np.abs(value) ** 2)
    half = pairs.by_offset((square * one.conj()).real) - product
    product[0, 0, 0] -= square[0, 0, 0].real  # a voxel with itself
    count[0, 0, 0] -= one[0, 0, 0].real
    width = min(s * b for n, s, b in zip(pairs.shape, pairs.size, pairs.block, strict=True) if n > 1)
    near = (pairs.distance <= _REACH * _longest(pairs, count)) | (pairs.distance < (_FEWEST_LAGS + 0.5) * width)
    near &= count > 0.5
    classes = np.rint(pairs.distance[near] / width).astype(np.int64)
    rows = np.array([np.bincount(classes, v[near]) for v in (count * pairs.distance, half, product, count)])
    if pairs.block != (1, 1, 1):
        rows = np.hstack([_short(pairs, where, deviation), rows])
    rows = rows[:, rows[3] > 0]
    lag, half, product = rows[:3] / rows[3]
    order = np.argsort(lag)
    return lag[order], half[order], product[order], rows[3][order]


def _longest(pairs: Pairs, count: FloatArray) -> float:
    return float(pairs.distance[count > 0.5].max(initial=0.0))


def _short(pairs: Pairs, where: npt.NDArray[np.bool_], deviation: npt.NDArray[np.float32]) -> FloatArray:
    """Give the sums and counts (4, lags) for distances shorter than a block, along the axes, from the middle slices."""
    deep = max(1, _SLAB // max(1, where[0].size))
    start = max(0, (len(where) - deep) // 2)
    inside, value = where[start : start + deep], deviation[start : start + deep]
    short = []
    for axis, b in enumerate(pairs.block):
        for lag in range(1, min(b, inside.shape[axis] - 1) + 1):
            here, there = (np.moveaxis(inside, axis, 0)[s] for s in (slice(lag, None), slice(-lag)))
            a, c = (np.moveaxis(value, axis, 0)[s] for s in (slice(lag, None), slice(-lag)))
            both = here & there
            n = 2.0 * both.sum()
            product = 2 * float((a * c)[both].sum(dtype=np.float64))
            half = float(((a - c) ** 2)[both].sum(dtype=np.float64))
            short.append((n * lag * pairs.size[axis], half, product, n))
    return np.array(short).T


def _is_white(correlation: FloatArray, counts: FloatArray, voxels: int) -> bool:
    """Whether correlations at the shortest distances are what chance gives; the mean takes 1 / voxels off each."""
    from scipy.stats import chi2

    near = slice(0, _TESTED)
    score = float((counts[near] / 2 * (correlation[near] + 1 / voxels) ** 2).sum())
    return score < chi2.isf(_CHANCE, len(correlation[near]))


def _fit(lags: FloatArray, half_squares: FloatArray, counts: FloatArray, variance: float) -> Curve:
    from scipy.optimize import least_squares

    weight = np.sqrt(counts / counts.sum())

    def curve(p: FloatArray) -> Curve:
        return Curve(float(np.exp(p[0])), float(p[1]), float(np.exp(p[2])), float(p[3]))

    def off(p: FloatArray) -> FloatArray:
        c = curve(p)
        return weight * (half_squares / (c.variance * (1 - c.correlation(lags))) - 1)

    far = np.flatnonzero(half_squares > 0.63 * variance)
    about = float(lags[far[0]] if len(far) else lags[-1])
    low = np.array([np.log(variance / 10), 0.0, np.log(0.2 * lags[0]), 0.5])
    high = np.array([np.log(_HIGHEST * variance), 0.999, np.log(4 * lags[-1] / _REACH), 2.0])
    start = np.clip([np.log(variance), 0.05, np.log(about), 1.5], low + 1e-6, high - 1e-6)
    return curve(least_squares(off, start, bounds=(low, high), method="dogbox", ftol=1e-4, xtol=1e-3).x)
