"""Half heights on straight lines between energies, the method of most maps, for hundreds of spectra side by side.

The search runs along the energies and over all spectra at once, without a branch, so that the processor takes several spectra in
one instruction.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from ...data import FloatArray
from .rise import ABOVE_THE_EDGE


@njit(nogil=True, cache=True, error_model="numpy")
def half_heights(
    rows: FloatArray,
    m: int,
    energies: FloatArray,
    limits: FloatArray,
    covariance: FloatArray,
    step: FloatArray,
    places: FloatArray,
    energy: FloatArray,
    variance: FloatArray,
) -> None:
    """Find the half heights of the rows (W, m), as `rise.half_height` does of one, and their variances; NaN where there is none.

    `limits`, `covariance` and `step` as in `kernels.find_edges`; `places` (4, m) is scratch.
    """
    _find_rises(rows, m, places)
    w, low, high = len(energies), limits[0], limits[1]
    for v in range(m):
        energy[v] = np.nan
        if covariance.size > 0:
            variance[v] = np.nan
        i = int(places[0, v])
        if i < 0 or not np.isfinite(places[3, v]):
            continue
        below, above = float(rows[i, v]), float(rows[i + 1, v])
        slope = (above - below) / (energies[i + 1] - energies[i])
        t = (0.5 - below) / (above - below)
        at = energies[i] + (0.5 - below) / slope
        if not low <= at <= high:
            continue
        energy[v] = at
        if covariance.size > 0:
            sign = np.sign(float(step[v]))
            spread = (1 - t) ** 2 * covariance[i, i] + t**2 * covariance[i + 1, i + 1]
            spread += 2 * t * (1 - t) * covariance[i, i + 1] + 0.25 * covariance[w, w]
            spread -= sign * ((1 - t) * covariance[i, w] + t * covariance[i + 1, w])
            variance[v] = spread / (slope * float(step[v])) ** 2


@njit(nogil=True, cache=True, error_model="numpy")
def _find_rises(rows: FloatArray, m: int, places: FloatArray) -> None:
    """Put into `places` (4, m) the sample before the rise through one half, -1 where there is none, and last what is finite only
    where all values of the row are.

    The rise is the last one before the spectrum is through its edge, the first one where it never is.
    """
    none, zero, one = rows.dtype.type(-1), rows.dtype.type(0), rows.dtype.type(1)
    half, through = rows.dtype.type(0.5), rows.dtype.type(ABOVE_THE_EDGE)
    last, first, before, whole = places[0], places[1], places[2], places[3]
    for v in range(m):
        last[v], first[v], before[v], whole[v] = none, none, one, rows[0, v]
    for i in range(len(rows) - 1):
        here = rows.dtype.type(i)
        below, above = rows[i], rows[i + 1]
        for v in range(
            m
        ):  # all read first, then chosen between two values, then written: so it is done for many at once
            low, high, was_last, was_first, was_before = below[v], above[v], last[v], first[v], before[v]
            rises = one if low < half else zero
            rises = rises if high >= half else zero
            new = here if was_first < zero else was_first
            is_first = new if rises > zero else was_first
            is_last = here if rises * was_before > zero else was_last
            still = zero if high >= through else was_before
            is_before = still if is_last >= zero else was_before
            last[v], first[v], before[v] = is_last, is_first, is_before
            whole[v] += high
    for v in range(m):
        last[v] = first[v] if before[v] > zero else last[v]
