"""Finding pixels that hold no transmission, and filling them from their neighbours in the same projection."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

Float32 = npt.NDArray[np.float32]


def mark_zingers(transmission: Float32, threshold: float) -> int:
    """Set to NaN, in place, the pixels that a stray photon made bright; give how many.

    Parameters
    ----------
    transmission : (row, column) float32
        One projection; NaN where it is bad already.
    threshold : float
        By how much a pixel's optical density must lie below that of all eight neighbours.
    """
    brightest = _brightest_neighbour(transmission)
    with np.errstate(invalid="ignore"):
        hit = (transmission > brightest * np.float32(np.exp(threshold))) & (brightest > 0)
    transmission[hit] = np.nan
    return int(hit.sum())


def _brightest_neighbour(frame: Float32) -> Float32:
    """Highest of the valid among the eight pixels around each, (row, column); 0 where none is."""
    padded = np.pad(np.nan_to_num(frame, nan=0.0), 1)
    sides = np.maximum(padded[:, :-2], padded[:, 2:])  # left and right of each column
    rows = np.maximum(sides, padded[:, 1:-1])
    return np.maximum(np.maximum(rows[:-2], rows[2:]), sides[1:-1])


def repair(frame: Float32) -> int:
    """Fill the NaN of a projection in place; give how many there were.

    Each takes the median of the valid pixels around it, 3 x 3 or, where fewer than three of those are valid, 5 x 5;
    inside larger holes, the nearest valid pixel. Repaired pixels repair no others.

    Parameters
    ----------
    frame : (row, column) float32
        With at least one valid pixel.
    """
    bad = np.argwhere(np.isnan(frame))
    if len(bad) == 0:
        return 0
    filled = np.full(len(bad), np.nan, np.float32)
    for radius in (1, 2):
        todo = np.flatnonzero(np.isnan(filled))
        values = _neighbourhoods(frame, bad[todo], radius)
        enough = np.isfinite(values).sum(axis=1) >= 3
        filled[todo[enough]] = np.nanmedian(values[enough], axis=1)
    deep = np.isnan(filled)
    if deep.any():
        nearest = ndi.distance_transform_edt(np.isnan(frame), return_distances=False, return_indices=True)
        filled[deep] = frame[tuple(nearest[(slice(None), *bad[deep].T)])]
    frame[tuple(bad.T)] = filled
    return len(bad)


def _neighbourhoods(frame: Float32, pixels: npt.NDArray[np.intp], radius: int) -> Float32:
    """Values around each of N pixels, (N, (2 radius + 1)²), NaN beyond the frame."""
    offsets = np.mgrid[-radius : radius + 1, -radius : radius + 1].reshape(2, -1).T
    row, column = np.moveaxis(pixels[:, None] + offsets, -1, 0)
    inside = (row >= 0) & (row < frame.shape[0]) & (column >= 0) & (column < frame.shape[1])
    values = np.full(inside.shape, np.nan, np.float32)
    values[inside] = frame[row[inside], column[inside]]
    return values
