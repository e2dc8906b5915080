"""Cubics fitted to the samples about any energy of a search window, as matrices: the energies are the same for all spectra.

Local polynomial regression with tricube weights (Cleveland, J. Am. Stat. Assoc. 74, 829, 1979), on a grid of nodes so fine that
straight lines serve between them. What is read off such a curve moves smoothly with every sample.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ...data import FloatArray

REACH = 3.0
"""Weights come down to zero at so many steps of the energy on either side."""
LEAST_REACH = 3.0
"""And not nearer than this (eV), so that fine grids lend more samples."""
PARTS = 24
"""Nodes to a step of the finest part of the grid."""
FEWEST = 5
FARTHEST = 10.0
"""None is fitted where steps are wider (eV) than this."""


def local_cubics(energies: FloatArray) -> tuple[FloatArray, npt.NDArray[np.int64], FloatArray]:
    """Give what fits a cubic about each node of a fine grid.

    Parameters
    ----------
    energies : (W,) float64, eV, ascending

    Returns
    -------
    nodes : (P,) float64, eV
        Evenly spaced from the first energy to the last.
    starts : (P,) int64
        First sample of each fit; -1 where there are too few samples near enough.
    fits : (P, 3, m) float64
        Times m samples give the value, the slope (1/eV) and half the curvature (1/eV²) at the node. Zero for samples that are not
        of the fit.
    """
    steps = np.gradient(energies)
    count = int(np.clip(np.ceil(PARTS * np.ptp(energies) / np.diff(energies).min()), 1, 20_000)) + 1
    nodes = np.linspace(energies[0], energies[-1], count)
    step = np.interp(nodes, energies, steps)
    reach = np.maximum(REACH * step, LEAST_REACH)
    first = np.searchsorted(energies, nodes - reach, side="right")
    stop = np.searchsorted(energies, nodes + reach)
    m = max(int((stop - first).max()), 1)
    starts, fits = np.full(count, -1, np.int64), np.zeros((count, 3, m))
    for p in range(count):
        x = energies[first[p] : stop[p]] - nodes[p]
        if len(x) < FEWEST or step[p] > FARTHEST or not x[1] < 0 < x[-2]:
            continue
        root = np.sqrt((1 - np.abs(x / reach[p]) ** 3) ** 3)
        starts[p] = min(first[p], len(energies) - m)
        at = slice(first[p] - starts[p], stop[p] - starts[p])
        scale = reach[p] ** -np.arange(4.0)
        powers = (x[:, None] / reach[p]) ** np.arange(4)
        fits[p, :, at] = ((np.linalg.pinv(powers * root[:, None]) * root) * scale[:, None])[:3]
    return nodes, starts, fits
