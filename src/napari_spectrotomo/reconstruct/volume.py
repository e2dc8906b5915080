"""The volume of one energy, by the algorithm and the engine chosen."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from ..data import FloatArray
from ..errors import ReconstructionError
from .batched import filtered_back_projection
from .engines import back_project_by_slices, choose_engine
from .field_of_view import FieldOfView
from .geometry import Geometry, view_weights
from .iterative import iterated
from .noise import choose_filter
from .parameters import ReconstructParameters

Float32 = npt.NDArray[np.float32]
_D = ReconstructParameters()


def reconstruct_volume(
    projections: npt.NDArray[np.floating],
    angles: FloatArray,
    center: float,
    magnification: float = 1.0,
    pixel_size: float | None = None,
    parameters: ReconstructParameters = _D,
    abort: threading.Event | None = None,
    *,
    tilt: float = 0.0,
    shifts: FloatArray | None = None,
) -> Float32:
    """Reconstruct the volume of one energy, now.

    Parameters
    ----------
    projections : (A, R, C) array
        Optical density.
    angles : (A,), degrees
    center : float
        Column of the rotation axis in the middle row of the projections; 0 is the middle of column 0.
    magnification : float
        Size of the image relative to that at the fixed energy.
    pixel_size : float or None
        Of the fixed energy, nm.
    parameters : ReconstructParameters
        Of which axis, tilt and magnification are not looked at; the filter 'auto' goes by the noise of these projections.
    abort : threading.Event
        Looked at before each view, row of tiles, slice or iteration.
    tilt : float
        Of the axis in the plane of the detector, degrees (see `Geometry`).
    shifts : (A, 2) or None
        (row, column) in pixels by which each view's image lies displaced.

    Returns
    -------
    (R, C, C) float32, or the region's part of it
        Linear attenuation coefficient, 1/µm, or 1/voxel without a pixel size; 0 outside the circle the detector spans.

    Raises
    ------
    ReconstructionError
        If there are too few views, the axis is not on the detector, a pixel holds no number, or the engine cannot do what is
        asked.
    Aborted
        Once `abort` is set.
    """
    rows, columns = projections.shape[1:]
    volume = np.empty(FieldOfView.of(rows, columns, parameters.region, parameters.circle).shape, np.float32)
    top = 0
    for block in volume_in_blocks(
        projections, angles, center, magnification, pixel_size, parameters, abort, tilt=tilt, shifts=shifts
    ):
        volume[top : top + len(block)] = block
        top += len(block)
    return volume


def volume_in_blocks(
    projections: npt.NDArray[np.floating],
    angles: FloatArray,
    center: float,
    magnification: float = 1.0,
    pixel_size: float | None = None,
    parameters: ReconstructParameters = _D,
    abort: threading.Event | None = None,
    *,
    tilt: float = 0.0,
    shifts: FloatArray | None = None,
) -> Iterator[Float32]:
    """Reconstruct the volume of one energy some slices at a time, from the first on, so that it need never be whole in memory.

    Parameters and errors are those of `reconstruct_volume`, whose slices they are, bit for bit.

    Yields
    ------
    (z, y, x) float32
        The next slices.
    """
    rows, columns = projections.shape[1:]
    if not np.isfinite(np.sum(projections, dtype=np.float64)):
        raise ReconstructionError(
            f"{np.count_nonzero(~np.isfinite(projections))} pixels of the projections hold no number, and would spoil whole "
            "slices: correct the scan first, which fills such pixels from their neighbours."
        )
    geometry = Geometry.checked(angles, center, magnification, tilt, shifts, columns)
    field = FieldOfView.of(rows, columns, parameters.region, parameters.circle)
    engine = choose_engine(parameters.engine, parameters.algorithm)
    scale = 1.0 if pixel_size is None else 1e3 / pixel_size
    if engine == "astra":
        from .astra import reconstruct_with_astra

        yield from reconstruct_with_astra(projections, geometry, parameters, field, scale, abort)
    elif parameters.algorithm != "fbp":
        yield from iterated(projections, geometry, parameters, field, scale, abort)
    else:
        weights = view_weights(geometry.angles)
        name = choose_filter(parameters.filter, projections[len(projections) // 2])
        if engine == "numba":
            yield from filtered_back_projection(projections, geometry, weights, name, field, scale, abort)
        else:
            yield from back_project_by_slices(engine, projections, geometry, weights, name, field, scale, abort)
