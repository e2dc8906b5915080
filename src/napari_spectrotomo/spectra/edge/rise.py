"""Edge energies read off the rise of one normalised spectrum: half height and steepest slope, compiled.

Every function takes a row (W,), a normalised spectrum at the W energies of its search window, and gives the edge energy in eV, NaN
where there is none. Into `weights` (W,) goes how it changes with each value of the row, in eV; all are zero where that is not
known. `low` and `high` are the limits within which an edge energy may lie.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from ...data import FloatArray

ABOVE_THE_EDGE = 0.9
"""A spectrum that has reached this is through its edge."""
_ITERATIONS = 30
_FARTHEST = 5.0
"""A cubic whose inflection lies farther (eV) than this from the energy it was fitted about tells nothing of it."""


@njit(nogil=True, cache=True, error_model="numpy")
def _rise_through_half(row: FloatArray) -> int:
    """Give the sample after which the spectrum rises through one half for the last time before it is through its edge; -1: never.

    A bump of the pre-edge that falls below one half again before the edge is so left out.
    """
    first = last = -1
    for i in range(len(row) - 1):
        if row[i] < 0.5 and row[i + 1] >= 0.5:
            last = i
            if first < 0:
                first = i
        if last >= 0 and row[i + 1] >= ABOVE_THE_EDGE:
            return last
    return first


@njit(nogil=True, cache=True, error_model="numpy")
def half_height(row: FloatArray, energies: FloatArray, low: float, high: float, weights: FloatArray) -> float:
    """Take the rise through one half on straight lines between energies."""
    i = _rise_through_half(row)
    if i < 0:
        return np.nan
    rise, width = row[i + 1] - row[i], energies[i + 1] - energies[i]
    t = (0.5 - row[i]) / rise
    weights[i], weights[i + 1] = -(1 - t) * width / rise, -t * width / rise
    at = energies[i] + t * width
    return at if low <= at <= high else np.nan


@njit(nogil=True, cache=True, error_model="numpy")
def half_height_of_fit(
    row: FloatArray,
    energies: FloatArray,
    low: float,
    high: float,
    starts: FloatArray,
    fits: FloatArray,
    weights: FloatArray,
) -> float:
    """Take the rise through one half of the cubic fitted about the nearest energy; straight lines where it has none nearby."""
    i = _rise_through_half(row)
    if i < 0:
        return np.nan
    straight = half_height(row, energies, low, high, weights)
    near = i if 0.5 - row[i] <= row[i + 1] - 0.5 else i + 1
    if starts[near] < 0:
        return straight
    first, fit = starts[near], fits[near]
    c = _coefficients(row, first, fit)
    step = energies[i + 1] - energies[i]
    x = energies[i] + (0.5 - row[i]) / (row[i + 1] - row[i]) * step - energies[near]
    for _ in range(_ITERATIONS):
        slope = c[1] + x * (2 * c[2] + 3 * x * c[3])
        if not slope > 0:
            return straight
        move = (c[0] + x * (c[1] + x * (c[2] + x * c[3])) - 0.5) / slope
        x -= move
        if abs(move) < 1e-9:
            break
    slope = c[1] + x * (2 * c[2] + 3 * x * c[3])
    at = energies[near] + x
    if not (slope > 0 and energies[i] - step / 2 <= at <= energies[i + 1] + step / 2):
        return straight
    weights[:] = 0.0
    for k in range(fit.shape[1]):
        weights[first + k] = -(fit[0, k] + x * (fit[1, k] + x * (fit[2, k] + x * fit[3, k]))) / slope
    return at if low <= at <= high else np.nan


@njit(nogil=True, cache=True, error_model="numpy")
def steepest_rise(
    row: FloatArray,
    energies: FloatArray,
    low: float,
    high: float,
    starts: FloatArray,
    fits: FloatArray,
    weights: FloatArray,
) -> float:
    """Take the inflection of the cubic fitted about the energy nearest to it, starting from the steepest straight line.

    NaN where that has no greatest slope nearby.
    """
    top, steepest = -1, 0.0
    for i in range(len(row)):
        if starts[i] < 0 or not low <= energies[i] <= high:
            continue
        slope = 0.0
        for k in range(fits.shape[2]):
            slope += fits[i, 4, k] * row[starts[i] + k]
        if slope > steepest:
            top, steepest = i, slope
    if top < 0:
        return np.nan
    at = energies[top]
    for _ in range(_ITERATIONS):
        c = _coefficients(row, starts[top], fits[top])
        if not c[3] < 0:
            return np.nan
        at = energies[top] - c[2] / (3 * c[3])
        nearer = top + (1 if at > energies[top] else -1)
        if not 0 <= nearer < len(row) or starts[nearer] < 0 or abs(at - energies[nearer]) >= abs(at - energies[top]):
            break
        top = nearer
    if abs(at - energies[top]) > _FARTHEST:
        return np.nan
    for k in range(fits.shape[2]):
        weights[starts[top] + k] = (-fits[top, 2, k] + c[2] / c[3] * fits[top, 3, k]) / (3 * c[3])
    return at if low <= at <= high else np.nan


@njit(nogil=True, cache=True, error_model="numpy")
def _coefficients(row: FloatArray, first: int, fit: FloatArray) -> tuple[float, float, float, float]:
    a = b = c = d = 0.0
    for k in range(fit.shape[1]):
        a, b = a + fit[0, k] * row[first + k], b + fit[1, k] * row[first + k]
        c, d = c + fit[2, k] * row[first + k], d + fit[3, k] * row[first + k]
    return a, b, c, d
