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

_EDGE = 64
"""The part of a row's columns, at either end, whose mean goes on beyond the detector."""


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
    length : int
        Of the transform.
    response : (length // 2 + 1,) float64
    """

    first: int
    width: int
    columns: int
    length: int
    response: FloatArray

    @classmethod
    def of(cls, columns: int, first: int, last: int, name: Filter, magnification: float) -> RowFilter:
        """Build the filter for views of so many columns, wanted from column `first` to `last`, beyond the detector too.

        The ramp is that of a band-limited row in space (Kak & Slaney, 1988, eq. 3.61), so that means come out right. The
        window goes by frequency in the volume, so that all energies of a stack are as sharp.
        """
        low, high = min(first, 0), max(last, columns - 1)
        length = fft.next_fast_len(2 * (high - low + 1), real=True)
        lag = np.minimum(np.arange(length), length - np.arange(length))
        kernel = np.zeros(length)
        odd = lag % 2 == 1
        kernel[odd] = -1 / (np.pi * lag[odd]) ** 2
        kernel[0] = 0.25
        frequency = np.minimum(np.fft.rfftfreq(length) * magnification, 0.5)
        response = magnification * np.fft.rfft(kernel).real * WINDOWS[name](frequency)
        return cls(first, last - first + 1, columns, length, response)

    def __call__(self, rows: Float32, weight: float, offsets: FloatArray | None = None) -> Float32:
        """Filter rows (S, C) and multiply them by `weight`; gives (S, width).

        Beyond the detector the mean of the outermost columns goes on and falls to zero half-way round, so that an object
        that is cut off has no bright rim.

        Parameters
        ----------
        rows : (S, C) float32
        weight : float
        offsets : (S,) or None
            Columns by which each row is moved to the left, without loss, in Fourier space.
        """
        padded = np.empty((len(rows), self.length), np.float32)
        padded[:, : self.columns] = rows
        _continue(padded, self.columns)
        spectrum = fft.rfft(padded, axis=1, overwrite_x=True)
        spectrum *= (weight * self.response).astype(np.float32)
        if offsets is not None:
            spectrum *= np.exp(2j * np.pi * np.outer(offsets, np.fft.rfftfreq(self.length))).astype(np.complex64)
        filtered = fft.irfft(spectrum, self.length, axis=1, overwrite_x=True)
        if self.first >= 0:
            return filtered[:, self.first : self.first + self.width]
        return np.concatenate([filtered[:, self.first :], filtered[:, : self.first + self.width]], axis=1)


def _continue(padded: Float32, columns: int) -> None:
    """Fill the columns after the detector's, which Fourier space takes to lie before it too."""
    edge = max(1, columns // _EDGE)
    beyond = padded.shape[1] - columns
    right = padded[:, columns - edge : columns].mean(1, dtype=np.float64, keepdims=True)
    left = padded[:, :edge].mean(1, dtype=np.float64, keepdims=True)
    half = beyond // 2
    fall = 0.5 + 0.5 * np.cos(np.pi * (np.arange(half) + 1) / (half + 1))
    padded[:, columns : columns + half] = right * fall
    padded[:, columns + half : padded.shape[1] - half] = 0.0
    padded[:, padded.shape[1] - half :] = left * fall[::-1]
