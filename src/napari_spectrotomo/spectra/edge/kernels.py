"""The compiled search for the edge in spectra that have been made ready by a matrix product.

Each kernel takes rows (W, N), the spectra at the W energies of its search window, and gives for every spectrum the edge energy
in eV (NaN where there is none) and its variance for noise of unit variance in every measured value. They release the interpreter's
lock and start no threads of their own.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from ...data import FloatArray

ABOVE_THE_EDGE = 0.9
"""A spectrum that has reached this is through its edge."""

WIDEST = 15.0
"""Samples farther than this (eV) from a maximum say nothing about where it lies."""


@njit(nogil=True, cache=True)
def half_height(
    rows: FloatArray, step: FloatArray, energies: FloatArray, low: float, high: float, covariance: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Take the last rise through one half before the spectrum is through its edge, on straight lines between energies.

    `rows` are flattened spectra times their step, whose magnitude counts; `covariance` (W, W) is that of `rows` less half the step
    for noise of unit variance. A bump of the pre-edge that falls below one half again before the edge is so left out.
    """
    w, n = rows.shape
    energy, variance = np.full(n, np.nan), np.full(n, np.nan)
    for v in range(n):
        half, through = 0.5 * abs(step[v]), ABOVE_THE_EDGE * abs(step[v])
        if not half > 0:
            continue
        first = last = -1
        for i in range(w - 1):
            if rows[i, v] < half and rows[i + 1, v] >= half:
                last = i
                if first < 0:
                    first = i
            if last >= 0 and rows[i + 1, v] >= through:
                first = last
                break
        if first < 0:
            continue
        below, above = rows[first, v] - half, rows[first + 1, v] - half
        t = below / (below - above)
        width = energies[first + 1] - energies[first]
        at = energies[first] + t * width
        if low <= at <= high:
            energy[v] = at
            spread = (1 - t) ** 2 * covariance[first, first] + t**2 * covariance[first + 1, first + 1]
            spread += 2 * t * (1 - t) * covariance[first, first + 1]
            variance[v] = (width / (above - below)) ** 2 * spread
    return energy, variance


@njit(nogil=True, cache=True)
def steepest_rise(
    rows: FloatArray, energies: FloatArray, low: float, high: float, covariance: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Take the maximum of the derivative, `rows`, by a parabola through it and its neighbours; `covariance` as in `half_height`."""
    w, n = rows.shape
    energy, variance = np.full(n, np.nan), np.full(n, np.nan)
    weights = np.zeros(3)
    for v in range(n):
        top = -1
        for i in range(1, w - 1):
            if low <= energies[i] <= high and (top < 0 or rows[i, v] > rows[top, v]):
                top = i
        if top < 0 or not rows[top, v] > 0:
            continue
        energy[v] = _parabola(rows[:, v], energies, top, top - 1, top + 1, weights)
        spread = 0.0
        for i in range(3):
            for j in range(3):
                spread += weights[i] * weights[j] * covariance[top - 1 + i, top - 1 + j]
        variance[v] = spread
    return energy, variance


@njit(nogil=True, cache=True)
def white_line(
    rows: FloatArray, energies: FloatArray, low: float, high: float, slope_variance: float
) -> tuple[FloatArray, FloatArray]:
    """Take the highest local maximum, refined by a parabola over its five nearest samples as far as they fall away from it.

    `rows` are spectra less their pre-edge line, whose slope has `slope_variance` for noise of unit variance.
    """
    w, n = rows.shape
    energy, variance = np.full(n, np.nan), np.full(n, np.nan)
    weights = np.zeros(5)
    for v in range(n):
        top = -1
        for i in range(1, w - 1):
            peak = low <= energies[i] <= high and rows[i, v] > rows[i - 1, v] and rows[i, v] >= rows[i + 1, v]
            if peak and (top < 0 or rows[i, v] > rows[top, v]):
                top = i
        if top < 0:
            continue
        first, last = top - 1, top + 1
        if first > 0 and rows[first - 1, v] < rows[first, v] and energies[top] - energies[first - 1] <= WIDEST:
            first -= 1
        if last < w - 1 and rows[last + 1, v] < rows[last, v] and energies[last + 1] - energies[top] <= WIDEST:
            last += 1
        energy[v] = _parabola(rows[:, v], energies, top, first, last, weights)
        spread = lever = 0.0
        for i in range(last - first + 1):
            spread += weights[i] ** 2
            lever += weights[i] * (energies[first + i] - energies[top])
        variance[v] = spread + lever**2 * slope_variance
    return energy, variance


@njit(nogil=True, cache=True)
def _parabola(values: FloatArray, energies: FloatArray, top: int, first: int, last: int, weights: FloatArray) -> float:
    """Give the vertex of the parabola fitted over samples first..last, and in `weights` its change with each of them.

    Fitted in polynomials orthogonal over the samples: 1, x, x² - (s3/s2) x - s2/m, x from the samples' mean.
    """
    m = last - first + 1
    middle = energies[first : last + 1].mean()
    s2 = s3 = s4 = 0.0
    for i in range(first, last + 1):
        x = energies[i] - middle
        s2, s3, s4 = s2 + x**2, s3 + x**3, s4 + x**4
    norm = s4 - s3**2 / s2 - s2**2 / m
    linear = square = 0.0
    for i in range(first, last + 1):
        x = energies[i] - middle
        value = float(values[i]) - float(values[top])
        linear += x * value / s2
        square += (x**2 - s3 / s2 * x - s2 / m) * value / norm
    weights[:m] = np.nan
    alone = max(energies[top] - energies[top - 1], energies[top + 1] - energies[top]) > WIDEST
    if alone or not square < 0:
        return energies[top]
    for i in range(m):
        x = energies[first + i] - middle
        weights[i] = -x / s2 / (2 * square) + linear * (x**2 - s3 / s2 * x - s2 / m) / norm / (2 * square**2)
    at = middle + s3 / (2 * s2) - linear / (2 * square)
    return min(max(at, energies[top - 1]), energies[top + 1])
