"""The series in the order it was taken: particles move slowly, and an energy that leaves the trend is suspect.

A transform is looked at as the places it gives some points about the particle. Each place is predicted from the energies taken
before and after, by a parabola in time through the nearest of them, fitted robustly; how far a transform lies from its prediction
is told in voxels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .overlap import Matrix

Floats = npt.NDArray[np.float64]

NEIGHBOURS = 8
LEAST_KNOWN = 5
ROUNDS = 4
BISQUARE = 4.685
FLOOR = 0.25
"""Voxels: nothing nearer to the trend than this is called a jump."""

TIMES_USUAL = 6.0
"""Nor anything nearer than so many times what is usual in the series."""


@dataclass(frozen=True, slots=True, eq=False)
class Trend:
    """Where the transforms of a series would lie if the motion were smooth.

    Attributes
    ----------
    predicted : (E, 4, 4)
        From the other energies alone; NaN where too few are known.
    distance : (E,) float64
        Root mean square distance, in voxels, of the transform from the prediction; NaN where either is unknown.
    limit : float
        Beyond this distance, in voxels, an energy leaves the trend.
    """

    predicted: Floats
    distance: Floats
    limit: float

    def leaves(self, index: int) -> bool:
        """Whether an energy leaves the trend."""
        return bool(self.distance[index] > self.limit)


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
    return Trend(_matrices(guessed, points), distance, max(FLOOR, TIMES_USUAL * usual))


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
    inside = step.min() <= 0 <= step.max()
    columns = np.stack([step**k for k in range(3 if inside else 2)], axis=1)  # beyond the ends a line is safer
    targets = places[chosen].reshape(len(chosen), -1)
    robust = np.ones(len(chosen))
    for _ in range(ROUNDS):
        root = np.sqrt(base * robust)[:, None]
        fit = np.linalg.lstsq(columns * root, targets * root, rcond=None)[0]
        left = np.sqrt(np.mean((targets - columns @ fit) ** 2, axis=1))
        scale = max(1.4826 * float(np.median(left)), 1e-6)
        robust = np.clip(1 - (left / (BISQUARE * scale)) ** 2, 0, 1) ** 2 + 1e-6
    return np.asarray(fit[0].reshape(places.shape[1:]))
