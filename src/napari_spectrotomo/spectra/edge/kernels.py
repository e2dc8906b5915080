"""The compiled search for the edges of many spectra: read once, normalised a few hundred at a time, and read off one by one.

Normalising takes a few products a sample, not a matrix: pre-edge line and post-edge polynomial are found from the samples of their
windows and taken away where the search looks. The kernels release the interpreter's lock and start no threads of their own.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from ...data import FloatArray
from .half_heights import half_heights
from .integrals import centroid, edge_integral
from .rise import half_height_of_fit, steepest_rise
from .white_line import gaussian, parabola

TOGETHER = 1024
"""Spectra normalised together: what they are made into stays in the nearer caches."""
METHODS = (
    "half-height",
    "half-height fit",
    "derivative",
    "white-line",
    "white-line gaussian",
    "centroid",
    "edge-integral",
)
"""The kernel knows a method by its place here."""


@njit(nogil=True, cache=True, error_model="numpy")
def find_edges(
    spectra: FloatArray,
    first: int,
    stop: int,
    fits_of_lines: tuple[FloatArray, FloatArray],
    powers: tuple[FloatArray, FloatArray, FloatArray, FloatArray],
    samples: tuple[int, int, int, int, int],
    pattern: FloatArray,
    method: int,
    energies: FloatArray,
    limits: FloatArray,
    covariance: FloatArray,
    fits: tuple[FloatArray, FloatArray, FloatArray],
    noise: int,
    found: FloatArray,
) -> None:
    """Find the edges of the spectra `first` to `stop` of (E, N).

    Parameters
    ----------
    spectra : (E, N) float32 or float64, contiguous
    first, stop : int
    fits_of_lines : (2, n_pre) and (K, n_post), of the dtype of the spectra
        Give the coefficients of the pre-edge line from the samples of its window, and those of the post-edge polynomial from the
        samples of its own, less the pre-edge line.
    powers : (E, 2), (E, K), (W, K), (K,), of the same dtype
        Of the pre-edge line and of the post-edge polynomial at all energies; what of the latter is taken away from the rows, zero
        where the search wants no flattened spectra; the latter at e0.
    samples : tuple of int
        First and last but one of the pre-edge's, the same of the post-edge's, and the first the search looks at.
    pattern : (n_pre + n_post,), of the same dtype
        What a spectrum of step one leaves about its lines though it is no noise.
    method : int
        Of `METHODS`.
    energies : (W,) float64, eV
    limits : (5,) float64
        Least and greatest edge energy (eV), level of the centroid, lower and upper level of the integral.
    covariance : (W + 1, W + 1) float64
        Of the rows before they are divided by the step, and of the step, for noise of unit variance in every measured value;
        empty where no variance is asked for.
    fits : (P,) float64, (P,) int64 and (P, 3, m) float64
        Of `local_cubics`.
    noise : int
        How many residuals are summed: none, those before the edge, or all.
    found : (5, N) float64
        Filled with edge energy (eV), its variance (eV²) for noise of unit variance, edge step, and the sums of squared residuals
        before the edge and after it.
    """
    pre_powers, post_powers, flattening, at_e0 = powers
    pre_start, pre_stop, post_start, post_stop, start = samples
    w, order = len(energies), len(at_e0)
    rows = np.empty((w, TOGETHER), spectra.dtype)
    before, after = np.empty((2, TOGETHER), spectra.dtype), np.empty((order, TOGETHER), spectra.dtype)
    none = np.empty((0, TOGETHER), spectra.dtype)
    step, inverse = np.empty(TOGETHER, spectra.dtype), np.empty(TOGETHER, spectra.dtype)
    left = np.empty(TOGETHER, spectra.dtype)
    places = np.empty((4, TOGETHER), spectra.dtype)
    for a in range(first, stop, TOGETHER):
        b = min(a + TOGETHER, stop)
        m = b - a
        before[:], after[:], step[:] = 0, 0, 0
        for i in range(pre_start, pre_stop):
            _add(fits_of_lines[0][:, i - pre_start], spectra[i, a:b], before, m)
        for i in range(post_start, post_stop):
            _less(spectra[i, a:b], pre_powers[i], before, post_powers[i], none, left, m)
            _add(fits_of_lines[1][:, i - post_start], left, after, m)
        for k in range(order):
            for v in range(m):
                step[v] += at_e0[k] * after[k, v]
        for v in range(m):
            inverse[v] = 1 / abs(step[v]) if step[v] != 0 else np.nan
        for i in range(w):
            _less(spectra[start + i, a:b], pre_powers[start + i], before, flattening[i], after, rows[i], m)
            for v in range(m):
                rows[i, v] *= inverse[v]
        found[2, a:b] = step[:m]
        if method == 0:
            half_heights(rows, m, energies, limits, covariance, step, places, found[0, a:b], found[1, a:b])
        else:
            _one_by_one(rows, m, method, energies, limits, covariance, fits, step, found[0, a:b], found[1, a:b])
        for k in range(noise):
            found[3 + k, a:b] = 0.0
            for i in range(pre_start if k == 0 else post_start, pre_stop if k == 0 else post_stop):
                _less(spectra[i, a:b], pre_powers[i], before, post_powers[i], none if k == 0 else after, left, m)
                shape = pattern[i - pre_start if k == 0 else pre_stop - pre_start + i - post_start]
                for v in range(m):
                    found[3 + k, a + v] += (left[v] - shape * step[v]) ** 2


@njit(nogil=True, cache=True, error_model="numpy")
def _add(factors: FloatArray, values: FloatArray, made: FloatArray, m: int) -> None:
    """Add to `made` (K, m) the values (m,) times each of the factors (K,)."""
    for k in range(len(factors)):
        factor = factors[k]
        for v in range(m):
            made[k, v] += factor * values[v]


@njit(nogil=True, cache=True, error_model="numpy")
def _less(
    values: FloatArray,
    pre_powers: FloatArray,
    before: FloatArray,
    post_powers: FloatArray,
    after: FloatArray,
    made: FloatArray,
    m: int,
) -> None:
    """Put into `made` (m,) the values less the pre-edge line and as many terms of the post-edge polynomial as `after` has."""
    slope = pre_powers[1]
    for v in range(m):
        made[v] = values[v] - before[0, v] - slope * before[1, v]
    for k in range(after.shape[0]):
        power = post_powers[k]
        if power != 0:
            for v in range(m):
                made[v] -= power * after[k, v]


@njit(nogil=True, cache=True, error_model="numpy")
def _one_by_one(
    rows: FloatArray,
    m: int,
    method: int,
    energies: FloatArray,
    limits: FloatArray,
    covariance: FloatArray,
    fits: tuple[FloatArray, FloatArray, FloatArray],
    step: FloatArray,
    energy: FloatArray,
    variance: FloatArray,
) -> None:
    """Read off each of the rows (W, m); NaN where a value of it is not finite."""
    w = len(energies)
    row, weights, moments = np.empty(w), np.empty(w), np.empty((2, w))
    for v in range(m):
        whole = 0.0
        for i in range(w):
            row[i], weights[i] = rows[i, v], 0.0
            whole += row[i]
        energy[v] = np.nan if not np.isfinite(whole) else _edge(row, method, energies, limits, fits, weights, moments)
        if covariance.size > 0:
            variance[v] = _variance(row, weights, covariance, float(step[v]))


@njit(nogil=True, cache=True, error_model="numpy")
def _edge(
    row: FloatArray,
    method: int,
    energies: FloatArray,
    limits: FloatArray,
    fits: tuple[FloatArray, FloatArray, FloatArray],
    weights: FloatArray,
    moments: FloatArray,
) -> float:
    low, high = limits[0], limits[1]
    if method == 1:
        return half_height_of_fit(row, energies, low, high, fits[0], fits[1], fits[2], weights)
    if method == 2:
        return steepest_rise(row, energies, low, high, fits[0], fits[1], fits[2], weights)
    if method == 3:
        return parabola(row, energies, low, high, weights)
    if method == 4:
        return gaussian(row, energies, low, high, weights)
    if method == 5:
        return centroid(row, energies, low, high, limits[2], weights, moments)
    return edge_integral(row, energies, low, high, limits[3:], weights, moments)


@njit(nogil=True, cache=True, error_model="numpy")
def _variance(row: FloatArray, weights: FloatArray, covariance: FloatArray, step: float) -> float:
    """Give the variance of what changes with the row by `weights`, for noise of unit variance; NaN where that is not known.

    A normalised value is a row over the step's magnitude, so that the noise of both counts.
    """
    w = len(row)
    first, stop = 0, w
    while first < w and weights[first] == 0:
        first += 1
    while stop > first and weights[stop - 1] == 0:
        stop -= 1
    total = of_step = 0.0
    for i in range(first, stop):
        of_step -= weights[i] * row[i]
    for i in range(first, stop):
        total += 2 * np.sign(step) * of_step * weights[i] * covariance[i, w]
        for j in range(first, stop):
            total += weights[i] * weights[j] * covariance[i, j]
    total += of_step**2 * covariance[w, w]
    return total / step**2 if total > 0 else np.nan
