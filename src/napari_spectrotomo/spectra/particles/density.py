"""The distribution of edge energies as a smooth curve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ...arrays import as_numbers
from ...data import FloatArray
from .boxes import energies_of, fitting_labels, particle_boxes

if TYPE_CHECKING:
    from ..edge.edge_map import EdgeMap

_PER_BANDWIDTH = 16
_FEWEST_BINS, _MOST_BINS = 64, 200_000
_POINTS = 1001
"""Rows of a table of densities."""


def kernel_density(values: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Gaussian kernel density of edge energies.

    The bandwidth is Silverman's (1986, eq. 3.31), 0.9 times the smaller of standard deviation and interquartile range / 1.34, times
    n to the power -1/5, so that a few outliers do not widen it. Values are binned at a sixteenth of it, so millions cost nothing.

    Parameters
    ----------
    values : (N,) eV
        NaN left out.

    Returns
    -------
    energy : (M,) eV, density : (M,) per eV
        Empty where there are fewer than two different values, rounding apart.
    """
    from scipy.ndimage import gaussian_filter1d

    found = as_numbers(values, "edge energies").ravel()
    found = found[np.isfinite(found)]
    if len(found) < 2 or np.ptp(found) == 0:
        return np.empty(0), np.empty(0)
    low, high = np.percentile(found, (25, 75))
    spread = found.std(ddof=1)
    width = 0.9 * min(spread, (high - low) / 1.34 or spread) * len(found) ** -0.2
    start, stop = found.min() - 4 * width, found.max() + 4 * width
    told_apart = (stop - start) / np.spacing(np.abs(found).max()) / 4
    if told_apart < _FEWEST_BINS:
        return np.empty(0), np.empty(0)
    bins = int(np.clip((stop - start) / width * _PER_BANDWIDTH, _FEWEST_BINS, min(_MOST_BINS, told_apart)))
    counts, edges = np.histogram(found, bins, (start, stop))
    bin_width = edges[1] - edges[0]
    density = gaussian_filter1d(counts.astype(np.float64), width / bin_width, mode="constant", truncate=6.0)
    return 0.5 * (edges[1:] + edges[:-1]), density / (len(found) * bin_width)


def density_table(emap: EdgeMap, labels: npt.ArrayLike) -> Any:
    """Tabulate the kernel density of the edge energies of every particle on one axis of energies.

    Parameters
    ----------
    emap : EdgeMap
    labels : (z, y, x) int
        0 is background.

    Returns
    -------
    pandas.DataFrame
        A row an energy: ``energy_eV`` and per eV ``particle_1, particle_2, …`` by label; 0 where a particle has no voxel near,
        NaN throughout where it has fewer than two different edge energies. No rows where no particle has more.

    Raises
    ------
    DataError
        If there is no map, or the labels do not fit it.
    """
    import pandas as pd

    energy = energies_of(emap, "density_table")
    label = fitting_labels(labels, energy)
    curves = {k: kernel_density(energy[box][label[box] == k]) for k, box in particle_boxes(label).items()}
    known = [at for at, _ in curves.values() if len(at)]
    axis = np.linspace(min(at[0] for at in known), max(at[-1] for at in known), _POINTS) if known else np.empty(0)
    columns = {"energy_eV": axis}
    for k, (at, density) in curves.items():
        unknown = np.full(len(axis), np.nan)
        columns[f"particle_{k}"] = np.interp(axis, at, density, left=0, right=0) if len(at) else unknown
    return pd.DataFrame(columns)
