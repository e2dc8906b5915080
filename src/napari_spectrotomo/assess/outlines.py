"""Outlines of masks between the voxels, so that a shift of a tenth of a voxel shows."""

from typing import Any

import numpy as np
import numpy.typing as npt

from ..arrays import as_array
from ..errors import DataError


def mask_outlines(mask: Any, level: float = 0.5) -> npt.NDArray[np.float32]:
    """Draw the outlines of a mask in a slice, as lines between the voxels (marching squares, Lorensen & Cline 1987).

    Parameters
    ----------
    mask : (y, x)
        Bool, or floats from 0 to 1 such as a mask that was moved; NaN where unknown.
    level : float
        Where the surface is between 0 and 1.

    Returns
    -------
    array of float32, (n, 2, 2)
        Straight pieces, from a point (y, x) to the next one along the outline, in pixels; none beside unknown pixels. What
        reaches the border of the slice is not closed there.

    Raises
    ------
    DataError
        If the mask is not 2-D or holds no numbers.
    """
    from skimage.measure import find_contours

    plane = np.asarray(as_array(mask, "pixels"))
    if plane.ndim != 2:
        raise DataError(f"Outlines are drawn in a slice (y, x); this array has {plane.ndim} axes.")
    if min(plane.shape) < 2:
        return np.zeros((0, 2, 2), np.float32)
    lines = find_contours(plane.astype(np.float32), level)
    pieces = [np.stack([line[:-1], line[1:]], axis=1) for line in lines]
    return np.concatenate(pieces).astype(np.float32) if pieces else np.zeros((0, 2, 2), np.float32)
