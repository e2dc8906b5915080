"""Filtered back-projection of one energy, slice by slice on threads of our own, by the engine chosen."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

import numpy as np
import numpy.typing as npt

from ..data import FloatArray
from ..errors import ReconstructionError
from ..progress import raise_if_aborted
from .engines import algotom_axis, algotom_slices, skimage_axis, skimage_slices
from .geometry import check_views, resample_projections, same_size, view_weights
from .noise import choose_filter
from .parameters import Engine, ReconstructParameters

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
    threads: int | None = None,
) -> Float32:
    """Reconstruct the volume of one energy, now.

    Parameters
    ----------
    projections : (A, R, C) array
        Optical density.
    angles : (A,), degrees
    center : float
        Column of the rotation axis in the projections; 0 is the middle of column 0.
    magnification : float
        Size of the image relative to that at the fixed energy.
    pixel_size : float or None
        Of the fixed energy, nm.
    parameters : ReconstructParameters
        Of which the engine and the filter are looked at; the filter 'auto' by the noise of these projections.
    abort : threading.Event
        Looked at before each view and slice.
    threads : int or None
        Slices at a time; None takes every core.

    Returns
    -------
    (R, C, C) float32
        Linear attenuation coefficient, 1/µm, or 1/voxel without a pixel size; 0 outside the circle the detector spans.

    Raises
    ------
    ReconstructionError
        If there are too few views, or the axis is not on the detector.
    Aborted
        Once `abort` is set.
    """
    check_views(angles)
    check_center(center, projections.shape[2])
    engine = choose_engine(parameters.engine)
    columns = projections.shape[2]
    weights = view_weights(angles)
    filter_name = choose_filter(parameters.filter, projections[len(projections) // 2])
    axis: float | FloatArray
    if engine == "algotom":
        axis = algotom_axis(columns, center, interpolated=not same_size(magnification))
        reconstruct_slice = algotom_slices(columns, angles, weights, filter_name, axis)
    else:
        axis = skimage_axis(columns, angles)
        reconstruct_slice = skimage_slices(columns, angles, weights, filter_name)
    views = resample_projections(np.asarray(projections, np.float32), center, magnification, axis, abort)
    scale = np.float32(1.0 if pixel_size is None else 1e3 / pixel_size) * _circle(columns)
    volume = np.empty((views.shape[1], columns, columns), np.float32)
    _each_slice(views, volume, reconstruct_slice, scale, abort, threads)
    return volume


def check_center(center: float, columns: int) -> None:
    """Raise `ReconstructionError` where the axis is not on the detector."""
    if not 0 <= center <= columns - 1:
        raise ReconstructionError(
            f"The rotation axis at column {center:g} is not on the detector, whose columns go from 0 to {columns - 1}."
        )


def choose_engine(engine: str) -> Engine:
    """Give the engine that 'auto' means here: the fastest that can be imported."""
    if engine == "auto":
        return "algotom" if find_spec("algotom") is not None else "skimage"
    return "algotom" if engine == "algotom" else "skimage"


def _circle(columns: int) -> Float32:
    offset = np.arange(columns) - (columns - 1) / 2
    return (np.hypot(offset[:, None], offset) <= columns / 2).astype(np.float32)


def _each_slice(
    views: Float32,
    volume: Float32,
    reconstruct_slice: Callable[[Float32], Float32],
    scale: Float32,
    abort: threading.Event | None,
    threads: int | None,
) -> None:
    def one(row: int) -> None:
        raise_if_aborted(abort)
        np.multiply(reconstruct_slice(np.ascontiguousarray(views[:, row])), scale, out=volume[row])

    with ThreadPoolExecutor(threads or os.cpu_count() or 1, thread_name_prefix="reconstruct") as pool:
        for _ in pool.map(one, range(len(volume))):
            pass
