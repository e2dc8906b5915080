"""The trouble-shooting view: two pictures of the sample that should agree, laid over each other with their outlines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..arrays import as_numbers
from ..data import FloatArray
from ..errors import DataError
from .contours import canny_contours

Image = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class ViewPair:
    """Two pictures on one grid, with their outlines.

    Attributes
    ----------
    first, second : (row, column) float32
        The second one lies on the grid of the first; NaN where unknown.
    first_contour, second_contour : (row, column) bool
        Canny's outlines, as `canny_contours` gives them.
    apart : float
        Pixels between the outlines: the mean over the pixels of both of how far the other outline is; a part that only one of
        the two shows makes it larger. NaN where a picture has no outlines.
    """

    first: Image
    second: Image
    first_contour: Mask
    second_contour: Mask
    apart: float


def view_pair(first: Any, second: Any, matrix: Any = None, sigma: float = 2.0) -> ViewPair:
    """Lay a picture over another, and find the outlines of both.

    Parameters
    ----------
    first, second : (row, column)
        Such as two projections at two energies, or the same view of two volumes; NaN where unknown.
    matrix : (3, 3) or None
        From a pixel (row, column, 1) of the first to the same point in the second, as `align_views` gives it; the second is
        interpolated linearly, and NaN where it does not reach. None leaves it as it is.
    sigma : float, pixel
        Smoothing before outlines are looked for.

    Returns
    -------
    ViewPair

    Raises
    ------
    DataError
        If the pictures are not 2-D, differ in shape without a matrix, or the matrix is none.

    Examples
    --------
    >>> import numpy as np
    >>> picture = np.pad(np.ones((16, 16)), 12)
    >>> view_pair(picture, np.roll(picture, 3, axis=1), sigma=1).apart > 0
    True
    """
    one, other = (as_numbers(image, "pixels").astype(np.float32) for image in (first, second))
    if one.ndim != 2 or other.ndim != 2:
        raise DataError(f"Two pictures (row, column) are laid over each other; found {one.ndim} and {other.ndim} axes.")
    if matrix is not None:
        other = _laid(other, as_numbers(matrix, "matrices"), one.shape)
    if one.shape != other.shape:
        raise DataError(f"Pictures of {one.shape} and {other.shape} pixels need a matrix from the first to the second.")
    contours = canny_contours(one, sigma), canny_contours(other, sigma)
    return ViewPair(one, other, *contours, _apart(*contours))


def _laid(image: Image, matrix: FloatArray, shape: tuple[int, ...]) -> Image:
    from scipy.ndimage import affine_transform

    if matrix.shape != (3, 3) or not np.isfinite(matrix).all():
        raise DataError(f"A matrix between two pictures is (3, 3), all finite; found shape {matrix.shape}.")
    if np.allclose(matrix, np.eye(3)) and image.shape == shape:
        return image
    return np.asarray(
        affine_transform(image, matrix[:2, :2], matrix[:2, 2], shape, np.float32, order=1, cval=np.nan), np.float32
    )


def _apart(first: Mask, second: Mask) -> float:
    from scipy.ndimage import distance_transform_edt

    if not (first.any() and second.any()):
        return float("nan")
    to_second, to_first = distance_transform_edt(~second)[first], distance_transform_edt(~first)[second]
    return float(np.mean(np.concatenate([to_second, to_first])))
