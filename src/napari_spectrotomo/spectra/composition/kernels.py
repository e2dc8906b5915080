"""The compiled fit of references to one spectrum after another: fractions, their errors, residual and shift.

Each kernel takes spectra (N, E) and a `Plan`, releases the interpreter's lock and starts no threads of its own. All sums run
over one spectrum in a fixed order, so that results depend neither on threads nor on how the spectra were divided.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from ...data import FloatArray
from .least_squares import INNER, OUTER, nonnegative
from .sets import MOST_KEPT, fill_normal, guess, new_normal, new_sets, variances, work_out

SUMS = {"reassoc", "contract"}
"""The compiler may add up in the order that is quickest: always the same one, and NaN stays NaN."""


class Plan(NamedTuple):
    """What a fit of R references at W of E energies needs, at G shifts (one where none is looked for).

    Attributes
    ----------
    ready : (E, W + 1)
        Gives the flattened spectrum times its step at the fitted energies, and last the step.
    matrix : (E, W + 1 + R + Q)
        The same, and beside it the references' products with the flattened spectrum and the first basis.
    references : (G, R, W)
        Normalised, at each shift.
    covariance, crossed, step_variance : (W, W), (W,), float
        Of the first W columns of `ready`, with the last, and of the last, for noise of unit variance in every measured value.
    basis : (G, E, Q)
        Orthonormal: all that backgrounds and references can explain in a spectrum.
    free, widening : (G,)
        Degrees of freedom the basis leaves, and Student's factor for one standard deviation of so many.
    nodes : (G,) eV
        The shifts, evenly spaced; those before the first and after the last but one lie outside the bounds.
    least_step : float
    sum_to_one : bool
    """

    ready: FloatArray
    matrix: FloatArray
    references: FloatArray
    covariance: FloatArray
    crossed: FloatArray
    step_variance: float
    basis: FloatArray
    free: FloatArray
    widening: FloatArray
    nodes: FloatArray
    least_step: float
    sum_to_one: bool


@njit(fastmath=SUMS, **INNER)
def products(matrix: FloatArray, spectrum: FloatArray, out: FloatArray) -> None:
    """Put into `out` (K,) the spectrum (E,) less its first value, which changes nothing asked for, times `matrix` (E, K)."""
    out[:] = 0.0
    first, n = spectrum[0], len(spectrum)
    fours = n - n % 4
    for e in range(0, fours, 4):
        x0, x1 = spectrum[e] - first, spectrum[e + 1] - first
        x2, x3 = spectrum[e + 2] - first, spectrum[e + 3] - first
        for k in range(len(out)):
            out[k] += matrix[e, k] * x0 + matrix[e + 1, k] * x1 + matrix[e + 2, k] * x2 + matrix[e + 3, k] * x3
    for e in range(fours, n):
        x0 = spectrum[e] - first
        for k in range(len(out)):
            out[k] += matrix[e, k] * x0


@njit(**INNER)
def finite(made: FloatArray) -> bool:
    """Whether all of `made` is."""
    total = 0.0
    for k in range(len(made)):
        total += made[k]
    return bool(np.isfinite(total))


@njit(fastmath=SUMS, **INNER)
def noise(spectrum: FloatArray, explained: FloatArray, free: float) -> float:
    """Standard deviation of what a basis, whose products are `explained`, leaves; NaN without degrees of freedom."""
    if free < 1:
        return np.nan
    total = 0.0
    for e in range(len(spectrum)):
        total += (spectrum[e] - spectrum[0]) ** 2
    for q in range(len(explained)):
        total -= explained[q] ** 2
    return np.sqrt(max(total, 0.0) / free)


@njit(fastmath=SUMS, **INNER)
def left_over(spectrum: FloatArray, step: float, references: FloatArray, f: FloatArray, rest: FloatArray) -> float:
    """Sum of squares that fractions `f` leave of a flattened spectrum over its own."""
    for w in range(len(rest)):
        rest[w] = spectrum[w] / step
    left = total = 0.0
    for w in range(len(rest)):
        total += rest[w] * rest[w]
    for k in range(len(f)):
        for w in range(len(rest)):
            rest[w] -= f[k] * references[k, w]
    for w in range(len(rest)):
        left += rest[w] * rest[w]
    return left / total


@njit(**OUTER)
def fit_fixed(plan: Plan, spectra: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Fit references as they are; give fractions (N, R), errors (N, R) and residuals (N,), NaN where there is no edge."""
    n = len(spectra)
    references = plan.references[0]
    size, width = references.shape
    fractions, error = np.full((n, size), np.nan), np.full((n, size), np.nan)
    residual = np.full(n, np.nan)
    normal = new_normal(size, size, plan.step_variance, plan.sum_to_one)
    fill_normal(normal, references, plan.covariance, plan.crossed)
    kept = size <= MOST_KEPT
    sets = new_sets(1 << size if kept else 1, size)
    made, rest = np.empty(plan.matrix.shape[1]), np.empty(width)
    b, f, out = np.empty(size), np.empty(size), np.empty(size)
    z, g, chol = np.empty(size + 1), np.empty(size + 1), np.empty((size + 1, size + 1))
    order, state = np.empty(size + 1, np.int64), np.empty(size, np.int64)
    for v in range(n):
        products(plan.matrix, spectra[v], made)
        step = made[width]
        sigma = noise(spectra[v], made[width + 1 + size :], plan.free[0])
        if not (step > 0 and finite(made)) or step <= plan.least_step * sigma:
            continue
        for k in range(size):
            b[k] = made[width + 1 + k] / step
        number = guess(normal, b, f, sets, order, chol, z, g) if kept else 0
        if number > 0:
            p = 0
            for k in range(size):
                if number >> k & 1:
                    order[p] = k
                    p += 1
        else:
            p = nonnegative(normal.gram, b, plan.sum_to_one, f, order, state, chol, z, g)
            if kept:
                for i in range(p):
                    number |= 1 << order[i]
            if not kept or sets.known[number] == 0:
                work_out(normal, order, p, sets, number, chol, z, g)
        variances(normal, b, order, p, sets, number, out)
        residual[v] = left_over(made, step, references, f, rest)
        for k in range(size):
            fractions[v, k] = f[k]
            error[v, k] = plan.widening[0] * sigma / step * np.sqrt(out[k])
    return fractions, error, residual
