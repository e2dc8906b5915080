"""Masks made ready for the solver: noise voted away, cropped to what there is, and the frame in which they are of unit size."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..overlap import Mask, Matrix, bounding_box

NOISY = 1e-3
MARGIN = 8


@dataclass(frozen=True, slots=True, eq=False)
class PreparedPair:
    """Two masks on one index grid that starts at `origin`.

    Attributes
    ----------
    fixed, moving : bool arrays, cropped
    origin : (n,) int
        Index of their first voxel in the masks as given.
    center : (n,) float64
        Centre of the fixed surface, as an index of the cropped arrays.
    extent : (n,) float64
        Root mean square distance of the fixed surface from its centre along each axis, in voxels.
    """

    fixed: Mask
    moving: Mask
    origin: npt.NDArray[np.int64]
    center: npt.NDArray[np.float64]
    extent: npt.NDArray[np.float64]

    def to_crop(self, matrix: Matrix) -> Matrix:
        """Carry a matrix between the given masks to the cropped ones."""
        shift = self._shift()
        return np.asarray(np.linalg.inv(shift) @ matrix @ shift)

    def from_crop(self, matrix: Matrix) -> Matrix:
        """Carry a matrix between the cropped masks to the given ones."""
        shift = self._shift()
        return np.asarray(shift @ matrix @ np.linalg.inv(shift))

    def _shift(self) -> Matrix:
        shift = np.eye(len(self.origin) + 1)
        shift[:-1, -1] = self.origin
        return shift


def vote_noise_away(*masks: Mask) -> tuple[Mask, ...]:
    """Replace every voxel by the majority of its 3 x 3 (x 3) neighbourhood, in all masks, if one of them has salt-and-pepper noise.

    Clean masks are given back as they are: voting rounds cracks off, and it must round off the same in both.
    """
    if not any(_alone(mask) > NOISY for mask in masks):
        return masks
    from scipy.ndimage import uniform_filter

    return tuple(np.asarray(uniform_filter(mask.astype(np.float32), 3) > 0.5) for mask in masks)


def _alone(mask: Mask) -> float:
    """Share of voxels that differ from all their face neighbours, which in a mask of bodies are next to none."""
    differs = np.ones(mask.shape, bool)
    for axis in range(mask.ndim):
        line = np.moveaxis(mask, axis, 0)
        alone = np.moveaxis(differs, axis, 0)
        step = line[1:] != line[:-1]
        alone[1:] &= step
        alone[:-1] &= step
    return float(differs.mean())


def prepare(fixed: Mask, moving: Mask) -> PreparedPair:
    """Crop two masks that are not empty to a box that holds both, with a margin as far as their fields reach."""
    boxes = [bounding_box(fixed), bounding_box(moving)]
    spans = np.array([[(s.start, s.stop) for s in box] for box in boxes if box is not None])
    start = np.maximum(spans[:, :, 0].min(0) - MARGIN, 0)
    stop = spans[:, :, 1].max(0) + MARGIN
    cut = tuple(slice(a, b) for a, b in zip(start, stop, strict=True))
    center, extent = _surface_frame(fixed[cut])
    return PreparedPair(np.ascontiguousarray(fixed[cut]), np.ascontiguousarray(moving[cut]), start, center, extent)


def _surface_frame(mask: Mask) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Centre and extent of the voxels at the surface, where all of the masks' gradient is."""
    from scipy.ndimage import binary_erosion

    surface = np.argwhere(mask & ~binary_erosion(mask))
    if len(surface) == 0:
        surface = np.argwhere(mask)
    extent = surface.std(axis=0)
    return surface.mean(axis=0), np.maximum(extent, 1.0)
