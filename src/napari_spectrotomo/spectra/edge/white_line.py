"""Edge energies read off the white line of one normalised spectrum, compiled; arguments as in `rise`.

The top of the line is fitted over its nearest samples, weighted the less the farther they lie from where the fit itself puts it
(tricube weights: Cleveland, J. Am. Stat. Assoc. 74, 829, 1979). So no sample enters or leaves at once, and noise moves the maximum
no farther than its stated error.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from ...data import FloatArray

WIDEST = 15.0
"""Samples farther apart than this (eV) say nothing about where a maximum between them lies."""
REACH = 2.5
"""Weights come down to zero at so many steps of the energy, so that about five samples count."""
_DIP = 0.1
"""A sample that is higher than its inner neighbour by so many edge steps belongs to another peak."""
_ITERATIONS = 50
_NUDGE = 0.01


@njit(nogil=True, cache=True, error_model="numpy")
def highest_maximum(row: FloatArray, energies: FloatArray, low: float, high: float) -> int:
    """Give the sample of the highest local maximum between the limits; -1 where there is none."""
    top = -1
    for i in range(1, len(row) - 1):
        peak = low <= energies[i] <= high and row[i] > row[i - 1] and row[i] >= row[i + 1]
        if peak and (top < 0 or row[i] > row[top]):
            top = i
    return top


@njit(nogil=True, cache=True, error_model="numpy")
def parabola(row: FloatArray, energies: FloatArray, low: float, high: float, weights: FloatArray) -> float:
    """Take the vertex of the parabola fitted about itself, from the highest local maximum on."""
    return _top_of(row, energies, low, high, weights, False)


@njit(nogil=True, cache=True, error_model="numpy")
def gaussian(row: FloatArray, energies: FloatArray, low: float, high: float, weights: FloatArray) -> float:
    """Take the centre of the Gaussian on the edge step fitted about itself; NaN where the line does not stand above the step."""
    return _top_of(row, energies, low, high, weights, True)


@njit(nogil=True, cache=True, error_model="numpy")
def _top_of(
    row: FloatArray, energies: FloatArray, low: float, high: float, weights: FloatArray, as_gaussian: bool
) -> float:
    top = highest_maximum(row, energies, low, high)
    if top < 0 or (as_gaussian and not row[top] > 1.0):
        return np.nan
    step = 0.5 * (energies[top + 1] - energies[top - 1])
    if max(energies[top + 1] - energies[top], energies[top] - energies[top - 1]) > WIDEST:
        return np.nan
    first = top - 1
    while first > 0 and energies[top] - energies[first - 1] < (REACH + 1) * step and _falls(row, first, -1):
        first -= 1
    last = top + 1
    while last < len(row) - 1 and energies[last + 1] - energies[top] < (REACH + 1) * step and _falls(row, last, 1):
        last += 1
    shape = np.array([row[top] - 1.0, 1.5 * step])
    at, normal = energies[top], np.empty((3, 3))
    for _ in range(_ITERATIONS):
        move = _move(row, energies, first, last, at, step, shape, as_gaussian, normal)
        at += min(max(move, -step), step)
        if not abs(at - energies[top]) < 1.5 * step:
            return np.nan
        if abs(move) < 1e-8:
            break
    if not low <= at <= high:
        return np.nan
    kept = shape.copy()
    pull = -_move(row, energies, first, last, at + _NUDGE, step, shape, as_gaussian, normal) / _NUDGE
    _move(row, energies, first, last, at, step, kept, as_gaussian, normal)
    if pull > 0:
        for i in range(first, last + 1):
            u = (energies[i] - at) / (REACH * step)
            weights[i] = _tricube(u) * _row_of(normal, energies[i] - at, kept, as_gaussian) / pull
    return at


@njit(nogil=True, cache=True, error_model="numpy")
def _falls(row: FloatArray, i: int, way: int) -> bool:
    """Say whether the sample beside i, going away from the top, is of the same peak."""
    return row[i + way] - row[i] <= _DIP


@njit(nogil=True, cache=True, error_model="numpy")
def _tricube(u: float) -> float:
    return (1 - abs(u) ** 3) ** 3 if abs(u) < 1 else 0.0


@njit(nogil=True, cache=True, error_model="numpy")
def _slopes(x: float, shape: FloatArray, as_gaussian: bool) -> tuple[float, float, float]:
    """Give how the curve changes at x from its top with height, place and width; of a parabola, with 1, x and x²."""
    if not as_gaussian:
        return 1.0, x, x * x
    u = x / shape[1]
    g = np.exp(-0.5 * u * u)
    return g, shape[0] * g * u / shape[1], shape[0] * g * u * u / shape[1]


@njit(nogil=True, cache=True, error_model="numpy")
def _row_of(inverse: FloatArray, x: float, shape: FloatArray, as_gaussian: bool) -> float:
    """Give how the top moves with a sample's value, but for the sample's weight, from what `_move` left in `inverse`."""
    a, b, c = _slopes(x, shape, as_gaussian)
    return inverse[1, 0] * a + inverse[1, 1] * b + inverse[1, 2] * c


@njit(nogil=True, cache=True, error_model="numpy")
def _move(
    row: FloatArray,
    energies: FloatArray,
    first: int,
    last: int,
    at: float,
    step: float,
    shape: FloatArray,
    as_gaussian: bool,
    inverse: FloatArray,
) -> float:
    """Give how far from `at` a fit weighted about it puts the top; NaN where there is none.

    `shape`, height and width of the Gaussian, is improved by a step of Gauss and Newton's method. Into `inverse` goes the inverse
    of the normal matrix, its middle row such that it gives the top's place.
    """
    normal, right = np.zeros((3, 3)), np.zeros(3)
    for i in range(first, last + 1):
        x = energies[i] - at
        weight = _tricube(x / (REACH * step))
        if weight == 0:
            continue
        slopes = _slopes(x, shape, as_gaussian)
        value = row[i] - 1.0 - shape[0] * slopes[0] if as_gaussian else row[i]
        for j in range(3):
            right[j] += weight * slopes[j] * value
            for k in range(3):
                normal[j, k] += weight * slopes[j] * slopes[k]
    a, b, c = normal[0], normal[1], normal[2]
    inverse[0] = (b[1] * c[2] - b[2] * c[1], a[2] * c[1] - a[1] * c[2], a[1] * b[2] - a[2] * b[1])
    inverse[1] = (b[2] * c[0] - b[0] * c[2], a[0] * c[2] - a[2] * c[0], a[2] * b[0] - a[0] * b[2])
    inverse[2] = (b[0] * c[1] - b[1] * c[0], a[1] * c[0] - a[0] * c[1], a[0] * b[1] - a[1] * b[0])
    determinant = a[0] * inverse[0, 0] + a[1] * inverse[1, 0] + a[2] * inverse[2, 0]
    if not determinant > 1e-12 * normal[0, 0] * normal[1, 1] * normal[2, 2]:
        return np.nan
    found = np.empty(3)
    for j in range(3):
        for k in range(3):
            inverse[j, k] /= determinant
        found[j] = inverse[j, 0] * right[0] + inverse[j, 1] * right[1] + inverse[j, 2] * right[2]
    if as_gaussian:
        shape[0], shape[1] = shape[0] + found[0], shape[1] + min(max(found[2], -0.5 * step), 0.5 * step)
        return found[1] if shape[0] > 0 and 0.3 * step < shape[1] < 4 * WIDEST else np.nan
    if not found[2] < 0:
        return np.nan
    for k in range(3):
        inverse[1, k] = -inverse[1, k] / (2 * found[2]) + found[1] / (2 * found[2] ** 2) * inverse[2, k]
    return -found[1] / (2 * found[2])
