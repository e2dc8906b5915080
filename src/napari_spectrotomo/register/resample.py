"""The one interpolation a registered volume sees: a cubic spline, NaN where the moving field does not reach."""

from typing import Any

import numpy as np
import numpy.typing as npt

from ..arrays import as_array, as_numbers
from ..errors import RegistrationError
from .overlap import Matrix

EDGE = 1e-6


def resample(
    volume: npt.NDArray[Any], matrix: Matrix, shape: tuple[int, ...] | None = None, order: int = 3
) -> npt.NDArray[np.float32]:
    """Put a moving volume on the fixed grid.

    Parameters
    ----------
    volume : (z, y, x) or (y, x)
        Grey values; NaN where unknown.
    matrix : (n + 1, n + 1)
        From a voxel of the fixed grid to the moving volume; NaN for a failed registration.
    shape : tuple or None
        Shape of the fixed grid; None for that of the volume.
    order : int
        Order of the spline.

    Returns
    -------
    array of float32, of `shape`
        NaN outside the moving field, where the nearest moving voxels are unknown, and everywhere when the matrix is NaN.

    Raises
    ------
    RegistrationError
        If volume or matrix hold no numbers, or do not fit.
    """
    from scipy.ndimage import affine_transform

    volume = np.asarray(as_array(volume, "voxels", RegistrationError))
    matrix = as_numbers(matrix, "elements of a matrix", RegistrationError)
    if matrix.shape != (volume.ndim + 1,) * 2:
        raise RegistrationError(f"A volume of {volume.ndim} axes is not moved by a matrix of shape {matrix.shape}.")
    shape = tuple(volume.shape if shape is None else shape)
    if not np.all(np.isfinite(matrix)):
        return np.full(shape, np.nan, np.float32)
    grey = volume.astype(np.float32, copy=False)
    if shape == grey.shape and np.array_equal(matrix, np.eye(grey.ndim + 1)):
        return grey.copy()
    unknown = ~np.isfinite(grey)
    linear, shift = matrix[:-1, :-1], matrix[:-1, -1]
    some = bool(unknown.any())
    if some:
        if unknown.all():
            return np.full(shape, np.nan, np.float32)
        # splines reach through the whole volume: one NaN would spread over all of it
        grey = np.where(unknown, np.median(grey[~unknown]), grey)
    out = np.asarray(affine_transform(grey, linear, shift, shape, np.float32, order=order, mode="mirror"))
    if some:
        share = affine_transform(unknown.astype(np.float32), linear, shift, shape, order=1, mode="nearest")
        out[share >= 0.5] = np.nan
    out[~_reached(grey.shape, linear, shift, shape)] = np.nan
    return out


def _reached(field: tuple[int, ...], linear: Matrix, shift: Matrix, shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Voxels of the fixed grid whose point lies within the moving grid."""
    inside = np.ones(shape, bool)
    steps = np.ogrid[tuple(slice(n) for n in shape)]
    for axis, size in enumerate(field):
        position = shift[axis]
        for step, weight in zip(steps, linear[axis], strict=True):
            position = position + weight * step
        inside &= (position >= -EDGE) & (position <= size - 1 + EDGE)
    return inside
