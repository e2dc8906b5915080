"""A moving volume made ready for interpolation: what is unknown set aside, and the coefficients of its cubic spline."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import numpy.typing as npt

from ...progress import raise_if_aborted
from ...threads import in_threads

Float32 = npt.NDArray[np.float32]
Unknown = npt.NDArray[np.uint8]


def grey_values(volume: npt.NDArray[Any]) -> tuple[Float32, Unknown]:
    """Give a volume as float32 with what is unknown filled, for linear interpolation.

    Parameters
    ----------
    volume : (z, y, x)
        Unknown where it is not finite.

    Returns
    -------
    grey : (z, y, x) float32
        The volume itself where nothing need be changed.
    unknown : (z, y, x) uint8
        1 where it is; of length 0 where all is known.
    """
    grey = np.ascontiguousarray(volume, np.float32)
    if all(np.isfinite(plane).all() for plane in grey):
        return grey, np.zeros((0, 0, 0), np.uint8)
    grey = grey.copy() if np.shares_memory(grey, volume) else grey
    return grey, _filled(grey)


def spline_coefficients(volume: npt.NDArray[Any], abort: threading.Event | None) -> tuple[Float32, Unknown]:
    """Give the coefficients of a volume's cubic spline; beside the volume they are all the memory that is used.

    Parameters
    ----------
    volume : (z, y, x)
        Unknown where it is not finite.
    abort : Event or None

    Returns
    -------
    coefficients : float32, (z + 3, y + 3, x + 3)
        One mirrored coefficient in front and two behind along each axis, as `spline.cubic_row` takes them.
    unknown : (z, y, x) uint8
        1 where it is; of length 0 where all is known.

    Raises
    ------
    Aborted
        If `abort` was set.
    """
    from .spline import AFTER, BEFORE, filter_first_axis, filter_slice

    nz, ny, nx = volume.shape
    padded = np.zeros([n + BEFORE + AFTER for n in volume.shape], np.float32)
    grey = padded[BEFORE : BEFORE + nz, BEFORE : BEFORE + ny, BEFORE : BEFORE + nx]

    def take(z: int) -> bool:
        raise_if_aborted(abort)
        grey[z] = volume[z]
        return bool(np.isfinite(grey[z]).all())

    def along_z(first: int) -> None:
        raise_if_aborted(abort)
        filter_first_axis(padded, first, min(first + 8, BEFORE + ny))

    def along_y_and_x(z: int) -> None:
        raise_if_aborted(abort)
        filter_slice(padded[z])

    known = all(in_threads(take, range(nz)))
    unknown = np.zeros((0, 0, 0), np.uint8) if known else _filled(grey)
    in_threads(along_z, range(BEFORE, BEFORE + ny, 8))
    in_threads(along_y_and_x, range(len(padded)))
    return padded, unknown


def _filled(grey: Float32) -> Unknown:
    """Fill what is unknown from what is known nearby, in place, and give where it was (1); all zero where nothing is known."""
    from .spline import fill_unknown

    unknown = np.empty(grey.shape, np.uint8)

    def fill(z: int) -> bool:
        unknown[z] = ~np.isfinite(grey[z])
        return bool(fill_unknown(grey[z]))

    slices = np.flatnonzero(in_threads(fill, range(len(grey))))
    for z in range(len(grey)) if len(slices) else ():
        nearest = slices[np.argmin(np.abs(slices - z))]
        if nearest != z and unknown[z].all():
            grey[z] = grey[nearest]
    return unknown
