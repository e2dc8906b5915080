"""The normalised mean spectrum of a region, with the windows of the edge map."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ...arrays import as_energies, as_region
from ...data import EnergyStack, FloatArray
from ...errors import DataError
from ...progress import raise_if_aborted
from ..normalize.background import background
from ..normalize.like_map import windows_like_map
from ..normalize.normalization import FEWEST_ENERGIES
from ..parameters import SpectraParameters
from .boxes import Box, around
from .regions import HELD, check_fit, data_of


def normalized_roi_spectrum(
    stack: EnergyStack | npt.ArrayLike,
    mask: npt.ArrayLike,
    windows: Mapping[str, Any] | SpectraParameters | None = None,
    *,
    energies: npt.ArrayLike | None = None,
    energy_shift: float = 0.0,
    abort: threading.Event | None = None,
) -> tuple[FloatArray, FloatArray, npt.NDArray[np.int64]]:
    """Normalise (and flatten) the mean spectrum of a region as an edge map does its voxels.

    Parameters
    ----------
    stack : EnergyStack or (E, z, y, x) array, lazy or not
    mask : (z, y, x)
        The region, where true or not zero.
    windows : mapping, SpectraParameters or None
        `EdgeMap.windows`: e0, windows and order of that map. Parameters, or None for their defaults: those a map would take about
        the edge of the region's own mean.
    energies : (E,), eV, ascending
        Needed where `stack` is an array.
    energy_shift : float, eV
        Added to the energies, as for the map.
    abort
        Stops the work between pieces.

    Returns
    -------
    mean : (E,) float64
        0 before the edge, 1 behind it; NaN at energies without any value, and throughout where there is no edge step.
    standard_error : (E,) float64
        Of repeats of the region's choice of voxels: the scatter of the voxels about the mean's shape, over the square root of
        their count. That voxels differ in density alone does not count. NaN for fewer than two voxels; neighbours are not
        quite independent (`spatial_correlation`).
    count : (E,) int64
        Voxels that have a value at every energy that any of them has; only they count.

    Raises
    ------
    DataError
        If the stack is not 4-D, mask or energies do not fit, there are fewer than 4 energies, or none lies in a window.

    Notes
    -----
    With the mean m, its step s (a linear form of m) and the flattened spectrum f = F m / s, a voxel at m + d moves f by
    (F - f s) d / s to first order; the error is the root of the mean square of that.
    """
    data, where = data_of(stack), as_region(mask)
    check_fit(where, data, "A region")
    if not where.any():
        raise DataError("The region holds no voxel: draw it over the volume, or make it larger.")
    given = stack.energies if isinstance(stack, EnergyStack) and energies is None else energies
    if given is None:
        raise DataError("An array has no energies of its own: give them, energies=… in eV.")
    energy = as_energies(given) + energy_shift
    if len(energy) != data.shape[0] or np.any(np.diff(energy) <= 0):
        raise DataError(f"{len(energy)} energies do not fit a stack of {data.shape[0]}: give one a volume, ascending.")
    known = _known(data, where, abort)
    if known.sum() < FEWEST_ENERGIES:
        raise DataError(
            f"The region has values at {known.sum()} energies: at least {FEWEST_ENERGIES}, on both sides of the edge, are needed."
        )
    mean, scatter, n = _moments(data, where, known, abort)
    found, error, count = np.full(len(energy), np.nan), np.full(len(energy), np.nan), np.zeros(len(energy), np.int64)
    if n == 0:
        return found, error, count
    lines = background(energy[known], windows_like_map(energy[known], windows, mean))
    count[known] = n
    step = float(lines.step @ mean)
    if not step > 0:
        return found, error, count
    normal = lines.flattened @ mean / step
    found[known] = normal
    if n > 1:
        moved = (lines.flattened - np.outer(normal, lines.step)) / step
        variance = np.einsum("ij,jk,ik->i", moved, scatter, moved) / (n - 1) / n
        error[known] = np.sqrt(np.maximum(variance, 0.0))
    return found, error, count


def _values(data: Any, where: npt.NDArray[np.bool_], abort: threading.Event | None) -> Iterator[FloatArray]:
    """Read the region's voxels (E, N), all energies of some slices at a time."""
    z, y, x = around(where)
    slice_bytes = 4 * data.shape[0] * (y.stop - y.start) * (x.stop - x.start)
    deep = max(1, HELD // slice_bytes)
    for start in range(z.start, z.stop, deep):
        raise_if_aborted(abort)
        part: Box = (slice(start, min(z.stop, start + deep)), y, x)
        if where[part].any():
            yield np.asarray(data[(slice(None), *part)])[:, where[part]]


def _known(data: Any, where: npt.NDArray[np.bool_], abort: threading.Event | None) -> npt.NDArray[np.bool_]:
    """Give the energies (E,) at which any of the voxels has a value."""
    known = np.zeros(data.shape[0], bool)
    for values in _values(data, where, abort):
        known |= np.isfinite(values).any(axis=1)
    return known


def _moments(
    data: Any, where: npt.NDArray[np.bool_], known: npt.NDArray[np.bool_], abort: threading.Event | None
) -> tuple[FloatArray, FloatArray, int]:
    """Give mean (K,) and sums of products (K, K) about it of the whole voxels, and their number.

    Pieces are joined as in Chan, Golub and LeVeque (1983).
    """
    size = int(known.sum())
    mean, scatter, count = np.zeros(size), np.zeros((size, size)), 0
    for values in _values(data, where, abort):
        spectra = values[known].astype(np.float64)
        spectra = spectra[:, np.isfinite(spectra).all(axis=0)]
        new = spectra.shape[1]
        if not new:
            continue
        level = spectra.mean(axis=1)
        apart, between = spectra - level[:, None], level - mean
        scatter += apart @ apart.T + np.outer(between, between) * (count * new / (count + new))
        mean += between * (new / (count + new))
        count += new
    return mean, scatter, count
