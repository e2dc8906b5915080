"""What of a thresholded volume is the sample: bodies kept and removed by size, by border, by number and by place."""

import numpy as np
import numpy.typing as npt

from ..errors import DataError
from .parameters import Vertices
from .slabs import of_bodies, sizes_of

Mask = npt.NDArray[np.bool_]


def inscribed_circle(shape: tuple[int, ...]) -> Mask | None:
    """Pixels (y, x) of a square slice that every projection saw; None when the slice is not square."""
    rows, columns = shape[-2:]
    if rows != columns or rows < 8:
        return None
    offset = np.arange(rows) - (rows - 1) / 2
    return np.asarray(np.hypot(offset[:, None], offset) <= rows / 2)


def drawn_region(shape: tuple[int, int, int], region: Vertices | None, region_z: tuple[int, int] | None) -> Mask | None:
    """Voxels inside a polygon (y, x) and a range of slices; None when neither is given.

    Raises
    ------
    DataError
        If the polygon has fewer than three corners, or there is no voxel in the region.
    """
    if region is None and region_z is None:
        return None
    inside = np.ones(shape, bool)
    if region is not None:
        from skimage.draw import polygon2mask

        if len(region) < 3:
            raise DataError(f"A drawn region needs three corners or more; it has {len(region)}.")
        inside &= polygon2mask(shape[1:], np.asarray(region, float))
    if region_z is not None:
        first, end = region_z
        inside[: max(first, 0)] = False
        inside[max(end, 0) :] = False
    if not inside.any():
        raise DataError(
            f"No voxel of the volume (z, y, x) = {shape} lies in the drawn region: draw it inside the volume."
        )
    return inside


def remove_small(mask: Mask, min_size: int) -> Mask:
    """Remove bodies (joined by faces) of fewer than `min_size` voxels."""
    from scipy.ndimage import label

    if min_size <= 1:
        return mask
    bodies, count = label(mask)
    keep = sizes_of(bodies, count) >= min_size
    keep[0] = False
    return of_bodies(bodies, keep)


def select_bodies(
    mask: Mask,
    *,
    max_size: int | None = None,
    clear_border: bool = False,
    keep_largest: int | None = None,
    circle: Mask | None = None,
) -> Mask:
    """Keep the bodies (joined by faces, edges or corners) that are sample.

    Parameters
    ----------
    mask : (z, y, x) bool
    max_size : int or None
        Larger bodies are removed.
    clear_border : bool
        Whether bodies that touch a face of the volume are removed.
    keep_largest : int or None
        How many bodies stay at most, after the other two.
    circle : (y, x) bool or None
        Bodies with more than half of their voxels outside it are removed.
    """
    from scipy.ndimage import generate_binary_structure, label

    if (
        max_size is None
        and not clear_border
        and keep_largest is None
        and (circle is None or not any(plane[~circle].any() for plane in mask))
    ):
        return mask
    bodies, count = label(mask, generate_binary_structure(3, 3))
    sizes = sizes_of(bodies, count)
    keep = sizes > 0
    if circle is not None:
        outside = sum(np.bincount(plane[~circle], minlength=count + 1) for plane in bodies)
        keep &= 2 * outside <= sizes
    if max_size is not None:
        keep &= sizes <= max_size
    if clear_border:
        for axis in (a for a in range(3) if mask.shape[a] > 1):
            for face in (0, -1):
                keep[np.unique(bodies.take(face, axis=axis))] = False
    keep[0] = False
    if keep_largest is not None and keep.sum() > keep_largest:
        order = np.argsort(np.where(keep, sizes, 0), kind="stable")[::-1]
        keep[order[keep_largest:]] = False
    return of_bodies(bodies, keep)
