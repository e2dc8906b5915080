"""A projector and its exact transpose for a block of slices (Joseph's method), on our threads.

A view's value at a column is the integral along a ray: it steps from line to line of the slice, along the axis that the ray
runs closest to, and interpolates linearly between the two voxels of each line that it passes between (P. M. Joseph, 1982,
IEEE Trans. Med. Imaging 1, 192). The transpose takes each voxel's share in the same two columns, so iterations converge.
"""

from __future__ import annotations

import threading

import numpy as np
import numpy.typing as npt
from numba import njit

from ..data import FloatArray
from ..errors import ReconstructionError
from ..progress import raise_if_aborted
from ..threads import in_threads
from .batched import blocks_of
from .geometry import Geometry

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]


def project_volume(
    volume: npt.NDArray[np.floating],
    angles: FloatArray,
    center: float,
    columns: int | None = None,
    *,
    magnification: float = 1.0,
    shifts: FloatArray | None = None,
    abort: threading.Event | None = None,
) -> Float32:
    """Give the views of a volume: what `reconstruct_volume` inverts, rows kept apart.

    Parameters
    ----------
    volume : (Z, N, N) array
        Attenuation a voxel.
    angles : (A,), degrees
    center : float
        Column of the rotation axis in the views.
    columns : int or None
        Of the views; None takes N.
    magnification : float
        Columns a voxel.
    shifts : (A, 2) or None
        (row, column) by which views are displaced; only the columns are looked at.
    abort : threading.Event

    Returns
    -------
    (A, Z, columns) float32
        Optical density.

    Raises
    ------
    ReconstructionError
        If the volume is no stack of squares.
    """
    values = np.asarray(volume, np.float32)
    if values.ndim != 3 or values.shape[1] != values.shape[2]:
        raise ReconstructionError(f"Views are made of a volume of square slices; found shape {values.shape}.")
    wide = values.shape[2] if columns is None else columns
    geometry = Geometry(np.asarray(angles, np.float64), float(center), magnification, 0.0, shifts)
    projector = Projector(geometry.columns_of(), wide, values.shape[2], abort)
    out = np.empty((len(geometry.angles), len(values), wide), np.float32)
    for start, stop in blocks_of(0, len(values), 4 * (len(out) * wide + values[0].size)):
        block = np.ascontiguousarray(np.moveaxis(values[start:stop], 0, -1))
        out[:, start:stop] = np.moveaxis(projector.forward(block), -1, 1)
    return out


class Projector:
    """Views of a block of slices, and back.

    Parameters
    ----------
    places : (A, 3) float64
        Column of a voxel as ``a x + b y + c`` of its place from the middle, (x, y) = (column - middle, row - middle).
    columns : int
        Of a view.
    size : int
        N, of a slice.
    abort : threading.Event
        Looked at before each view and row.
    """

    def __init__(self, places: Float64, columns: int, size: int, abort: threading.Event | None = None) -> None:
        self.places = places
        self.columns = columns
        self.size = size
        self.abort = abort

    def forward(self, block: Float32) -> Float32:
        """Project slices (N, N, S): gives views (A, C, S)."""
        views = np.zeros((len(self.places), self.columns, block.shape[2]), np.float32)

        def one(v: int) -> None:
            raise_if_aborted(self.abort)
            _project(block, *self.places[v], views[v])

        in_threads(one, range(len(views)))
        return views

    def backward(self, views: Float32) -> Float32:
        """Apply the transpose of `forward` to views (A, C, S): gives slices (N, N, S)."""
        block = np.zeros((self.size, self.size, views.shape[2]), np.float32)

        def some(top: int) -> None:
            raise_if_aborted(self.abort)
            _back_project(views, self.places, top, block[top : top + _ROWS], (self.size - 1) / 2)

        in_threads(some, range(0, self.size, _ROWS))
        return block


_ROWS = 16
"""Rows of a slice that one thread gathers at a time."""


@njit(nogil=True, cache=True, fastmath=True)
def _project(block: Float32, a: float, b: float, c: float, view: Float32) -> None:
    """Integrals of slices (N, N, S) along the rays of one view, (C, S), which is zero before."""
    size, _, slices = block.shape
    middle = (size - 1) / 2
    along_rows = abs(a) >= abs(b)  # a ray crosses every row once
    main, other = (a, b) if along_rows else (b, a)
    step = np.sqrt(a * a + b * b) / abs(main)
    for column in range(view.shape[0]):
        out = view[column]
        for line in range(size):
            at = (column - c - other * (line - middle)) / main + middle
            k = int(np.floor(at))
            if k < -1 or k >= size:
                continue
            f = np.float32((at - k) * step)
            g = np.float32(step) - f
            if k >= 0:
                near = block[line, k] if along_rows else block[k, line]
                for s in range(slices):
                    out[s] += g * near[s]
            if k + 1 < size:
                far = block[line, k + 1] if along_rows else block[k + 1, line]
                for s in range(slices):
                    out[s] += f * far[s]


@njit(nogil=True, cache=True, fastmath=True)
def _back_project(views: Float32, places: Float64, top: int, rows: Float32, middle: float) -> None:
    """Add to rows of slices (T, N, S), from row `top` on, what the transpose of `_project` gives."""
    count, columns, slices = views.shape
    for v in range(count):
        a, b, c = places[v]
        main = max(abs(a), abs(b))
        step = np.sqrt(a * a + b * b) / main
        for j in range(rows.shape[0]):
            for i in range(rows.shape[1]):
                at = a * (i - middle) + b * (top + j - middle) + c
                first = max(int(np.ceil(at - main)), 0)
                last = min(int(np.floor(at + main)), columns - 1)
                out = rows[j, i]
                for k in range(first, last + 1):
                    weight = np.float32((1.0 - abs(k - at) / main) * step)
                    if weight > 0:
                        view = views[v, k]
                        for s in range(slices):
                            out[s] += weight * view[s]
