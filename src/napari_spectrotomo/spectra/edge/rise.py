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
_FARTHEST = 6.0
"""What is fitted is looked for no farther (eV) than this from where the samples themselves have it."""


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
    nodes: FloatArray,
    starts: FloatArray,
    fits: FloatArray,
    weights: FloatArray,
) -> float:
    """Take the rise through one half of the cubics fitted about every energy; straight lines where there are none nearby."""
    straight = half_height(row, energies, low, high, weights)
    if not np.isfinite(straight):
        return straight
    p = _place(nodes, straight)
    for _ in range(len(nodes)):
        if starts[p] < 0 or starts[p + 1] < 0 or abs(nodes[p] - straight) > _FARTHEST:
            return straight
        below, above = _fitted(row, starts[p], fits[p], 0), _fitted(row, starts[p + 1], fits[p + 1], 0)
        if below < 0.5 <= above:
            slope = (above - below) / (nodes[1] - nodes[0])
            at = nodes[p] + (0.5 - below) / slope
            weights[:] = 0.0
            _spread(at, -1 / slope, nodes, p, starts, fits, 0, weights)
            return at if low <= at <= high else np.nan
        p += 1 if above < 0.5 else -1
        if not 0 <= p < len(nodes) - 1:
            break
    return straight


@njit(nogil=True, cache=True, error_model="numpy")
def steepest_rise(
    row: FloatArray,
    energies: FloatArray,
    low: float,
    high: float,
    nodes: FloatArray,
    starts: FloatArray,
    fits: FloatArray,
    weights: FloatArray,
) -> float:
    """Take the greatest slope of the cubics fitted about every energy: where their curvature passes from positive to negative."""
    p, steepest = -1, 0.0
    for i in range(len(energies)):
        near = _place(nodes, energies[i])
        if starts[near] >= 0 and low <= energies[i] <= high:
            slope = _fitted(row, starts[near], fits[near], 1)
            if slope > steepest:
                p, steepest = near, slope
    if p < 0:
        return np.nan
    start = nodes[p]
    for _ in range(len(nodes)):
        if starts[p] < 0 or starts[p + 1] < 0 or abs(nodes[p] - start) > _FARTHEST:
            return np.nan
        before, after = _fitted(row, starts[p], fits[p], 2), _fitted(row, starts[p + 1], fits[p + 1], 2)
        if before > 0 >= after:
            bend = (after - before) / (nodes[1] - nodes[0])
            at = nodes[p] - before / bend
            _spread(at, -1 / bend, nodes, p, starts, fits, 2, weights)
            return at if low <= at <= high else np.nan
        p += 1 if after > 0 else -1
        if not 0 <= p < len(nodes) - 1:
            break
    return np.nan


@njit(nogil=True, cache=True, error_model="numpy")
def _place(nodes: FloatArray, at: float) -> int:
    """Give the node before an energy; there is one after it."""
    return min(max(int((at - nodes[0]) / (nodes[1] - nodes[0])), 0), len(nodes) - 2)


@njit(nogil=True, cache=True, error_model="numpy")
def _fitted(row: FloatArray, start: int, fit: FloatArray, what: int) -> float:
    """Give the value (0), the slope (1) or half the curvature (2) of the cubic at a node."""
    total = 0.0
    for k in range(fit.shape[1]):
        total += fit[what, k] * row[start + k]
    return total


@njit(nogil=True, cache=True, error_model="numpy")
def _spread(
    at: float,
    factor: float,
    nodes: FloatArray,
    p: int,
    starts: FloatArray,
    fits: FloatArray,
    what: int,
    weights: FloatArray,
) -> None:
    """Add to `weights` so many times how what is fitted changes with each sample, on the line between nodes p and p + 1."""
    t = (at - nodes[p]) / (nodes[1] - nodes[0])
    for k in range(fits.shape[2]):
        weights[starts[p] + k] += factor * (1 - t) * fits[p, what, k]
        weights[starts[p + 1] + k] += factor * t * fits[p + 1, what, k]
