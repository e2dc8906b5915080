"""Rows of views as slices want them: magnification, tilt and vertical shifts, by one cubic spline down each column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from .geometry import Geometry

Float32 = npt.NDArray[np.float32]
_POLE = np.float32(np.sqrt(3.0) - 2.0)
_MARGIN = 16
"""Rows on either side from which a cubic spline's coefficients are exact to single precision: the pole is -0.27."""
_NEARLY = 1e-4


@dataclass(frozen=True, slots=True)
class SliceRows:
    """Where the rows of some slices lie in the views.

    Attributes
    ----------
    geometry : Geometry
    rows, columns : int
        Of a view.
    start, stop : int
        The slices, of which there are as many as rows.
    """

    geometry: Geometry
    rows: int
    columns: int
    start: int
    stop: int

    def of(self, view: npt.NDArray[np.floating], index: int) -> Float32:
        """Give the rows (S, C) of view `index`, (R, C), that show the slices; edge pixels go on beyond the detector."""
        g = self.geometry
        middle = (self.rows - 1) / 2
        shift = 0.0 if g.shifts is None else float(g.shifts[index, 0])
        heights = np.arange(self.start, self.stop) - middle
        at = middle + shift + heights * g.magnification / np.cos(g.tilt_radians)
        slope = -np.tan(g.tilt_radians)
        whole = np.rint(at)
        if abs(slope) * self.columns < _NEARLY and np.abs(at - whole).max() < _NEARLY:
            return np.asarray(view[np.clip(whole.astype(np.intp), 0, self.rows - 1)], np.float32)
        axis = g.axes(index)
        lean = abs(slope) * max(axis, self.columns - axis)
        first = int(np.floor(at.min() - lean)) - _MARGIN
        last = int(np.ceil(at.max() + lean)) + _MARGIN
        coefficients = np.asarray(view[np.clip(np.arange(first, last + 1), 0, self.rows - 1)], np.float32).copy()
        _spline_coefficients(coefficients)
        out = np.empty((self.stop - self.start, self.columns), np.float32)
        _spline_values(coefficients, at - first, slope, axis, out)
        return out

    def column_offsets(self) -> npt.NDArray[np.float64]:
        """Give by how many columns the axis of each slice lies beside that of the middle row, (S,)."""
        heights = np.arange(self.start, self.stop) - (self.rows - 1) / 2
        return heights * self.geometry.magnification * np.sin(self.geometry.tilt_radians)


@njit(nogil=True, cache=True)
def _spline_coefficients(rows: Float32) -> None:
    """Turn values into coefficients of the cubic B-spline down each column, in place (Unser, Aldroubi and Eden, 1993)."""
    count, columns = rows.shape
    gain = (np.float32(1.0) - _POLE) * (np.float32(1.0) - np.float32(1.0) / _POLE)
    first = np.float32(1.0) / (np.float32(1.0) - _POLE)
    for c in range(columns):
        rows[0, c] *= gain * first
    for r in range(1, count):
        for c in range(columns):
            rows[r, c] = gain * rows[r, c] + _POLE * rows[r - 1, c]
    last = _POLE / (_POLE - np.float32(1.0))
    for c in range(columns):
        rows[count - 1, c] *= last
    for r in range(count - 2, -1, -1):
        for c in range(columns):
            rows[r, c] = _POLE * (rows[r + 1, c] - rows[r, c])


@njit(nogil=True, cache=True)
def _spline_values(coefficients: Float32, at: npt.NDArray[np.float64], slope: float, axis: float, out: Float32) -> None:
    """Value at row ``at[s] + slope (c - axis)`` of every column c."""
    count, columns = coefficients.shape
    sixth = np.float32(1.0 / 6.0)
    for s in range(len(at)):
        for c in range(columns):
            row = at[s] + slope * (c - axis)
            k = min(max(int(np.floor(row)), 1), count - 3)
            t = np.float32(row - k)
            r = np.float32(1.0) - t
            near = np.float32(4.0) - np.float32(6.0) * t * t + np.float32(3.0) * t * t * t
            far = np.float32(4.0) - np.float32(6.0) * r * r + np.float32(3.0) * r * r * r
            out[s, c] = sixth * (
                r * r * r * coefficients[k - 1, c]
                + near * coefficients[k, c]
                + far * coefficients[k + 1, c]
                + t * t * t * coefficients[k + 2, c]
            )
