"""The arrays of a scan, each in the form it flows in, and checked to belong together."""

from __future__ import annotations

from typing import Any

import dask.array as da
import numpy as np
import numpy.typing as npt

from .errors import DataError

FloatArray = npt.NDArray[np.floating]


def as_projections(projections: Any) -> da.Array:
    """Give projections as a dask array (angle, row, column); one view may come without its first axis."""
    if projections.ndim == 2:
        projections = projections[None]
    if projections.ndim != 3:
        raise DataError(f"Projections have three axes (angle, row, column); found {projections.ndim}.")
    return projections if isinstance(projections, da.Array) else da.from_array(projections, chunks=projections.shape)


def as_frames(frames: Any, projections: da.Array) -> da.Array:
    """Give flats or darks as a dask array (frame, row, column), of length 0 where there are none."""
    if frames is None:
        return da.zeros((0, *projections.shape[1:]), dtype=projections.dtype, chunks=-1)
    return as_projections(frames)


def angles_by_energy(angles: Any, n: int) -> list[FloatArray]:
    """Give one array of angles an energy, from one for all or one each."""
    per_energy = len(angles) > 0 and np.ndim(angles[0]) > 0
    if per_energy and len(angles) != n:
        raise DataError(
            f"{len(angles)} lists of angles do not fit {n} energies: give one list for all, or one an energy."
        )
    return [np.atleast_1d(np.asarray(a, np.float64)) for a in (angles if per_energy else [angles] * n)]


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
    array = np.asarray(values, np.float64)
    if array.ndim == 0:
        array = np.full(len(order), float(array))
    if array.shape != (len(order),):
        raise DataError(f"{array.size} {what} do not fit {len(order)} energies.")
    if positive and not np.all(np.isfinite(array) & (array > 0)):
        raise DataError(f"The {what} must be positive numbers.")
    return array[order]
