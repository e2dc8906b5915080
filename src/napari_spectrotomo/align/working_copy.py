"""A small copy of a tomogram's views, in which shifts are looked for: binned, upright, free of what varies slowly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from ..data import FloatArray
from ..errors import ReconstructionError
from ..threads import in_threads

Float32 = npt.NDArray[np.float32]
FEWEST_ROWS = 8
"""Fewer binned rows tell nothing of vertical shifts."""
_ROWS = 32
"""As many rows as are looked at where vertical shifts are not looked for."""


_FINE, _COARSE = 1.0, 8.0
"""Sizes (pixels) between which views are compared."""


@dataclass(frozen=True, slots=True)
class WorkingCopy:
    """Views in which shifts are looked for.

    Attributes
    ----------
    views : (A, r, c) float32
        Optical density, binned, with the rotation axis upright.
    detail : (A, r, c) float32
        What is neither noise nor slow in them.
    angles : (A,), degrees
    center : float
        Column of the rotation axis in the binned views.
    factor : int
        Pixels of the detector that make one binned pixel.
    tilt : float
        By which the axis was tilted before, degrees.
    vertical : bool
        Whether there are rows enough to tell vertical shifts.
    """

    views: Float32
    detail: Float32
    angles: FloatArray
    center: float
    factor: int
    tilt: float
    vertical: bool

    def on_detector(self, shifts: FloatArray) -> FloatArray:
        """Give shifts (A, 2) of binned upright views as those of the detector's pixels."""
        return self.factor * shifts @ _turn(self.tilt).T

    def in_copy(self, shifts: FloatArray) -> FloatArray:
        """Give shifts (A, 2) of the detector's pixels as those of binned upright views."""
        return shifts @ _turn(self.tilt) / self.factor


def working_copy(
    projections: npt.NDArray[np.floating], angles: FloatArray, center: float, tilt: float, columns: int
) -> WorkingCopy:
    """Make the copy with at most `columns` columns, by averaging squares of pixels.

    Raises
    ------
    ReconstructionError
        If optical densities are no numbers.
    """
    rows, wide = projections.shape[1:]
    factor = max(1, -(-wide // columns))
    vertical = rows // factor >= FEWEST_ROWS
    tall = factor if vertical else 1
    chosen = np.arange(rows // tall * tall)
    if not vertical:
        chosen = np.unique(np.linspace(0, rows - 1, min(rows, _ROWS)).astype(int))
    views = np.empty((len(projections), len(chosen) // tall, wide // factor), np.float32)
    for view, small in zip(projections, views, strict=True):
        part = np.asarray(view, np.float32)[chosen, : wide // factor * factor]
        small[:] = part.reshape(small.shape[0], tall, small.shape[1], factor).mean((1, 3))
    if not np.isfinite(views).all():
        raise ReconstructionError("Some optical densities are no numbers: correct the scan, which fills bad pixels.")
    binned = (center - (factor - 1) / 2) / factor
    views = _upright(views, binned, tilt)
    fine = np.stack(in_threads(detail, list(views)))
    return WorkingCopy(views, fine, np.asarray(angles), binned, factor, tilt, vertical)


def detail(image: Float32) -> Float32:
    """Give of an image (r, c) what is between two sizes: neither noise nor what varies slowly."""
    smooth = ndi.gaussian_filter(image, _FINE, mode="nearest")
    return smooth - ndi.gaussian_filter(image, _COARSE, mode="nearest")


def _turn(tilt: float) -> FloatArray:
    """Matrix from (row, column) of upright views to those of the detector."""
    t = np.deg2rad(tilt)
    return np.array([[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]])


def _upright(views: Float32, center: float, tilt: float) -> Float32:
    if abs(tilt) < 1e-3 or views.shape[1] < 2:
        return views
    turn, pivot = _turn(tilt), np.array([(views.shape[1] - 1) / 2, center])
    for view in views:
        view[:] = ndi.affine_transform(view, turn, pivot - turn @ pivot, order=3, mode="nearest")
    return views
