"""Mean spectra of regions, with their standard errors: a picked one, or every one of a label image."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from ...arrays import as_array, as_energies, as_labels, as_region
from ...data import EnergyStack, FloatArray
from ...errors import DataError
from ...progress import raise_if_aborted
from .boxes import Box, around, numbers_of

HELD = 1 << 28
"""Bytes of the regions' box read at a time."""
_SMALL = 1 << 20
"""Values of a region that are looked at together."""


def roi_spectrum(
    stack: EnergyStack | npt.ArrayLike, mask: npt.ArrayLike, *, abort: threading.Event | None = None
) -> tuple[FloatArray, FloatArray, npt.NDArray[np.int64]]:
    """Mean spectrum of a region; only the box about it is read, a piece at a time where it is large.

    Parameters
    ----------
    stack : EnergyStack or (E, z, y, x) array, lazy or not
    mask : (z, y, x)
        The region, where true or not zero.
    abort
        Stops the work between pieces.

    Returns
    -------
    mean : (E,) float64
        NaN left out; NaN at an energy without any value.
    standard_error : (E,) float64
        Standard deviation over the square root of the count; NaN for fewer than two values. It takes voxels for independent,
        which neighbours are not quite (`spatial_correlation`).
    count : (E,) int64

    Raises
    ------
    DataError
        If the stack is not 4-D, or the mask does not fit or is empty.
    """
    data = data_of(stack)
    where = as_region(mask)
    check_fit(where, data, "A region")
    if not where.any():
        raise DataError("The region holds no voxel: draw it over the volume, or make it larger.")
    mean, error, count = _moments(data, where.astype(np.uint8), [1], abort)
    return mean[:, 0], error[:, 0], count[:, 0]


def region_spectra(
    stack: EnergyStack | npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    energies: npt.ArrayLike | None = None,
    abort: threading.Event | None = None,
) -> Any:
    """Tabulate the mean spectra of all regions of a label image, such as a Labels layer, with standard errors and counts.

    Parameters
    ----------
    stack : EnergyStack or (E, z, y, x) array, lazy or not
        Raw or registered; read in one pass, a piece at a time, and only in the box about the regions.
    labels : (z, y, x) int
        0 is outside; labels need not follow each other.
    energies : (E,), eV
        Needed where `stack` is an array.
    abort
        Stops the work between pieces.

    Returns
    -------
    pandas.DataFrame
        A row an energy: ``energy_eV, region_1_mean, region_1_standard_error, region_1_count, region_2_mean, …`` by label, as
        `roi_spectrum` gives them.

    Raises
    ------
    DataError
        If the stack is not 4-D, labels or energies do not fit it, or there is no region.
    """
    import pandas as pd

    data, label = data_of(stack), as_labels(labels)
    check_fit(label, data, "A label image")
    energy = stack.energies if isinstance(stack, EnergyStack) and energies is None else energies
    if energy is None:
        raise DataError("An array has no energies of its own: give them, energies=… in eV.")
    energy = as_energies(energy)
    if len(energy) != data.shape[0]:
        raise DataError(f"{len(energy)} energies do not fit a stack of {data.shape[0]}: give one a volume.")
    present = numbers_of(label)
    if not present:
        raise DataError("There is no region: the labels are 0 everywhere. Draw one over the volume.")
    columns: dict[str, npt.NDArray[Any]] = {"energy_eV": energy}
    mean, error, count = _moments(data, label, present, abort)
    for i, k in enumerate(present):
        columns |= {
            f"region_{k}_mean": mean[:, i],
            f"region_{k}_standard_error": error[:, i],
            f"region_{k}_count": count[:, i],
        }
    return pd.DataFrame(columns)


def data_of(stack: EnergyStack | npt.ArrayLike) -> Any:
    """Give the array (E, z, y, x) of a stack.

    Raises
    ------
    DataError
        If it is not 4-D.
    """
    data: Any = stack.data if isinstance(stack, EnergyStack) else as_array(stack, "volumes")
    if data.ndim != 4:
        raise DataError(f"A stack has four axes (energy, z, y, x); found {data.ndim}.")
    return data


def check_fit(where: npt.NDArray[Any], data: Any, what: str) -> None:
    """Raise DataError where a region does not fit the volumes of `data`."""
    if where.shape != tuple(data.shape[1:]):
        raise DataError(f"{what} of shape {where.shape} does not fit volumes of shape {tuple(data.shape[1:])}.")


def _moments(
    data: Any, label: npt.NDArray[Any], present: list[int], abort: threading.Event | None
) -> tuple[FloatArray, FloatArray, npt.NDArray[np.int64]]:
    """Give mean, standard error and count (E, P) of the finite values in each label.

    Pieces are joined by their counts, means and squared deviations (Chan, Golub and LeVeque 1983), which loses no digits.
    """
    n, p = data.shape[0], len(present)
    mean, squares, count = np.zeros((n, p)), np.zeros((n, p)), np.zeros((n, p))
    for together, part in _pieces(n, around(label > 0)):
        raise_if_aborted(abort)
        inside = label[part] > 0
        if not inside.any():
            continue
        which = np.searchsorted(present, label[part][inside])
        values = np.asarray(data[(together, *part)])[:, inside]
        for e, new, level, apart in _of_each(values, which, together.start, p):
            both = np.maximum(count[e] + new, 1)
            squares[e] += apart + (level - mean[e]) ** 2 * count[e] * new / both
            mean[e] += (level - mean[e]) * new / both
            count[e] += new
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.where(count > 1, np.sqrt(squares / (count - 1) / count), np.nan)
    return np.where(count > 0, mean, np.nan), error, count.astype(np.int64)


def _of_each(
    values: npt.NDArray[Any], which: npt.NDArray[np.int64], first: int, p: int
) -> Iterator[tuple[int | slice, FloatArray, FloatArray, FloatArray]]:
    """Give count, mean and sum of squared deviations (P,) in each label of the values (E, N), energy by energy.

    Of one small region all energies come at once, (E, 1): it may be dragged about, and its spectrum is to follow.
    """
    if p == 1 and values.size <= _SMALL:
        known = np.isfinite(values)
        found = np.where(known, values, 0.0).astype(np.float64)
        new = known.sum(axis=1, keepdims=True).astype(np.float64)
        level = found.sum(axis=1, keepdims=True) / np.maximum(new, 1)
        apart = np.where(known, found - level, 0.0)
        yield slice(first, first + len(values)), new, level, np.square(apart).sum(axis=1, keepdims=True)
        return
    for e, volume in enumerate(values, first):
        known = np.isfinite(volume)
        of, found = which[known], volume[known].astype(np.float64)
        new = np.bincount(of, minlength=p).astype(np.float64)
        level = np.bincount(of, found, p) / np.maximum(new, 1)
        yield e, new, level, np.bincount(of, (found - level[of]) ** 2, p).astype(np.float64)


def _pieces(n: int, box: Box) -> list[tuple[slice, Box]]:
    """Cut a box at n energies into pieces that fit into memory: some energies of all of it, or some slices at one energy."""
    z, y, x = box
    slice_bytes = 4 * (y.stop - y.start) * (x.stop - x.start)
    deep = max(1, min(z.stop - z.start, HELD // slice_bytes))
    many = max(1, HELD // (slice_bytes * deep)) if deep == z.stop - z.start else 1
    return [
        (slice(e, min(n, e + many)), (slice(start, min(z.stop, start + deep)), y, x))
        for e in range(0, n, many)
        for start in range(z.start, z.stop, deep)
    ]
