"""The surface of a particle as triangles, with a value of a map at every corner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..arrays import as_voxel_size
from ..errors import DataError

_STEPS = 12  # of smoothing, each a step in and a step out
_IN, _OUT = 0.5, -0.53  # Taubin 1995: shrinking and swelling in turn smooth without loss of volume


@dataclass(frozen=True, slots=True)
class Surface:
    """A closed surface of triangles.

    Attributes
    ----------
    vertices : (n, 3) float32, nm, or voxel where the voxel size is not known
        Corners in (z, y, x); the middle of the first voxel is at 0.
    faces : (m, 3) int32
        Corners of every triangle, counter-clockwise seen from outside in a right-handed (x, y, z).
    values : (n,) float32, or None
        What the map says at every corner; NaN only where the particle has no finite voxel at all.
    """

    vertices: npt.NDArray[np.float32]
    faces: npt.NDArray[np.int32]
    values: npt.NDArray[np.float32] | None = None


def particle_surface(
    labels: Any,
    particle: int | None = None,
    *,
    values: Any = None,
    voxel_size: Any = None,
    smooth: float = 1.0,
) -> Surface:
    """Give the surface of a particle, coloured by a map.

    Marching cubes (Lewiner et al. 2003) on the particle's voxels, which finds sheets of a single voxel too, then smoothed in turns
    of shrinking and swelling (Taubin 1995), so that the steps between voxels go and the volume stays. The particle is closed
    where the field of view cuts it.

    Parameters
    ----------
    labels : (z, y, x) int or bool
        0 is background.
    particle : int or None
        Its number; None takes all of them as one body.
    values : (z, y, x) float, optional
        A map, such as the edge energy; every corner takes the value of the nearest finite voxel of the particle.
    voxel_size : (3,) or float, nm, optional
        Of (z, y, x). Without one, corners are in voxels.
    smooth : float, voxel
        How far a corner may move, at most, along each axis; 0 leaves the steps between voxels.

    Returns
    -------
    Surface

    Raises
    ------
    DataError
        If the labels are no volume, have no such particle, or the map or the voxel size does not fit them.

    Examples
    --------
    >>> import numpy as np
    >>> ball = np.sum((np.indices((20, 20, 20)) - 9.5) ** 2, axis=0) < 49
    >>> surface = particle_surface(ball, voxel_size=10.0)
    >>> bool(np.all(np.abs(np.linalg.norm(surface.vertices - 95, axis=1) - 70) < 10))
    True
    """
    sample, box = _voxels_of(labels, particle)
    size = _size(voxel_size)
    steps, faces = _marched(sample)
    corners = steps if smooth <= 0 else steps + np.clip(_smoothed(steps, faces) - steps, -smooth, smooth)
    start = np.array([s.start for s in box], np.float32)
    found = None if values is None else _values_at(steps * size, _within(values, labels, box), sample, size)
    return Surface(((corners + start) * size).astype(np.float32), faces, found)


def _voxels_of(labels: Any, particle: int | None) -> tuple[npt.NDArray[np.bool_], tuple[slice, ...]]:
    """Give the voxels of a particle in the box around it, and where that box lies."""
    from scipy.ndimage import find_objects

    volume = np.asarray(labels)
    if volume.ndim != 3 or volume.dtype.kind not in "biu":
        raise DataError(f"Labels are whole numbers over (z, y, x); found {volume.ndim} axes of {volume.dtype}.")
    sample = volume != 0 if particle is None else volume == particle
    box = find_objects(sample.astype(np.uint8))
    if not box or particle == 0:
        raise DataError(
            "There is no particle in the labels." if particle is None else f"There is no particle {particle}."
        )
    return sample[box[0]], box[0]


def _size(voxel_size: Any) -> npt.NDArray[np.float32]:
    size = as_voxel_size(voxel_size)
    return np.ones(3, np.float32) if size is None else size.astype(np.float32)


def _within(values: Any, labels: Any, box: tuple[slice, ...]) -> npt.NDArray[np.float32]:
    volume = np.asarray(values)
    if volume.shape != np.shape(labels):
        raise DataError(f"The map is {volume.shape}, the labels are {np.shape(labels)}: they must be on one grid.")
    return volume[box].astype(np.float32)


def _marched(sample: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int32]]:
    from skimage.measure import marching_cubes

    corners, faces, _, _ = marching_cubes(np.pad(sample, 1).astype(np.float32), 0.5)
    return (corners - 1).astype(np.float32), np.ascontiguousarray(faces, np.int32)


def _smoothed(corners: npt.NDArray[np.float32], faces: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
    from scipy.sparse import coo_array, diags_array

    pairs = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    both = np.concatenate([pairs, pairs[:, ::-1]])
    touching = coo_array((np.ones(len(both), np.float32), (both[:, 0], both[:, 1])), shape=(len(corners),) * 2).tocsr()
    mean_of_neighbours = diags_array((1 / touching.sum(axis=1)).astype(np.float32)) @ touching
    for _ in range(_STEPS):
        for step in (_IN, _OUT):
            corners = corners + np.float32(step) * (mean_of_neighbours @ corners - corners)
    return corners


def _values_at(
    corners: npt.NDArray[np.float32],
    values: npt.NDArray[np.float32],
    sample: npt.NDArray[np.bool_],
    size: npt.NDArray[np.float32],
) -> npt.NDArray[np.float32]:
    from scipy.ndimage import binary_erosion
    from scipy.spatial import cKDTree

    known = sample & np.isfinite(values)
    if not known.any():
        return np.full(len(corners), np.nan, np.float32)
    skin = known & ~binary_erosion(known)  # what is nearest from outside lies on the rim of what is known
    nearest = cKDTree(np.argwhere(skin) * size).query(corners)[1]
    return values[skin][nearest]
