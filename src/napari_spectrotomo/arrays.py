"""The arrays of a scan, each in the form it flows in, and checked to belong together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from reprlib import repr as brief
from typing import Any

import dask.array as da
import numpy as np
import numpy.typing as npt

from .errors import DataError, SpectrotomoError

FloatArray = npt.NDArray[np.floating]
LOWEST_ENERGY = 100.0
"""Energies (eV) that are all below it were meant in keV."""


def as_array(values: Any, what: str, error: type[SpectrotomoError] = DataError) -> Any:
    """Give an array of numbers: what is one already (NumPy, dask, h5py, zarr) as it is, lists as NumPy, masked as NaN.

    Parameters
    ----------
    values : array, or nested lists of numbers
    what : str
        What a message calls them, in the plural.
    error : type
        What is raised if they are no numbers.
    """
    array = values
    if isinstance(values, np.ma.MaskedArray):
        array = np.ma.filled(values.astype(np.float64), np.nan) if np.ma.is_masked(values) else np.ma.getdata(values)
    elif not (hasattr(values, "ndim") and isinstance(getattr(values, "dtype", None), np.dtype)):
        try:
            array = np.asarray(values)
        except ValueError as ragged:
            raise error(f"The {what} are lists of different lengths, which make no array: {brief(values)}.") from ragged
    if np.dtype(array.dtype).kind not in "biuf":
        raise error(f"The {what} must be numbers; found {brief(values)}.")
    return array


def as_numbers(values: Any, what: str, error: type[SpectrotomoError] = DataError) -> npt.NDArray[np.float64]:
    """Give numbers, in an array or in lists, as float64; `error` is raised with a sentence if they are none."""
    return np.asarray(as_array(values, what, error), np.float64)


def as_metadata(values: Any) -> dict[str, Any]:
    """Give metadata, a mapping or None, as a dict of its own."""
    if not isinstance(values, Mapping | None):
        raise DataError(f"Metadata are a dict by name; found {brief(values)}.")
    return dict(values or {})


def as_region(values: Any, what: str = "voxels of the mask") -> npt.NDArray[np.bool_]:
    """Give a mask as bool, True where it is neither 0 nor NaN."""
    array = np.asarray(as_array(values, what))
    return array if array.dtype == bool else (array != 0) & ~np.isnan(array)


def as_labels(values: Any) -> npt.NDArray[Any]:
    """Give labels of particles, whole numbers from 0 (background)."""
    array = np.asarray(as_array(values, "labels"))
    if array.dtype.kind == "f" and np.all(np.isfinite(array) & (array == np.floor(array))):
        array = array.astype(np.int64)
    if array.dtype.kind == "f" or (array.dtype.kind == "i" and array.size and array.min() < 0):
        raise DataError(
            "Labels are whole numbers from 0 (background) up: give those of label_particles or load_labels."
        )
    return array.astype(np.uint8) if array.dtype == bool else array


def as_energies(values: Any, error: type[SpectrotomoError] = DataError) -> FloatArray:
    """Give energies (E,) in eV, in the order given; `error` is raised if they cannot be, or were meant in keV."""
    energy = np.atleast_1d(as_numbers(values, "energies", error))
    if energy.ndim != 1:
        raise error(f"Energies are one list of numbers; found an array of shape {energy.shape}.")
    wrong = energy[~(np.isfinite(energy) & (energy > 0))]
    if len(wrong):
        raise error(f"The energies must be positive numbers in eV; found {wrong[0]:g}.")
    if len(energy) and energy.max() < LOWEST_ENERGY:
        raise error(f"The energies, up to {energy.max():g}, look like keV: give them in eV.")
    return energy


def as_voxel_size(values: Any, error: type[SpectrotomoError] = DataError) -> FloatArray | None:
    """Give a voxel size (3,) in nm from one number or three along (z, y, x); None stays None."""
    if values is None:
        return None
    size = as_numbers(values, "voxel sizes", error)
    if size.shape not in ((), (1,), (3,)) or not np.all(np.isfinite(size) & (size > 0)):
        raise error(
            f"A voxel size is one positive number of nm, or three along (z, y, x); found {brief(np.asarray(values).tolist())}."
        )
    return np.broadcast_to(size, (3,)).copy()


def as_projections(projections: Any, what: str = "projections") -> da.Array:
    """Give projections as a dask array (angle, row, column); one view may come without its first axis."""
    array = as_array(projections, what)
    if array.ndim not in (2, 3):
        raise DataError(f"{what.capitalize()} have three axes (angle, row, column); found {array.ndim}.")
    lazy = array if isinstance(array, da.Array) else da.from_array(array, chunks=array.shape)
    return lazy[None] if lazy.ndim == 2 else lazy


def as_frames(frames: Any, projections: da.Array, what: str) -> da.Array:
    """Give flats or darks as a dask array (frame, row, column), of length 0 where there are none."""
    if frames is None:
        return da.zeros((0, *projections.shape[1:]), dtype=projections.dtype, chunks=-1)
    return as_projections(frames, what)


def sets_by_energy(values: Any, n: int, what: str) -> list[Any]:
    """Give one set an energy, in the order given; None each where there are none."""
    if values is None:
        return [None] * n
    if isinstance(values, str | bytes | dict) or not (isinstance(values, Sequence) or getattr(values, "ndim", 0) > 0):
        raise DataError(f"The {what} are a list with one array an energy; found {brief(values)}.")
    if len(values) == 0 and n > 0 and what != "projections":
        return [None] * n
    if len(values) != n:
        raise DataError(f"{len(values)} sets of {what} do not fit {n} energies: give one set an energy.")
    return [values[e] for e in range(n)]


def angles_by_energy(angles: Any, n: int, error: type[SpectrotomoError] = DataError) -> list[FloatArray]:
    """Give one array of angles an energy, from one for all or one each."""
    first = angles[0] if isinstance(angles, list | tuple) and len(angles) else None
    if not (isinstance(first, list | tuple) or getattr(first, "ndim", 0) > 0):
        angles = as_numbers(angles, "angles", error)
        if angles.ndim < 2:
            return [np.atleast_1d(angles)] * n
    if len(angles) != n:
        raise error(f"{len(angles)} lists of angles do not fit {n} energies: give one list for all, or one an energy.")
    found: list[FloatArray] = [np.atleast_1d(as_numbers(a, "angles", error)) for a in angles]
    if any(a.ndim > 1 for a in found):
        raise error("Angles are one list for all energies, or one list an energy; these lists are nested deeper.")
    return found


def positions_by_energy(positions: Any, flats: Sequence[da.Array]) -> list[npt.NDArray[np.int64]] | None:
    """Give how many projections were taken before each flat, (F_e,) an energy; None when unknown."""
    if positions is None:
        return None
    sets = sets_by_energy(positions, len(flats), "flat positions")
    found = [np.atleast_1d(as_numbers([] if p is None else p, "flat positions")) for p in sets]
    if any(p.shape != (len(f),) for p, f in zip(found, flats, strict=True)):
        raise DataError("Give one position for every flat, or none at all.")
    if not all(np.all((p >= 0) & (p % 1 == 0)) for p in found):
        raise DataError("The position of a flat is how many projections were taken before it: a whole number from 0.")
    return [p.astype(np.int64) for p in found]


def currents_by_energy(currents: Any, frames: Sequence[da.Array], what: str) -> list[FloatArray] | None:
    """Give the ring current during each frame, (F_e,) an energy, mA, from one number for all, one an energy or one a frame."""
    if currents is None:
        return None
    one = isinstance(currents, int | float | np.number)
    sets = [currents] * len(frames) if one else sets_by_energy(currents, len(frames), what)
    found: list[FloatArray] = []
    for values, shown in zip(sets, frames, strict=True):
        numbers = as_numbers(np.nan if values is None else values, what)
        if numbers.shape not in ((), (len(shown),)):
            raise DataError(
                f"{numbers.size} {what} do not fit {len(shown)} frames: give one an energy, or one a frame."
            )
        found.append(np.broadcast_to(numbers, (len(shown),)).copy())
    return found


def check_tomogram(energy: float, views: da.Array, angles: FloatArray, flats: da.Array, darks: da.Array) -> None:
    """Raise `DataError` where projections, angles, flats and darks of one energy do not fit together."""
    at = f"At {energy:g} eV"
    if len(views) == 0:
        raise DataError(f"{at} there are no projections.")
    if len(angles) != len(views):
        raise DataError(
            f"{at} there are {len(angles)} angles for {len(views)} projections: give one angle a projection."
        )
    if not np.all(np.isfinite(angles)):
        raise DataError(f"{at} the angle of projection {int(np.flatnonzero(~np.isfinite(angles))[0])} is not a number.")
    for name, frames in (("flats", flats), ("darks", darks)):
        if frames.shape[1:] != views.shape[1:]:
            raise DataError(
                f"{at} {name} have {frames.shape[1]} x {frames.shape[2]} pixels and projections {views.shape[1]} x "
                f"{views.shape[2]}: give {name} taken with the same detector settings."
            )


def values_by_energy(values: Any, what: str, order: npt.NDArray[np.int64], positive: bool = True) -> FloatArray | None:
    """Give one value an energy, in ascending order of energy, from one for all or one each."""
    if values is None:
        return None
    array = as_numbers(values, what)
    if array.ndim == 0:
        array = np.full(len(order), float(array))
    if array.shape != (len(order),):
        raise DataError(f"{array.size} {what} do not fit {len(order)} energies: give one for all, or one an energy.")
    if positive and not np.all(np.isfinite(array) & (array > 0)):
        raise DataError(f"The {what} must be positive numbers.")
    return array[order]


def as_stack(volumes: Any) -> da.Array:
    """Give volumes, one array or one each, as one lazy array, an energy a chunk where they are not lazy yet."""
    if not isinstance(volumes, list | tuple):
        array = as_array(volumes, "volumes")
        if isinstance(array, da.Array):
            return array
        return da.from_array(array, chunks=(1, *array.shape[1:]) if array.ndim else ())
    if not volumes:
        raise DataError("A stack has one volume or more; none was given.")
    arrays = [as_array(v, "volumes") for v in volumes]
    if len({a.shape for a in arrays}) > 1:
        raise DataError(f"Volumes of one stack have one shape; found {sorted({tuple(a.shape) for a in arrays})}.")
    return da.stack([a if isinstance(a, da.Array) else da.from_array(a, chunks=a.shape) for a in arrays])
