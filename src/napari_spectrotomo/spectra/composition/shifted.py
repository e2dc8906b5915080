"""The compiled fit of references that may be shifted in energy, together, by as much as fits each spectrum best."""

from __future__ import annotations

import numpy as np
from numba import njit

from ...data import FloatArray
from .kernels import SUMS, Plan, finite, left_over, noise, products
from .least_squares import INNER, OUTER, Order, nonnegative
from .sets import fill_normal, new_normal, new_sets, variances, work_out

COARSE = 3
"""The search first looks at every third node, then at all about the best of those."""
STEPS = 8
"""Steps of the search between nodes, at most."""
NEAR = 1e-5
"""A step shorter than this share of a node's distance ends the search."""


@njit(**INNER)
def _between(references: FloatArray, place: float, shifted: FloatArray, slopes: FloatArray) -> None:
    """Read references (G, R, W) at `place` between nodes, and their slopes a node, by the cubic through the four about it."""
    nodes, size, width = references.shape
    first = min(max(int(np.floor(place)) - 1, 0), nodes - 4)
    x = place - first
    weights, tilts = np.ones(4), np.zeros(4)
    for i in range(4):
        for j in range(4):
            if j != i:
                weights[i] *= (x - j) / (i - j)
                tilt = 1.0 / (i - j)
                for k in range(4):
                    if k != i and k != j:
                        tilt *= (x - k) / (i - k)
                tilts[i] += tilt
    for k in range(size):
        for w in range(width):
            value = slope = 0.0
            for i in range(4):
                value += weights[i] * references[first + i, k, w]
                slope += tilts[i] * references[first + i, k, w]
            shifted[k, w], slopes[k, w] = value, slope


@njit(fastmath=SUMS, **INNER)
def _equations(references: FloatArray, spectrum: FloatArray, gram: FloatArray, b: FloatArray) -> None:
    """Put into `gram` and `b` the normal equations of references (R, W) and a spectrum (W,)."""
    size, width = references.shape
    for k in range(size):
        total = 0.0
        for w in range(width):
            total += references[k, w] * spectrum[w]
        b[k] = total
        for i in range(k + 1):
            total = 0.0
            for w in range(width):
                total += references[k, w] * references[i, w]
            gram[k, i] = gram[i, k] = total


@njit(**INNER)
def _left(
    references: FloatArray,
    spectrum: FloatArray,
    one: bool,
    gram: FloatArray,
    b: FloatArray,
    f: FloatArray,
    order: Order,
    state: Order,
    chol: FloatArray,
    z: FloatArray,
    g: FloatArray,
    rest: FloatArray,
) -> tuple[float, int]:
    """Share of a spectrum's squares that `references` (R, W) leave, and how many of them are above zero in `f`."""
    _equations(references, spectrum, gram, b)
    p = nonnegative(gram, b, one, f, order, state, chol, z, g)
    return left_over(spectrum, 1.0, references, f, rest), p


@njit(**INNER)
def _vertex(x: FloatArray, y: FloatArray) -> float:
    """Give where the parabola through three points, of which the middle one is lowest, is lowest; its middle if it is flat."""
    before, after = x[1] - x[0], x[2] - x[1]
    rise, fall = y[2] - y[1], y[0] - y[1]
    bend = before * rise + after * fall
    return x[1] + 0.5 * (after**2 * fall - before**2 * rise) / bend if bend > 0 else x[1]


@njit(**INNER)
def _narrow(x: FloatArray, y: FloatArray, at: float, value: float) -> None:
    """Put a new point into the bracket of three, whose middle stays the lowest."""
    if value < y[1]:
        outer = 0 if at > x[1] else 2
        x[outer], y[outer] = x[1], y[1]
        x[1], y[1] = at, value
    else:
        outer = 2 if at > x[1] else 0
        x[outer], y[outer] = at, value


@njit(**OUTER)
def fit_shifted(plan: Plan, spectra: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Fit references at the shift within bounds that leaves least; give fractions, errors, residuals and shifts (N,).

    Where the best shift lies at a bound, the fractions are those there, and their errors and the shift are NaN.
    """
    n = len(spectra)
    nodes, size, width = plan.references.shape
    fractions, error = np.full((n, size), np.nan), np.full((n, size), np.nan)
    residual, shift = np.full(n, np.nan), np.full(n, np.nan)
    made, explained, spectrum = np.empty(width + 1), np.empty(plan.basis.shape[2]), np.empty(width)
    gram, b, f, out, rest = np.empty((size, size)), np.empty(size), np.empty(size), np.empty(size), np.empty(width)
    order, state = np.empty(size + 2, np.int64), np.empty(size, np.int64)
    z, g, chol, sets = np.empty(size + 1), np.empty(size + 1), np.empty((size + 1, size + 1)), new_sets(1, size + 1)
    shifted, slopes, model = np.empty((size, width)), np.empty((size, width)), np.empty((size + 1, width))
    x, y, lefts, b1 = np.empty(3), np.empty(3), np.empty(nodes), np.empty(size + 1)
    normal = new_normal(size + 1, size, plan.step_variance, plan.sum_to_one)
    one, distance = plan.sum_to_one, plan.nodes[1] - plan.nodes[0]
    for v in range(n):
        products(plan.ready, spectra[v], made)
        step = made[width]
        if not (step > 0 and finite(made)):
            continue
        for w in range(width):
            spectrum[w] = made[w] / step
        lefts[:] = np.inf
        for node in range(0, nodes, COARSE):
            lefts[node] = _left(plan.references[node], spectrum, one, gram, b, f, order, state, chol, z, g, rest)[0]
        near = int(np.argmin(lefts))
        for node in range(max(0, near - COARSE), min(nodes, near + COARSE + 1)):
            if lefts[node] == np.inf:
                lefts[node] = _left(plan.references[node], spectrum, one, gram, b, f, order, state, chol, z, g, rest)[0]
        best = int(np.argmin(lefts))
        products(plan.basis[best], spectra[v], explained)
        sigma = noise(spectra[v], explained, plan.free[best])
        if step <= plan.least_step * sigma:
            continue
        place = float(best)
        if 0 < best < nodes - 1:
            for i in range(3):
                x[i], y[i] = best - 1 + i, lefts[best - 1 + i]
            for _ in range(STEPS):
                at = _vertex(x, y)
                if abs(at - x[1]) < NEAR or at <= x[0] or at >= x[2]:
                    break
                _between(plan.references, at, shifted, slopes)
                _narrow(x, y, at, _left(shifted, spectrum, one, gram, b, f, order, state, chol, z, g, rest)[0])
            place = x[1]
        bound = place <= 1.0 or place >= nodes - 2.0
        place = min(max(place, 1.0), nodes - 2.0)
        _between(plan.references, place, shifted, slopes)
        residual[v], p = _left(shifted, spectrum, one, gram, b, f, order, state, chol, z, g, rest)
        fractions[v] = f
        if bound:
            continue
        shift[v] = plan.nodes[0] + place * distance
        model[:size] = shifted
        model[size] = 0.0
        for k in range(size):
            for w in range(width):
                model[size, w] += f[k] * slopes[k, w]
        b1[:size], b1[size] = b, 0.0
        for w in range(width):
            b1[size] += model[size, w] * spectrum[w]
        order[p] = size
        fill_normal(normal, model, plan.covariance, plan.crossed)
        work_out(normal, order, p + 1, sets, 0, chol, z, g)
        variances(normal, b1, order, p + 1, sets, 0, out)
        for k in range(size):
            error[v, k] = plan.widening[best] * sigma / step * np.sqrt(out[k])
    return fractions, error, residual, shift
