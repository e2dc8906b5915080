"""The compiled fit of references to one spectrum after another: fractions, their errors, residual and shift.

Each kernel takes spectra (N, E) and a `Plan`, releases the interpreter's lock and starts no threads of its own. All sums run
over one spectrum in a fixed order, so that results depend neither on threads nor on how the spectra were divided.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from ...data import FloatArray
from .least_squares import Order, factor, nonnegative, substitute


class Plan(NamedTuple):
    """What a fit of R references at W of E energies needs, at G shifts (one where none is looked for).

    Attributes
    ----------
    ready : (E, W + 1)
        Gives the flattened spectrum times its step at the fitted energies, and last the step.
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


@njit(nogil=True, cache=True)
def noise(x: FloatArray, basis: FloatArray, free: float, explained: FloatArray) -> float:
    """Standard deviation of what the basis does not explain of a spectrum; NaN without degrees of freedom."""
    if free < 1:
        return np.nan
    explained[:] = 0.0
    total = 0.0
    for e in range(len(x)):
        value = x[e] - x[0]  # a constant is in the basis: taking it off changes rounding alone
        total += value * value
        for q in range(len(explained)):
            explained[q] += basis[e, q] * value
    for q in range(len(explained)):
        total -= explained[q] * explained[q]
    return np.sqrt(max(total, 0.0) / free)


@njit(nogil=True, cache=True)
def _variance(
    v: FloatArray,
    order: Order,
    p: int,
    spread: FloatArray,
    crossed: FloatArray,
    step_variance: float,
    b: FloatArray,
) -> float:
    """Variance of the sum of v times (columns times normalised spectrum), the noise of the step included."""
    with_step = mean = total = 0.0
    for i in range(p):
        mean += v[i] * b[order[i]]
        with_step += v[i] * crossed[order[i]]
        for j in range(p):
            total += v[i] * v[j] * spread[order[i], order[j]]
    return max(total - 2.0 * mean * with_step + step_variance * mean * mean, 0.0)


@njit(nogil=True, cache=True)
def _variance_of(
    at: int,
    summed: int,
    gram: FloatArray,
    spread: FloatArray,
    crossed: FloatArray,
    step_variance: float,
    b: FloatArray,
    order: Order,
    p: int,
    chol: FloatArray,
    v: FloatArray,
    g: FloatArray,
) -> float:
    """Variance of the coefficient that stands `at` in the set of `p` columns, of which the first `summed` indices sum to one."""
    v[:p] = 0.0
    v[at] = 1.0
    substitute(chol, p, v)
    if summed > 0:
        total = 0.0
        for i in range(p):
            g[i] = 1.0 if order[i] < summed else 0.0
        substitute(chol, p, g)
        for i in range(p):
            if order[i] < summed:
                total += g[i]
        pull = g[at] / total
        for i in range(p):
            v[i] -= pull * g[i]
    return _variance(v, order, p, spread, crossed, step_variance, b)


@njit(nogil=True, cache=True)
def variances(
    size: int,
    one: bool,
    gram: FloatArray,
    spread: FloatArray,
    crossed: FloatArray,
    step_variance: float,
    b: FloatArray,
    order: Order,
    p: int,
    chol: FloatArray,
    v: FloatArray,
    g: FloatArray,
    out: FloatArray,
) -> None:
    """Put into `out` (R,) the variances of all fractions; one at zero has that of a fit which lets it go below.

    Columns from R on are no fractions (the shift), and always in the set.
    """
    summed = size if one else 0
    out[:] = -1.0
    inside = alone = 0
    if factor(gram, order, p, chol):
        for i in range(p):
            if order[i] < size:
                inside, alone = inside + 1, order[i]
                out[order[i]] = _variance_of(i, summed, gram, spread, crossed, step_variance, b, order, p, chol, v, g)
    else:
        out[:] = np.nan
        return
    largest = 0.0
    for k in range(size):
        if out[k] < 0:
            order[p] = k
            out[k] = np.nan
            if factor(gram, order, p + 1, chol):
                out[k] = _variance_of(p, summed, gram, spread, crossed, step_variance, b, order, p + 1, chol, v, g)
                largest = max(largest, out[k])
    if one and inside == 1 and size > 1:  # held at one: as uncertain as what may stand beside it
        out[alone] = largest


@njit(nogil=True, cache=True)
def fit_fixed(plan: Plan, spectra: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Fit references as they are; give fractions (N, R), errors (N, R) and residuals (N,), NaN where there is no edge."""
    n, energies = spectra.shape
    references = plan.references[0]
    size, width = references.shape
    fractions, error = np.full((n, size), np.nan), np.full((n, size), np.nan)
    residual = np.full(n, np.nan)
    gram = references @ references.T
    spread, crossed = references @ plan.covariance @ references.T, references @ plan.crossed
    made, explained = np.empty(width + 1), np.empty(plan.basis.shape[2])
    b, f, z, g, out = np.empty(size), np.empty(size), np.empty(size + 1), np.empty(size + 1), np.empty(size)
    order, state = np.empty(size + 1, np.int64), np.empty(size, np.int64)
    chol = np.empty((size + 1, size + 1))
    for v in range(n):
        made[:] = 0.0
        for e in range(energies):
            value = spectra[v, e]
            for w in range(width + 1):
                made[w] += plan.ready[e, w] * value
        step = made[width]
        sigma = noise(spectra[v], plan.basis[0], plan.free[0], explained)
        if not (step > 0 and np.isfinite(made.sum())) or step <= plan.least_step * sigma:
            continue
        for k in range(size):
            b[k] = 0.0
            for w in range(width):
                b[k] += references[k, w] * made[w]
            b[k] /= step
        p = nonnegative(gram, b, plan.sum_to_one, f, order, state, chol, z, g)
        variances(size, plan.sum_to_one, gram, spread, crossed, plan.step_variance, b, order, p, chol, z, g, out)
        left = total = 0.0
        for w in range(width):
            rest = made[w] / step
            total += rest * rest
            for k in range(size):
                rest -= f[k] * references[k, w]
            left += rest * rest
        residual[v] = left / total
        for k in range(size):
            fractions[v, k] = f[k]
            error[v, k] = plan.widening[0] * sigma / step * np.sqrt(out[k])
    return fractions, error, residual
