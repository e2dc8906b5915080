"""Where one image lies beside another: by phase correlation, or as masks."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..data import FloatArray
from ..errors import DataError
from ..register import register_pair
from ..segment import binarize_volume

Image = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Transform = Literal["translation", "rigid", "similarity", "affine"]

FINENESS = 20
"""Parts of a pixel to which phase correlation tells a shift."""
TAPER = 0.2
"""Share of an image over which it fades out towards its edges, so that these do not correlate."""


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """Where a moving image lies.

    Attributes
    ----------
    matrix : (3, 3) float64
        From a pixel (row, column, 1) of the fixed image to the same point in the moving one; NaN where it was not found.
    shift : (2,) float64
        By how much the point about which images are magnified is displaced.
    reason : str
        Why it was not found.
    """

    matrix: FloatArray
    shift: FloatArray
    reason: str = ""


def by_phase(fixed: Image, moving: Image, magnification: float, middle: FloatArray) -> Placed:
    """Find the shift between two images (row, column) by phase correlation, once the moving one has the size of the fixed one.

    Guizar-Sicairos, Thurman and Fienup (Opt. Lett. 33, 156, 2008), by scikit-image. Images whose backgrounds have a pattern in
    common, such as that of a detector, lock on it.

    Parameters
    ----------
    fixed, moving : (row, column) float32
    magnification : float
        By how much the moving image is larger, about `middle`.
    middle : (2,)
        Row and column.
    """
    from skimage.registration import phase_cross_correlation

    found, _, _ = phase_cross_correlation(
        _faded(fixed), _faded(resized(moving, magnification, middle)), upsample_factor=FINENESS
    )
    return _placed(-np.asarray(found, np.float64), magnification, middle)


def by_masks(
    fixed: Mask,
    moving: Mask,
    magnification: float,
    middle: FloatArray,
    transform: Transform,
    abort: threading.Event | None = None,
) -> Placed:
    """Register a mask to another.

    Parameters
    ----------
    fixed, moving : (row, column) bool
        The moving one has the size of the fixed one already, by `magnification` about `middle`; 'similarity' and 'affine' find the
        size themselves, so that it is 1.
    transform : 'translation', 'rigid', 'similarity' or 'affine'
    """
    pair = register_pair(fixed, moving, transform, abort=abort)
    matrix = enlarged(magnification, middle) @ pair.matrix
    return Placed(matrix, matrix[:2, :2] @ middle + matrix[:2, 2] - middle, pair.reason)


def mask_of(image: Image) -> Mask | None:
    """Give the mask of the sample in an image (row, column); None where it is flat."""
    try:
        return binarize_volume(image[None], image=True).mask[0]
    except DataError:
        return None


def not_found(reason: str) -> Placed:
    """Give what stands for an image that was not found."""
    return Placed(np.full((3, 3), np.nan), np.full(2, np.nan), reason)


def resized(image: Image, magnification: float, middle: FloatArray) -> Image:
    """Give an image the size of the fixed one, about `middle`; pixels at its edges go on beyond them."""
    if magnification == 1.0:
        return image
    from scipy.ndimage import affine_transform

    offset = middle * (1 - magnification)
    return np.asarray(affine_transform(image, [magnification] * 2, offset, order=1, mode="nearest"), np.float32)


def _faded(image: Image) -> npt.NDArray[Any]:
    from scipy.signal.windows import tukey

    window = np.outer(*(tukey(n, 2 * TAPER) for n in image.shape))
    return np.asarray((image - np.median(image)) * window)


def _placed(shift: FloatArray, magnification: float, middle: FloatArray) -> Placed:
    matrix = np.eye(3)
    matrix[:2, 2] = shift
    return Placed(enlarged(magnification, middle) @ matrix, magnification * shift)


def enlarged(magnification: float, middle: FloatArray) -> FloatArray:
    """Give the matrix of a magnification about a point."""
    matrix = np.diag([magnification, magnification, 1.0])
    matrix[:2, 2] = middle * (1 - magnification)
    return matrix
