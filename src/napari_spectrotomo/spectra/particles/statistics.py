"""The distribution of edge energies in every particle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ...arrays import as_labels, as_numbers
from ...data import OPTICAL_DENSITY, FloatArray
from ...errors import DataError

if TYPE_CHECKING:
    from ..edge.edge_map import EdgeMap

_PER_BANDWIDTH = 16
MOMENTS = ["mean_eV", "median_eV", "std_eV", "fwhm_eV", "skewness"]
"""What is told of the edge energies of a particle."""


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
        Empty where there are fewer than two different values.
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
    bins = int(np.clip((stop - start) / width * _PER_BANDWIDTH, 64, 200_000))
    counts, edges = np.histogram(found, bins, (start, stop))
    bin_width = edges[1] - edges[0]
    density = gaussian_filter1d(counts.astype(np.float64), width / bin_width, mode="constant", truncate=6.0)
    return 0.5 * (edges[1:] + edges[:-1]), density / (len(found) * bin_width)


def particle_statistics(emap: EdgeMap, labels: npt.ArrayLike) -> Any:
    """Statistics of the edge energies in every particle.

    Parameters
    ----------
    emap : EdgeMap
    labels : (z, y, x) int
        0 is background.

    Returns
    -------
    pandas.DataFrame
        A row a particle: ``label``, ``voxels`` (all of the particle), ``volume_um3`` (NaN when the voxel size is unknown), and of
        its defined edge energies ``mean_eV, median_eV, std_eV, fwhm_eV`` (of the kernel density) and ``skewness``; NaN where
        there are too few. A particle in an image (2-D XANES) has no volume but an area, ``area_um2``.

    Raises
    ------
    DataError
        If there is no map, or the labels do not fit it.
    """
    import pandas as pd

    if not hasattr(emap, "energy"):
        raise DataError(f"particle_statistics takes the EdgeMap that edge_energy gives, not {type(emap).__name__}.")
    label = as_labels(labels)
    if label.shape != emap.energy.shape:
        raise DataError(
            f"Labels of shape {label.shape} do not fit a map of shape {emap.energy.shape}: give those of the fixed volume."
        )
    sizes = particle_sizes(label, emap.voxel_size, image=emap.attenuation_unit == OPTICAL_DENSITY)
    where = np.flatnonzero(label)
    which, energy = label.ravel()[where], emap.energy.ravel()[where].astype(np.float64)
    order = np.argsort(which, kind="stable")
    ends = np.cumsum(sizes["voxels"])[:-1]
    groups = np.split(energy[order], ends) if len(sizes) else []
    return sizes.assign(**pd.DataFrame([_moments(values) for values in groups], columns=MOMENTS))


def particle_sizes(labels: npt.ArrayLike, voxel_size: FloatArray | None, *, image: bool = False) -> Any:
    """Sizes of particles.

    Parameters
    ----------
    labels : (z, y, x) int
        0 is background.
    voxel_size : (3,), nm, or None when unknown
    image : bool
        Whether they are of an image, (1, row, column).

    Returns
    -------
    pandas.DataFrame
        A row a particle: ``label``, ``voxels``, ``volume_um3`` (NaN when unknown, as of an image), of an image ``area_um2``, and
        the columns of `particle_statistics` that are of edge energies, NaN.
    """
    import pandas as pd

    label, voxels = np.unique(as_labels(labels), return_counts=True)
    size = np.full(3, np.nan) if voxel_size is None else np.asarray(voxel_size, np.float64) / 1000
    found = pd.DataFrame({"label": label.astype(np.int64), "voxels": voxels})[label > 0].reset_index(drop=True)
    found["volume_um3"] = np.nan if image else found["voxels"] * float(np.prod(size))
    if image:
        found["area_um2"] = found["voxels"] * float(np.prod(size[1:]))
    return found.assign(**dict.fromkeys(MOMENTS, np.nan))


def _moments(values: FloatArray) -> dict[str, float]:
    found = values[np.isfinite(values)]
    if not len(found):
        return dict.fromkeys(MOMENTS, np.nan)
    mean = found.mean()
    std = found.std(ddof=1) if len(found) > 1 else np.nan
    second, third = ((found - mean) ** 2).mean(), ((found - mean) ** 3).mean()
    return {
        "mean_eV": float(mean),
        "median_eV": float(np.median(found)),
        "std_eV": float(std),
        "fwhm_eV": _full_width(*kernel_density(found)),
        "skewness": float(third / second**1.5) if second > 0 else np.nan,
    }


def _full_width(energy: FloatArray, density: FloatArray) -> float:
    """Full width at half maximum of the highest peak, between the nearest half-way points on straight lines."""
    if not len(energy):
        return float("nan")
    top = int(np.argmax(density))
    half = density[top] / 2
    left = np.flatnonzero(density[:top] < half)[-1]
    right = top + np.flatnonzero(density[top:] < half)[0]
    start = np.interp(half, density[left : left + 2], energy[left : left + 2])
    stop = np.interp(half, density[right : right - 2 : -1], energy[right : right - 2 : -1])
    return float(stop - start)
