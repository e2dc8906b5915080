"""The compiled sums over points behind the normal equations, and behind the error that they leave."""

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]

COLUMNS = 14
"""Of the normal equations: a displacement's 3 x 4 coefficients, row by row, then gain and offset."""


@njit(nogil=True, cache=True)
def row_of(point: Floats, center: Floats, radius: float, value: float, gradient: Floats, row: Floats) -> None:
    """Write what the moving value at a point depends on: a displacement's coefficients, the gain, the offset."""
    for a in range(3):
        for b in range(3):
            row[4 * a + b] = gradient[a] * (point[b] - center[b]) / radius
        row[4 * a + 3] = gradient[a]
    row[12] = value
    row[13] = 1.0


@njit(nogil=True, cache=True)
def add_left_side(
    points: Floats,
    center: Floats,
    radius: float,
    values: Floats,
    gradients: Floats,
    moved: Floats,
    weights: Floats,
    left: Floats,
    start: int,
    stop: int,
) -> float:
    """Add some points to the matrix of the normal equations (upper half), where the moving value is known; give their weight."""
    row = np.empty(COLUMNS)
    weight = 0.0
    for i in range(start, stop):
        if np.isnan(moved[i]):
            continue
        row_of(points[i], center, radius, values[i], gradients[i], row)
        for a in range(COLUMNS):
            t = weights[i] * row[a]
            for b in range(a, COLUMNS):
                left[a, b] += t * row[b]
        weight += weights[i]
    return weight


@njit(nogil=True, cache=True)
def add_right_side(
    points: Floats,
    center: Floats,
    radius: float,
    values: Floats,
    gradients: Floats,
    moved: Floats,
    weights: Floats,
    right: Floats,
    start: int,
    stop: int,
) -> tuple[float, int]:
    """Add some points to the right side of the normal equations; give their squares and their number where they are known."""
    row = np.empty(COLUMNS)
    squares = 0.0
    known = 0
    for i in range(start, stop):
        if np.isnan(moved[i]):
            continue
        row_of(points[i], center, radius, values[i], gradients[i], row)
        t = weights[i] * moved[i]
        for a in range(COLUMNS):
            right[a] += t * row[a]
        squares += t * moved[i]
        known += 1
    return squares, known


@njit(nogil=True, cache=True)
def add_scores(
    points: Floats,
    center: Floats,
    radius: float,
    values: Floats,
    gradients: Floats,
    residuals: Floats,
    weights: Floats,
    cells: npt.NDArray[np.int64],
    scores: Floats,
) -> None:
    """Sum the residuals' pull on every unknown over the points of each cell."""
    row = np.empty(COLUMNS)
    for i in range(len(points)):
        if np.isnan(residuals[i]):
            continue
        row_of(points[i], center, radius, values[i], gradients[i], row)
        for a in range(COLUMNS):
            scores[cells[i], a] += weights[i] * residuals[i] * row[a]
