"""The series in the order it was taken: particles move slowly, and an energy that leaves the trend is suspect.

A transform is looked at as the places it gives some points about the particle. Each place is predicted from the energies taken
before and after, by a parabola in time through the nearest of them, fitted robustly; how far a transform lies from its prediction
is told in voxels.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from ..overlap import Matrix

Floats = npt.NDArray[np.float64]

NEIGHBOURS = 8
LEAST_KNOWN = 5
ROUNDS = 4
BISQUARE = 4.685
GRAIN = 0.03
"""Voxels: what is usual of good transforms; nothing nearer than a few times this counts less."""

FLOOR = 0.25
"""Voxels: nothing nearer to the trend than this is called a jump."""

TIMES_USUAL = 6.0
"""Nor anything nearer than so many times what is usual in the series."""

TIMES_OUTSIDE = 2.0
"""The first and the last are predicted from one side only: they may lie so many times as far."""


@dataclass(frozen=True, slots=True, eq=False)
class Trend:
    """Where the transforms of a series would lie if the motion were smooth.

    Attributes
    ----------
    predicted : (E, 4, 4)
        From the other energies alone; NaN where too few are known.
    distance : (E,) float64
        Root mean square distance, in voxels, of the transform from the prediction; NaN where either is unknown.
    limit : (E,) float64
        Beyond this distance, in voxels, an energy leaves the trend.
    """

    predicted: Floats
    distance: Floats
    limit: Floats

    def leaves(self, index: int) -> bool:
        """Whether an energy leaves the trend."""
        return bool(self.distance[index] > self.limit[index])


def trend_of(matrices: Floats, times: Floats, center: Floats, radius: float) -> Trend:
    """Predict the transforms of a series from each other.

    Parameters
    ----------
    matrices : (E, 4, 4)
        NaN where a registration failed.
    times : (E,)
        When each energy was taken, in any unit.
    center : (3,), radius : float
        Of the particle, in voxels: its motion is looked at there.
    """
    points = _points(center, radius)
    places = _places(matrices, points)
    guessed = np.stack([_at(places, times, e, leave_out=True) for e in range(len(matrices))])
    distance = np.sqrt(np.mean(np.sum((guessed - places) ** 2, axis=2), axis=1))
    known = np.asarray(distance[np.isfinite(distance)])
    usual = float(np.median(known)) if len(known) else 0.0
    limit = np.full(len(times), max(FLOOR, TIMES_USUAL * usual))
    limit[(times == times.min()) | (times == times.max())] *= TIMES_OUTSIDE
    return Trend(_matrices(guessed, points), distance, limit)


def smoothed(matrices: Floats, times: Floats, center: Floats, radius: float, errors: Floats) -> Floats:
    """Give transforms that vary smoothly with time, each from its neighbours and itself.

    Parameters
    ----------
    matrices, times, center, radius
        As `trend_of` takes them.
    errors : (E,)
        Expected error of each transform in voxels; one that is known better counts more, up to four times as much as usual. NaN
        counts as the worst known.
    """
    points = _points(center, radius)
    places = _places(matrices, points)
    worst = np.nanmax(errors) if np.isfinite(errors).any() else 1.0
    known = np.where(np.isfinite(errors), errors, worst)
    weights = 1 / np.maximum(known, max(float(np.median(known)) / 2, 1e-3)) ** 2
    fitted = np.stack([_at(places, times, e, leave_out=False, weights=weights) for e in range(len(matrices))])
    found = _matrices(fitted, points)
    whole = np.asarray(np.isfinite(found).all(axis=(1, 2)))
    return np.where(whole[:, None, None], found, matrices)


def apart(one: Matrix, other: Matrix, center: Floats, radius: float) -> float:
    """Root mean square distance, in voxels, between where two transforms put a particle."""
    points = _points(center, radius)
    here, there = _places(np.stack([one, other]), points)
    return float(np.sqrt(np.mean(np.sum((here - there) ** 2, axis=1))))


def _points(center: Floats, radius: float) -> Floats:
    """Give points about a particle: its centre, and one on either side along every axis."""
    return np.asarray(center + radius / np.sqrt(3) * np.concatenate([np.zeros((1, 3)), np.eye(3), -np.eye(3)]))


def _places(matrices: Floats, points: Floats) -> Floats:
    return np.einsum("eij,pj->epi", matrices[:, :3, :3], points) + matrices[:, None, :3, 3]


def _matrices(places: Floats, points: Floats) -> Floats:
    """Give the affine matrices that put points at places, (E, 7, 3) -> (E, 4, 4)."""
    out = np.tile(np.eye(4), (len(places), 1, 1))
    inverse = np.linalg.pinv(np.c_[points, np.ones(len(points))])
    out[:, :3] = np.einsum("jp,epi->eij", inverse, places)
    out[~np.isfinite(places).all(axis=(1, 2))] = np.nan
    return out


def _at(places: Floats, times: Floats, index: int, *, leave_out: bool, weights: Floats | None = None) -> Floats:
    """Fit a parabola in time to the places of the nearest energies, robustly, and give its value at one of them."""
    known = np.asarray(np.isfinite(places).all(axis=(1, 2)))
    if leave_out:
        known[index] = False
    candidates = np.flatnonzero(known)
    if len(candidates) < LEAST_KNOWN:
        return np.full(places.shape[1:], np.nan)
    away = np.abs(times[candidates] - times[index])
    order = np.argsort(away, kind="stable")[:NEIGHBOURS]
    chosen = candidates[order]
    reach = float(away[order].max()) * 1.001 or 1.0
    base = (1 - (away[order] / reach) ** 3) ** 3 + 1e-3
    if weights is not None:
        base = base * weights[chosen]
    step = (times[chosen] - times[index]) / reach
    columns = np.stack([np.ones_like(step), step, step**2], axis=1)
    targets = places[chosen].reshape(len(chosen), -1)
    robust = _agreeing(columns, targets, base)
    for _ in range(ROUNDS):
        fit = _fit(columns, targets, base * robust)
        left = _left(columns, targets, fit)
        scale = max(1.4826 * float(np.median(left)), GRAIN)
        robust = np.clip(1 - (left / (BISQUARE * scale)) ** 2, 0, 1) ** 2 + 1e-6
    return np.asarray(fit[0].reshape(places.shape[1:]))


def _agreeing(columns: Floats, targets: Floats, base: Floats) -> Floats:
    """Weigh with 1 what agrees best when two are left out, and the others hardly: one far off is seen to be, however near it is."""
    count = len(columns)
    left_out = list(combinations(range(count), min(2, count - columns.shape[1] - 1)))
    weights = np.ones((len(left_out), count))
    for row, out in zip(weights, left_out, strict=True):
        row[list(out)] = 1e-6
    by_time = columns.T @ ((base * weights)[:, :, None] * columns)
    inverse = np.linalg.pinv(by_time, rcond=1e-10, hermitian=True)  # of times that are alike, too
    fits = inverse @ (columns.T @ ((base * weights)[:, :, None] * targets))
    left = np.sum((targets - columns @ fits) ** 2, axis=2)
    return np.asarray(weights[np.argmin(np.sum(weights * left, axis=1))])


def _fit(columns: Floats, targets: Floats, weights: Floats) -> Floats:
    root = np.sqrt(weights)[:, None]
    return np.asarray(np.linalg.lstsq(columns * root, targets * root, rcond=None)[0])


def _left(columns: Floats, targets: Floats, fit: Floats) -> Floats:
    """Root mean square, a time, of what a fit leaves."""
    return np.asarray(np.sqrt(np.mean((targets - columns @ fit) ** 2, axis=1)))
