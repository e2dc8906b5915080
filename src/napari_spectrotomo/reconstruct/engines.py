"""The engines: each turns a sinogram, with the axis where the engine wants it, into a slice in attenuation a pixel."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from ..data import FloatArray
from .parameters import Filter

Float32 = npt.NDArray[np.float32]
SliceFunction = Callable[[Float32], Float32]

# what multiplies the ramp, against frequency in cycles a pixel
_WINDOWS: dict[Filter, Callable[[FloatArray], FloatArray]] = {
    "ramp": np.ones_like,
    "shepp-logan": np.sinc,
    "cosine": lambda f: np.cos(np.pi * f),
    "hamming": lambda f: 0.54 + 0.46 * np.cos(2 * np.pi * f),
    "hann": lambda f: 0.5 + 0.5 * np.cos(2 * np.pi * f),
}


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
    window = np.fft.fftshift(_WINDOWS[filter_name](np.fft.fftfreq(width)))
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
