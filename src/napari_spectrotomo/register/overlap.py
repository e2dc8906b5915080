"""How well two masks agree: the one definition of MSE and Dice that everything reports."""

import threading
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..arrays import as_array, as_numbers
from ..errors import RegistrationError

Mask = npt.NDArray[np.bool_]
Matrix = npt.NDArray[np.float64]


class Overlap(NamedTuple):
    """Mean squared error and Dice coefficient of two masks; NaN where they are not known."""

    mse: float
    dice: float


def as_mask(values: Any, name: str) -> Mask:
    """Take an array as a mask.

    Parameters
    ----------
    values : array
        Bool or whole numbers, of which non-zero is sample; or floats from 0 to 1, of which more than a half is. NaN is background.
    name : str
        What a message calls it.

    Raises
    ------
    RegistrationError
        If it holds no numbers, or floats that do not lie between 0 and 1, so that it is no mask.
    """
    array = np.asarray(as_array(values, f"voxels of the {name} mask", RegistrationError))
    if array.dtype.kind in "bui":
        return np.require(array if array.dtype == bool else array != 0, requirements=["C", "W"])
    low, high = (np.nanmin(array), np.nanmax(array)) if np.isfinite(array).any() else (0.0, 0.0)
    if low < 0 or high > 1:
        raise RegistrationError(
            f"The {name} mask holds values from {low:.3g} to {high:.3g}: registration is of masks (0 and 1); "
            "binarize the volume first."
        )
    return np.asarray(array > 0.5)


def mask_overlap(
    fixed: Any, moving: Any, matrix: Matrix | None = None, *, abort: threading.Event | None = None
) -> Overlap:
    """Compare a mask with another that is put on its grid.

    Parameters
    ----------
    fixed, moving : (z, y, x) or (y, x) masks
    matrix : (n + 1, n + 1), or None
        From a voxel of the fixed mask to the moving one; None leaves the moving one where it is. NaN gives NaN.

    abort : Event or None

    Returns
    -------
    Overlap
        ``mse`` of 0/1 masks over all fixed voxels, the moving one interpolated linearly, 0 outside its field; ``dice`` after
        thresholding that at a half (1 where both are empty).

    Raises
    ------
    RegistrationError
        If they are no masks, or not both of 2 or of 3 axes.
    Aborted
        If `abort` was set.
    """
    still, other = as_mask(fixed, "fixed"), as_mask(moving, "moving")
    n = still.ndim
    if other.ndim != n or n not in (2, 3):
        raise RegistrationError(f"Two masks of 2 or 3 axes each are compared; these have {n} and {other.ndim}.")
    pull = np.eye(n + 1) if matrix is None else as_numbers(matrix, "elements of a matrix", RegistrationError)
    if pull.shape != (n + 1, n + 1):
        raise RegistrationError(f"Masks of {n} axes are moved by a {n + 1} x {n + 1} matrix; found shape {pull.shape}.")
    if not np.all(np.isfinite(pull)):
        return Overlap(np.nan, np.nan)
    if matrix is None and still.shape == other.shape:
        return _lying(still, other)
    from .overlap_sums import sums

    squares, here, there, both = sums(solid(still), solid(other), solid_matrix(pull), abort)
    return Overlap(squares / still.size, 2 * both / (here + there) if here + there else 1.0)


def overlap_of_moved(fixed: Mask, moved: npt.NDArray[np.float32]) -> Overlap:
    """Compare a mask with another that lies on its grid already, interpolated; NaN is beyond its field and counts as 0.

    `moved` is used up: what is left in it are the squared differences.
    """
    known = np.nan_to_num(moved, copy=False)
    there = known >= 0.5
    both = int(np.count_nonzero(fixed)) + int(np.count_nonzero(there))
    both_there = int(np.count_nonzero(there & fixed))
    del there
    np.subtract(known, fixed, out=known)
    np.square(known, out=known)
    mse = float(np.mean(known, dtype=np.float64))
    return Overlap(mse, 2 * both_there / both if both else 1.0)


def _lying(still: Mask, other: Mask) -> Overlap:
    """Compare masks as they lie."""
    differ, both = int(np.count_nonzero(still ^ other)), int(np.count_nonzero(still & other))
    return Overlap(differ / still.size, 2 * both / (differ + 2 * both) if differ + both else 1.0)


def solid(mask: Mask) -> Mask:
    """Give an image as a volume of one slice."""
    return np.ascontiguousarray(mask).reshape((1,) * (3 - mask.ndim) + mask.shape)


def solid_matrix(matrix: Matrix) -> Matrix:
    """Carry a matrix of 2-D indices to 3-D ones."""
    start = 4 - len(matrix)
    out = np.eye(4)
    out[start:, start:] = matrix
    return out


def bounding_box(mask: Mask) -> tuple[slice, ...] | None:
    """Give the smallest box that holds all of a mask; None when it is empty."""
    from scipy.ndimage import find_objects

    found = find_objects(mask.view(np.uint8) if mask.flags.c_contiguous else mask.astype(np.uint8), max_label=1)
    return found[0] if found else None
