"""How much of each non-negative component a spectrum holds, in compiled form."""

from __future__ import annotations

import numpy as np
from numba import njit

from ...data import FloatArray
from ..composition.least_squares import nonnegative


def nonnegative_amounts(values: FloatArray, spectra: FloatArray) -> FloatArray:
    """Non-negative amounts (N, K) of `spectra` (K, E) in `values` (N, E), by exact least squares."""
    return _solved(spectra @ spectra.T, values @ spectra.T)


@njit(nogil=True, cache=True)
def _solved(gram: FloatArray, right: FloatArray) -> FloatArray:
    n, size = right.shape
    found = np.zeros((n, size))
    order, state = np.zeros(size, np.int64), np.zeros(size, np.int64)
    chol, z, g = np.zeros((size, size)), np.zeros(size), np.zeros(size)
    for k in range(n):
        nonnegative(gram, right[k], False, found[k], order, state, chol, z, g)
    return found
