"""Outlines of a slice or a projection, to lay those of two energies over each other."""

from typing import Any

import numpy as np
import numpy.typing as npt

from ..arrays import as_numbers
from ..errors import DataError


def canny_contours(image: Any, sigma: float = 2.0) -> npt.NDArray[np.bool_]:
    """Find the outlines in an image, whatever its grey scale.

    Canny's detector (Canny 1986), its two thresholds at a tenth and a fifth of the slope that a step over the image's whole
    contrast has.

    Parameters
    ----------
    image : (y, x)
        Bool or numbers; NaN where unknown.
    sigma : float, pixel
        Gaussian smoothing.

    Returns
    -------
    (y, x) bool
        True on outlines one pixel wide; nowhere in an image without contrast, and not beside unknown pixels.

    Raises
    ------
    DataError
        If the image is not 2-D or holds no numbers, or `sigma` is no number from 0 up.
    """
    from skimage.feature import canny

    grey = as_numbers(image, "pixels")
    width = as_numbers(sigma, "widths of smoothing")
    if grey.ndim != 2:
        raise DataError(f"Contours are drawn in an image (y, x); this array has {grey.ndim} axes.")
    if width.ndim or not (np.isfinite(width) and width >= 0):
        raise DataError(f"The smoothing of contours is one number of pixels, 0 or more; found {sigma}.")
    sigma = float(width)
    known = np.isfinite(grey)
    if not known.any():
        return np.zeros(grey.shape, bool)
    low, high = np.percentile(grey[known], [0.5, 99.5])
    if not high > low:
        low, high = float(grey[known].min()), float(grey[known].max())
        if not high > low:
            return np.zeros(grey.shape, bool)
    scaled = np.clip((np.where(known, grey, low) - low) / (high - low), 0, 1)
    # what Sobel's kernel (eight times the slope) gives at a step of height 1 smoothed by sigma, down to a bare step's 4
    slope = 8 / np.sqrt(2 * np.pi * sigma**2 + 4)
    mask = None if known.all() else known
    return np.asarray(canny(scaled, sigma=sigma, low_threshold=0.1 * slope, high_threshold=0.2 * slope, mask=mask))
