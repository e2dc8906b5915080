"""The few rows of all views that one slice is made of, with the geometry that belongs to them."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ...data import FloatArray
from ...preprocess import CorrectParameters, remove_stripes
from ...reconstruct import ReconstructParameters, choose_filter, reconstruct_volume
from .look import Look

Float32 = npt.NDArray[np.float32]
_STILL, _SPARE = 1, 18
"""Rows beyond those seen, where slices are rows and where what lies between rows is taken from a cubic spline down each column."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows of the views about one slice, as a small tomogram of their own.

    Attributes
    ----------
    views : (A, r, C) float32
        A copy.
    index : int
        Of the slice among the slices of the small tomogram.
    center : float
        Column of the axis in its middle row.
    shifts : (A, 2) or None
    """

    views: Float32
    index: int
    center: float
    shifts: FloatArray | None


def rows_of(look: Look, row: int) -> Rows:
    """Cut out what slice `row` of the volume is made of.

    The slice at height z of the whole is that at z' of the cut: what differs, `offset`, moves images by
    ``m offset cos t`` rows and ``m offset sin t`` columns (`Geometry`), which the shifts and the axis take up.
    """
    density = look.corrected.optical_density
    count, columns = density.shape[1:]
    sine, cosine = np.sin(np.deg2rad(look.tilt)), np.cos(np.deg2rad(look.tilt))
    middle = (count - 1) / 2
    imaged = middle + look.magnification * (row - middle) * cosine
    moved = 0.0 if look.shifts is None else float(np.abs(look.shifts[:, 0]).max())
    still = look.magnification == 1 and look.tilt == 0 and look.shifts is None
    reach = int(np.ceil(moved + look.magnification * columns * abs(sine))) + (_STILL if still else _SPARE)
    low, high = max(0, round(imaged) - reach), min(count, round(imaged) + reach + 1)
    within = (high - low - 1) / 2
    index = int(np.clip(round(imaged) - low, 0, high - low - 1))
    offset = (row - middle) - (index - within)
    down = middle - low - within + look.magnification * offset * cosine
    shifts = look.shifts
    if shifts is not None or abs(down) > 1e-9:
        shifts = (np.zeros((len(density), 2)) if shifts is None else shifts) + [down, 0.0]
    return Rows(density[:, low:high].copy(), index, look.center + look.magnification * offset * sine, shifts)


def without_stripes(rows: Rows, look: Look, parameters: CorrectParameters, abort: threading.Event) -> Rows:
    """Take the stripes out of a copy of the rows."""
    views = rows.views.copy()
    remove_stripes(views, look.corrected.angles, parameters, abort)
    return replace(rows, views=views)


def with_filter(parameters: ReconstructParameters, look: Look) -> ReconstructParameters:
    """Choose the filter 'auto' by the noise of whole views: a few rows may show none."""
    density = look.corrected.optical_density
    return replace(parameters, filter=choose_filter(parameters.filter, density[len(density) // 2]))


def reconstruct_slice(rows: Rows, look: Look, parameters: ReconstructParameters, abort: threading.Event) -> Float32:
    """Reconstruct one slice, (y, x), the part of it that the region leaves."""
    size = rows.views.shape[2]
    across = (0, size, 0, size) if parameters.region is None else parameters.region[2:]
    one = replace(with_filter(parameters, look), region=(rows.index, rows.index + 1, *across))
    volume = reconstruct_volume(
        rows.views,
        look.corrected.angles,
        rows.center,
        look.magnification,
        look.pixel_size,
        one,
        abort,
        tilt=look.tilt,
        shifts=rows.shifts,
    )
    return np.asarray(volume[0], np.float32)
