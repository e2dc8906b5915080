"""How the edge energies of each particle are distributed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..plot import COLORS, Curve

_BINS = 60


def distributions(energy: npt.NDArray[np.floating], labels: npt.NDArray[np.integer]) -> list[Curve]:
    """Give the histogram of edge energies of each particle, as a curve through the middles of its bins.

    Parameters
    ----------
    energy : (z, y, x), eV, NaN where undefined
    labels : (z, y, x) int
        0 is background; the first few particles are given.

    Returns
    -------
    list of Curve
        Values are shares of a particle's voxels, per eV. The bins are common and span 1 to 99 % of all voxels.
    """
    inside = (labels > 0) & np.isfinite(energy)
    values, owner = energy[inside], labels[inside]
    if values.size < 2:
        return []
    low, high = np.percentile(values, (1, 99))
    edges = np.linspace(low, max(high, low + 1e-3), _BINS + 1)
    middles = (edges[:-1] + edges[1:]) / 2
    curves: list[Curve] = []
    for number in [int(n) for n in np.unique(owner)][: len(COLORS)]:
        own = values[owner == number]
        counts, _ = np.histogram(own, edges)
        color = COLORS[(number - 1) % len(COLORS)]
        curves.append(Curve(middles, counts / len(own) / (edges[1] - edges[0]), f"particle {number}", color))
    return curves
