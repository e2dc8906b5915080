"""Cubics fitted about each energy of a search window, as matrices: the energies are the same for all spectra."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ...data import FloatArray

REACH = 3.0
"""A cubic takes the samples as far (eV) from its energy as this, `FEWEST` at least."""
FEWEST = 5
FARTHEST = 15.0
"""None is fitted where its samples lie farther (eV) than this."""


def local_cubics(energies: FloatArray) -> tuple[npt.NDArray[np.int64], FloatArray]:
    """Give what fits a cubic about each energy by least squares.

    Parameters
    ----------
    energies : (W,) float64, eV, ascending

    Returns
    -------
    starts : (W,) int64
        First sample of each fit; -1 where there are too few samples near enough.
    fits : (W, 5, m) float64
        The first four rows times m samples give the coefficients of 1, x, x², x³, x in eV from the energy itself; the fifth gives
        the slope of the straight line through the same samples. Zero for samples that are not of the fit.
    """
    w = len(energies)
    windows = [_window(energies, i) for i in range(w)]
    m = max([stop - first for first, stop in windows], default=0)
    starts, fits = np.full(w, -1, np.int64), np.zeros((w, 5, m))
    for i, (first, stop) in enumerate(windows):
        x = energies[first:stop] - energies[i]
        if stop - first < FEWEST or np.abs(x).max() > FARTHEST:
            continue
        starts[i] = min(first, w - m)
        at = slice(first - starts[i], stop - starts[i])
        fits[i, :4, at] = np.linalg.pinv(x[:, None] ** np.arange(4))
        fits[i, 4, at] = np.linalg.pinv(np.column_stack([np.ones_like(x), x]))[1]
    return starts, fits


def _window(energies: FloatArray, i: int) -> tuple[int, int]:
    """Give first and last but one of the samples about energy i, as many on either side where there are."""
    near = np.abs(energies - energies[i]) <= REACH + 1e-9
    side = max(int(min(near[:i].sum(), near[i + 1 :].sum())), FEWEST // 2)
    first = min(max(i - side, 0), max(len(energies) - 2 * side - 1, 0))
    return first, min(first + 2 * side + 1, len(energies))
