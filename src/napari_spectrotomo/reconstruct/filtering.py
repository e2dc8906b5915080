"""The filter of filtered back-projection: views continued beyond the detector, ramp and window, by Fourier transform."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft

from ..data import FloatArray
from .parameters import Filter

Float32 = npt.NDArray[np.float32]

WINDOWS: dict[Filter, Callable[[FloatArray], FloatArray]] = {
    "ramp": np.ones_like,
    "shepp-logan": np.sinc,
    "cosine": lambda f: np.cos(np.pi * f),
    "hamming": lambda f: 0.54 + 0.46 * np.cos(2 * np.pi * f),
    "hann": lambda f: 0.5 + 0.5 * np.cos(2 * np.pi * f),
}
"""What multiplies the ramp, against frequency in cycles a voxel."""

_EDGE = 8
"""The part of a row's columns, at either end, that tells how an object which is cut off goes on."""
_SEEN = 0.05
"""Optical density at an edge, over the highest, from which on an object is taken to be cut off, and rows are continued further."""


@dataclass(frozen=True, slots=True, eq=False)
class RowFilter:
    """Filters rows of views, and gives them on columns that reach as far as the volume needs.

    Attributes
    ----------
    first : int
        Column of the views at which the filtered rows begin; negative beyond the detector.
    width : int
        Columns of the filtered rows.
    columns : int
        Of the views.
    axis : float
        Column of the rotation axis in them.
    cut_off : bool
        Whether the object reaches over the edge of the detector.
    length : int
        Of the transform.
    response : (length // 2 + 1,) float64
    """

    first: int
    width: int
    columns: int
    axis: float
    cut_off: bool
    length: int
    response: FloatArray

    @classmethod
    def of(
        cls, view: npt.NDArray[np.floating], axis: float, first: int, last: int, name: Filter, magnification: float
    ) -> RowFilter:
        """Build the filter for views like `view`, (R, C), wanted from column `first` to `last`, beyond the detector too.

        The ramp is that of a band-limited row in space (Kak & Slaney, 1988, eq. 3.61), so that means come out right. The
        window goes by frequency in the volume, so that all energies of a stack are as sharp.
        """
        columns = view.shape[1]
        low, high = min(first, 0), max(last, columns - 1)
        edge = max(1, columns // 50)
        beside = max(float(np.mean(view[:, :edge])), float(np.mean(view[:, -edge:])))
        cut_off = beside > _SEEN * float(np.percentile(view, 99))
        length = fft.next_fast_len((4 if cut_off else 2) * (high - low + 1), real=True)
        lag = np.minimum(np.arange(length), length - np.arange(length))
        kernel = np.zeros(length)
        odd = lag % 2 == 1
        kernel[odd] = -1 / (np.pi * lag[odd]) ** 2
        kernel[0] = 0.25
        frequency = np.minimum(np.fft.rfftfreq(length) * magnification, 0.5)
        response = magnification * np.fft.rfft(kernel).real * WINDOWS[name](frequency)
        return cls(first, last - first + 1, columns, axis, cut_off, length, response)

    def __call__(self, rows: Float32, weight: float, offsets: FloatArray | None = None) -> Float32:
        """Filter rows (S, C) and multiply them by `weight`; gives (S, width).

        Beyond the detector an object that is cut off goes on as a disk about the axis would, so that it has no bright rim; else
        what little is left at the edge falls to zero.

        Parameters
        ----------
        rows : (S, C) float32
        weight : float
        offsets : (S,) or None
            Columns by which each row is moved to the left, without loss, in Fourier space.
        """
        padded = np.empty((len(rows), self.length), np.float32)
        padded[:, : self.columns] = rows
        if self.cut_off:
            _continue_as_disk(padded, self.columns, self.axis)
        else:
            _fade(padded, self.columns)
        spectrum = fft.rfft(padded, axis=1, overwrite_x=True)
        spectrum *= (weight * self.response).astype(np.float32)
        if offsets is not None:
            spectrum *= np.exp(2j * np.pi * np.outer(offsets, np.fft.rfftfreq(self.length))).astype(np.complex64)
        filtered = fft.irfft(spectrum, self.length, axis=1, overwrite_x=True)
        if self.first >= 0:
            return filtered[:, self.first : self.first + self.width]
        return np.concatenate([filtered[:, self.first :], filtered[:, : self.first + self.width]], axis=1)


def _fade(padded: Float32, columns: int) -> None:
    """Let the mean of the outermost columns fall to zero beyond the detector, in place."""
    edge, half = max(1, columns // 50), (padded.shape[1] - columns) // 2
    fade = (0.5 + 0.5 * np.cos(np.pi * (np.arange(half) + 1) / (half + 1))).astype(np.float32)
    padded[:, columns:] = 0.0
    np.multiply(
        padded[:, columns - edge : columns].mean(1, keepdims=True), fade, out=padded[:, columns : columns + half]
    )
    np.multiply(padded[:, :edge].mean(1, keepdims=True), fade[::-1], out=padded[:, padded.shape[1] - half :])


def _continue_as_disk(padded: Float32, columns: int, axis: float) -> None:
    """Fill the columns after the detector's, which Fourier space takes to lie before it too, in place.

    The square of a disk's optical density falls linearly with the square of the distance from its middle. That line, through
    the outermost columns on either side, is followed until it meets zero, or half-way round at the latest.
    """
    count = max(2, columns // _EDGE)
    beyond = padded.shape[1] - columns
    half = beyond // 2
    on = np.arange(half)
    fade = 0.5 + 0.5 * np.cos(np.pi * np.clip(2 * (on + 1) / (half + 1) - 1, 0, 1))
    padded[:, columns:] = 0.0
    for seen, wanted, target in (
        (np.arange(columns - count, columns), columns + on, slice(columns, columns + half)),
        (np.arange(count), -1 - on, slice(padded.shape[1] - 1, padded.shape[1] - 1 - half, -1)),
    ):
        square = (seen - axis) ** 2 - np.mean((seen - axis) ** 2)
        values = padded[:, seen].astype(np.float64)
        values *= np.abs(values)
        fall = np.clip(-(values @ square) / (square @ square), 0, None)
        left = values.mean(1)[:, None] - fall[:, None] * ((wanted - axis) ** 2 - np.mean((seen - axis) ** 2))
        padded[:, target] = np.sqrt(np.clip(left, 0, None)) * fade
