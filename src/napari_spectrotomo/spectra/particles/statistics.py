"""What the edge energies of every particle are: where they lie, how they spread, and how much of that is measurement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ...arrays import as_labels
from ...data import OPTICAL_DENSITY, FloatArray
from .boxes import energies_of, fitting_labels, particle_boxes
from .density import kernel_density
from .heterogeneity import intrinsic_spread

if TYPE_CHECKING:
    from ..edge.edge_map import EdgeMap

MOMENTS = ["mean_eV", "median_eV", "std_eV", "fwhm_eV", "skewness"]
"""What is told of the edge energies of a particle."""
TRUST = ["undefined", "error_eV", "heterogeneity_eV"]
"""How far to trust it."""


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
        there are too few. A particle in an image (2-D XANES) has no volume but an area, ``area_um2``. Then ``undefined``, the
        share of its voxels without an edge energy, ``error_eV``, the median of the error map, and ``heterogeneity_eV``, the
        spread beyond what the errors account for (`intrinsic_spread`).

    Raises
    ------
    DataError
        If there is no map, or the labels do not fit it.
    """
    import pandas as pd

    energy = energies_of(emap, "particle_statistics")
    label = fitting_labels(labels, energy)
    sizes = particle_sizes(label, emap.voxel_size, image=emap.attenuation_unit == OPTICAL_DENSITY)
    rows = []
    for k, box in particle_boxes(label).items():
        inside = label[box] == k
        rows.append(_told(energy[box][inside].astype(np.float64), emap.error[box][inside].astype(np.float64)))
    return sizes.assign(**pd.DataFrame(rows, columns=[*MOMENTS, *TRUST]))


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

    label, voxels = _counted(as_labels(labels))
    size = np.full(3, np.nan) if voxel_size is None else np.asarray(voxel_size, np.float64) / 1000
    found = pd.DataFrame({"label": label.astype(np.int64), "voxels": voxels})[label > 0].reset_index(drop=True)
    found["volume_um3"] = np.nan if image else found["voxels"] * float(np.prod(size))
    if image:
        found["area_um2"] = found["voxels"] * float(np.prod(size[1:]))
    return found.assign(**dict.fromkeys([*MOMENTS, *TRUST], np.nan))


def _counted(labels: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
    """Give the numbers there are, ascending, and the voxels of each; sorted slice by slice."""
    by_slice = [np.unique(plane, return_counts=True) for plane in labels]
    names = np.unique(np.concatenate([found for found, _ in by_slice]))
    voxels = np.zeros(len(names), np.int64)
    for found, count in by_slice:
        voxels[np.searchsorted(names, found)] += count
    return names, voxels


def _told(values: FloatArray, errors: FloatArray) -> dict[str, float]:
    known = np.isfinite(values)
    judged = errors[known & np.isfinite(errors)]
    return _moments(values) | {
        "undefined": float(1 - known.mean()),
        "error_eV": float(np.median(judged)) if len(judged) else np.nan,
        "heterogeneity_eV": intrinsic_spread(values, errors),
    }


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
