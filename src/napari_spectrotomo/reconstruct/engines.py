"""Which engine does what; and the plain peers, which turn a sinogram, with the axis where they want it, into a slice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import cache
from importlib.util import find_spec
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..data import FloatArray
from ..errors import ReconstructionError
from ..progress import raise_if_aborted
from ..threads import in_threads
from .field_of_view import FieldOfView
from .filtering import WINDOWS
from .geometry import Geometry, resample_projections, same_size
from .parameters import Algorithm, Engine, Filter

Float32 = npt.NDArray[np.float32]
SliceFunction = Callable[[Float32], Float32]
_TOGETHER = 64
"""Slices that are given together."""

_ALGORITHMS: dict[str, tuple[Algorithm, ...]] = {
    "numba": ("fbp", "sirt", "cgls", "tv"),
    "astra": ("fbp", "sirt", "cgls"),
    "algotom": ("fbp",),
    "skimage": ("fbp",),
}
_MODULES = {"astra": "astra", "algotom": "algotom", "skimage": "skimage"}


def choose_engine(engine: Literal["auto"] | Engine, algorithm: Algorithm = "fbp") -> Engine:
    """Give the engine that is meant: for 'auto' ASTRA where it finds a GPU and knows the algorithm, else our own kernels.

    Raises
    ------
    ReconstructionError
        If the engine does not know the algorithm, or is not installed.
    """
    if engine == "auto":
        return "astra" if algorithm in _ALGORITHMS["astra"] and _astra_has_gpu() else "numba"
    if algorithm not in _ALGORITHMS[engine]:
        able = ", ".join(name for name, known in _ALGORITHMS.items() if algorithm in known)
        raise ReconstructionError(f"The engine {engine} does not do {algorithm}: {able} or auto does.")
    if engine in _MODULES and find_spec(_MODULES[engine]) is None:
        raise ReconstructionError(
            f"The engine {engine} is not installed: take engine 'auto', or install it (pip install napari-spectrotomo[{engine}])."
        )
    return engine


@cache
def _astra_has_gpu() -> bool:
    if find_spec("astra") is None:
        return False
    import astra

    return bool(astra.use_cuda())


def back_project_by_slices(
    engine: Engine,
    projections: npt.NDArray[np.floating],
    geometry: Geometry,
    weights: FloatArray,
    filter_name: Filter,
    field: FieldOfView,
    scale: float,
    abort: threading.Event | None = None,
) -> Iterator[Float32]:
    """Make a volume by 'algotom' or 'skimage', slice by slice, from projections resampled once.

    Arguments are those of `filtered_back_projection`; some slices come at a time.
    """
    columns = projections.shape[2]
    axis: float | FloatArray
    if engine == "algotom":
        moving = geometry.shifts is not None or geometry.tilt != 0 or not same_size(geometry.magnification)
        axis = algotom_axis(columns, geometry.center, interpolated=moving)
        reconstruct_slice = algotom_slices(columns, geometry.angles, weights, filter_name, axis)
    else:
        axis = skimage_axis(columns, geometry.angles)
        reconstruct_slice = skimage_slices(columns, geometry.angles, weights, filter_name)
    views = resample_projections(np.asarray(projections, np.float32), geometry, axis, abort)
    cut, inside = (slice(*field.rows), slice(*field.columns)), np.float32(scale) * field.circle_mask()

    def one(z: int) -> Float32:
        raise_if_aborted(abort)
        made = reconstruct_slice(np.ascontiguousarray(views[:, z]))
        return np.multiply(made[cut], inside, dtype=np.float32)

    for first in range(*field.slices, _TOGETHER):
        yield np.stack(in_threads(one, range(first, min(first + _TOGETHER, field.slices[1]))))


@cache
def _back_projection() -> Any:
    """Algotom's CPU kernel, compiled to run on one thread and to let others run meanwhile.

    As algotom compiles it, its threads share the angles and add to the same pixels at once, so that sums get lost (slices
    differ from run to run by several per cent); nor may two such kernels run at once on numba's workqueue layer.
    """
    from algotom.rec.reconstruction import back_projection_cpu
    from numba import njit

    return njit(nogil=True)(back_projection_cpu.py_func)


def algotom_axis(columns: int, center: float, interpolated: bool) -> float:
    """Column at which the axis must be for `algotom_slices`: near the middle, which is where the slice has it.

    Where the projections are interpolated anyway it is the middle; else it is as far beside it as `center` is beside the
    middle of a pixel, so that moving whole pixels does.
    """
    middle = (columns - 1) / 2
    return middle if interpolated else middle + (center - middle - round(center - middle))


def algotom_slices(
    columns: int, angles: FloatArray, weights: FloatArray, filter_name: Filter, axis: float
) -> SliceFunction:
    """Give what reconstructs a slice by algotom from a sinogram (A, C) with the axis at column `axis`.

    Weights are those of `view_weights`. The sinogram is continued at its edges by half its width before it is filtered.
    """
    from algotom.rec.reconstruction import apply_ramp_filter, make_2d_ramp_window

    back_project = _back_projection()
    pad = columns // 2 + columns % 2
    width = columns + 2 * pad
    # algotom centres windows as fftshift does for even widths only
    window = np.fft.fftshift(WINDOWS[filter_name](np.fft.fftfreq(width)))
    ramp = make_2d_ramp_window(1, width) * window
    response = np.broadcast_to(ramp, (len(angles), width))
    theta = np.deg2rad(angles).astype(np.float32)
    weight = weights[:, None].astype(np.float32)

    def reconstruct_slice(sinogram: Float32) -> Float32:
        filtered = apply_ramp_filter(sinogram * weight, response, pad=pad)
        return back_project(filtered.astype(np.float32), theta, np.float32(axis), False)

    return reconstruct_slice


def skimage_axis(columns: int, angles: FloatArray) -> FloatArray:
    """Column, (A,), at which each view's axis must be for `skimage_slices` to put it at (columns - 1) / 2 in y and x.

    iradon's own axis is at columns // 2, half a pixel off in both directions where `columns` is even: the views are moved
    by what that shift of the slice is when projected.
    """
    theta = np.deg2rad(angles)
    shift = (columns - 1) / 2 - columns // 2
    return columns // 2 + shift * (np.cos(theta) - np.sin(theta))


def skimage_slices(columns: int, angles: FloatArray, weights: FloatArray, filter_name: Filter) -> SliceFunction:
    """Give what reconstructs a slice by scikit-image's iradon from a sinogram (A, C) with the axis at `skimage_axis`."""
    from skimage.transform import iradon

    pad = columns // 2
    weight = (weights * len(angles) / np.pi)[:, None].astype(np.float32)  # iradon itself gives each view pi / A

    def reconstruct_slice(sinogram: Float32) -> Float32:
        padded = np.pad(sinogram * weight, ((0, 0), (pad, pad)), mode="edge").T
        return iradon(padded, theta=angles, output_size=columns, filter_name=filter_name, circle=False)

    return reconstruct_slice
