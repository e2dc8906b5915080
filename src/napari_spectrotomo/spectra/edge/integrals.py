"""Edge energies by area, of one normalised spectrum on straight lines between energies, compiled; arguments as in `rise`.

`moments` (2, W) is scratch.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from ...data import FloatArray
from .white_line import highest_maximum


@njit(nogil=True, cache=True, error_model="numpy")
def centroid(
    row: FloatArray,
    energies: FloatArray,
    low: float,
    high: float,
    level: float,
    weights: FloatArray,
    moments: FloatArray,
) -> float:
    """Take the centroid of the area above a level, of the peak that is the highest at or above `low`.

    NaN where the peak does not come down to the level within the scan.
    """
    top = highest_maximum(row, energies, low, high)
    if top < 0 or not row[top] > level:
        return np.nan
    first = last = top
    while first > 0 and row[first - 1] > level:
        first -= 1
    while last < len(row) - 1 and row[last + 1] > level:
        last += 1
    if first == 0 or last == len(row) - 1:
        return np.nan
    start = _crossing(row, energies, first - 1, level)
    stop = _crossing(row, energies, last, level)
    moments[:] = 0.0
    for i in range(first - 1, last + 1):
        _hats(energies, i, max(start, energies[i]), min(stop, energies[i + 1]), moments)
    area = moment = 0.0
    for i in range(first - 1, last + 2):
        area += moments[0, i] * (row[i] - level)
        moment += moments[1, i] * (row[i] - level)
    if not area > 0:
        return np.nan
    at = moment / area
    for i in range(first - 1, last + 2):
        weights[i] = (moments[1, i] - at * moments[0, i]) / area
    return at if low <= at <= high else np.nan


@njit(nogil=True, cache=True, error_model="numpy")
def edge_integral(
    row: FloatArray,
    energies: FloatArray,
    low: float,
    high: float,
    levels: FloatArray,
    weights: FloatArray,
    moments: FloatArray,
) -> float:
    """Take the mean, over all heights between two levels, of the energy at which the spectrum rises through the height.

    From the last rise through the lower level before the first through the upper one, between which energy and height are taken
    for one another's function: E = E(upper) - integral of (mu - lower) dE / (upper - lower).
    """
    end = -1
    for i in range(len(row) - 1):
        if row[i] < levels[1] and row[i + 1] >= levels[1]:
            end = i
            break
    begin = end
    while begin >= 0 and not row[begin] < levels[0]:
        begin -= 1
    if begin < 0:
        return np.nan
    start, stop = _crossing(row, energies, begin, levels[0]), _crossing(row, energies, end, levels[1])
    moments[:] = 0.0
    for i in range(begin, end + 1):
        _hats(energies, i, max(start, energies[i]), min(stop, energies[i + 1]), moments)
    height, area = levels[1] - levels[0], 0.0
    for i in range(begin, end + 2):
        area += moments[0, i] * (row[i] - levels[0])
        weights[i] = -moments[0, i] / height
    at = stop - area / height
    return at if low <= at <= high else np.nan


@njit(nogil=True, cache=True, error_model="numpy")
def _crossing(row: FloatArray, energies: FloatArray, i: int, level: float) -> float:
    """Give the energy at which the line from sample i to the next passes a level."""
    return energies[i] + (level - row[i]) / (row[i + 1] - row[i]) * (energies[i + 1] - energies[i])


@njit(nogil=True, cache=True, error_model="numpy")
def _hats(energies: FloatArray, i: int, start: float, stop: float, moments: FloatArray) -> None:
    """Add the integrals of 1 and of E, times the weights of samples i and i + 1 on the line between them, from start to stop.

    By Simpson's rule, which is exact for them.
    """
    width = energies[i + 1] - energies[i]
    for share, at in ((1.0, start), (4.0, 0.5 * (start + stop)), (1.0, stop)):
        factor, t = share * (stop - start) / 6.0, (at - energies[i]) / width
        moments[0, i] += factor * (1 - t)
        moments[0, i + 1] += factor * t
        moments[1, i] += factor * (1 - t) * at
        moments[1, i + 1] += factor * t * at
