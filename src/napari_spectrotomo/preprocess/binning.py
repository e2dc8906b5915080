"""Binning: N x N pixels averaged as transmission, so that a whole analysis can be tried on a small cut first.

Rows and columns that make no whole bin are dropped, half of them (rounded down) before the first bin. A point at column c of the
detector then lies at ``(c - offset + 0.5) / N - 0.5`` of the binned image, rows alike.
"""

import numpy as np
import numpy.typing as npt

from ..data import FloatArray, Scan
from ..errors import ParameterError
from .parameters import CorrectParameters

Float32 = npt.NDArray[np.float32]


def binned_column(column: float, columns: int, binning: int) -> float:
    """Give where a column of the detector, such as the rotation axis', lies in the binned images; rows alike.

    Parameters
    ----------
    column : float
        In pixels of the detector; 0 is the middle of column 0.
    columns : int
        How many the detector has.
    binning : int

    Examples
    --------
    >>> binned_column(296.0, 640, 2)
    147.75
    """
    return (column - _offset(columns, binning) + 0.5) / binning - 0.5


def corrected_layout(scan: Scan, parameters: CorrectParameters) -> tuple[int, int, FloatArray | None]:
    """Give rows and columns of the corrected images, and their pixel size (E,) in nm, or None when unknown.

    Raises
    ------
    ParameterError
        If the images are smaller than one bin.
    """
    rows, columns = (int(n) for n in scan.projections[0].shape[1:])
    n = parameters.binning
    if min(rows, columns) < n:
        raise ParameterError(f"Images of {rows} x {columns} pixels cannot be binned by {n}: set correct.binning lower.")
    return rows // n, columns // n, None if scan.pixel_size is None else scan.pixel_size * n


def binned(frame: Float32, binning: int) -> Float32:
    """Mean of every N x N pixels of a frame, (row, column) -> (row // N, column // N)."""
    if binning == 1:
        return frame
    rows, columns = (n // binning for n in frame.shape)
    top, left = (_offset(n, binning) for n in frame.shape)
    cut = frame[top : top + rows * binning, left : left + columns * binning]
    return cut.reshape(rows, binning, columns, binning).mean(axis=(1, 3), dtype=np.float32)


def _offset(pixels: int, binning: int) -> int:
    return pixels % binning // 2
