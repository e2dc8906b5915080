"""The particles as a body with a map on its surface and on a cut through it: triangles, worked out in a worker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...segment import particle_surface

Corners = npt.NDArray[np.float32]
Faces = npt.NDArray[np.int32]
Labels = npt.NDArray[np.integer]

_MOST_SKIN = 80_000
"""Voxels of the skin that are drawn; larger bodies are drawn from every second, third … voxel."""
_MOST_CUT = 250_000
_PROUD = (
    0.02  # voxels by which the cut stands before the plane that clips, which would else take it away here and there
)
_SQUARE = np.array([[-0.5, -0.5], [-0.5, 0.5], [0.5, 0.5], [0.5, -0.5]], np.float32)
_HALVES = np.array([[0, 1, 2], [0, 2, 3]], np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """The surface of all particles.

    Attributes
    ----------
    corners : (n, 3) float32, voxels
    faces : (m, 3) int32
    voxels : (n, 3) int
        The particle's voxel nearest to each corner: what its map says is painted there.
    box : (2, 3) int, voxels
        First and last voxel of the particles.
    fullest : (3,) int, voxels
        Along each axis the slice with most of them.
    """

    corners: Corners
    faces: Faces
    voxels: npt.NDArray[np.intp]
    box: npt.NDArray[np.intp]
    fullest: npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """Triangles with a value at every corner; without `values` they are of what is unknown."""

    corners: Corners
    faces: Faces
    values: npt.NDArray[np.float32] | None = None

    def __bool__(self) -> bool:
        """Whether there is anything to draw."""
        return len(self.faces) > 0


@dataclass(frozen=True, slots=True)
class Cut:
    """A plane that cuts the body open.

    Attributes
    ----------
    axis : int
        0, 1 or 2, for z, y or x.
    at : int, voxels
        The slice that is seen on the cut.
    flipped : bool
        Whether what lies before that slice is kept, instead of what lies behind.
    """

    axis: int
    at: int
    flipped: bool = False

    @property
    def position(self) -> float:
        """Where the plane lies along its axis, in voxels: at the outer face of the slice."""
        return self.at + 0.5 if self.flipped else self.at - 0.5

    @property
    def inward(self) -> npt.NDArray[np.float64]:
        """The direction, (z, y, x), from the plane to what is kept."""
        return np.eye(3)[self.axis] * (-1 if self.flipped else 1)


def body_of(labels: Labels) -> Body | None:
    """Find the surface of all particles, some tenths of a second; None where there is none, or the labels are one slice.

    Parameters
    ----------
    labels : (z, y, x) int
    """
    from scipy.ndimage import binary_erosion
    from scipy.spatial import cKDTree

    sample = labels > 0
    if min(labels.shape) < 2 or not sample.any():
        return None
    inside = np.argwhere(sample)
    box = np.stack([inside.min(axis=0), inside.max(axis=0)])
    near = tuple(slice(max(0, a - 1), b + 2) for a, b in box.T)
    skin = np.argwhere(sample[near] & ~binary_erosion(sample[near])) + [s.start for s in near]
    step = int(np.ceil((len(skin) / _MOST_SKIN) ** 0.5))
    surface = particle_surface(sample[::step, ::step, ::step])
    corners = np.clip(surface.vertices * np.float32(step), 0, np.array(labels.shape, np.float32) - 1)
    nearest = cKDTree(skin).query(corners)[1]
    fullest = [int(np.bincount(inside[:, axis]).argmax()) for axis in range(3)]
    return Body(corners, surface.faces, skin[nearest], box, np.array(fullest))


def painted(body: Body, values: npt.NDArray[np.floating]) -> tuple[Mesh, Mesh]:
    """Paint a map, (z, y, x), on the surface: the triangles with a value at every corner, and those without."""
    found = values[tuple(body.voxels.T)].astype(np.float32)
    known = np.isfinite(found)
    whole = known[body.faces].all(axis=1)
    # corners of no triangle need a number, or the range of the values were unknown
    filled = np.where(known, found, found[known].mean() if known.any() else 0).astype(np.float32)
    return Mesh(body.corners, body.faces[whole], filled), Mesh(body.corners, body.faces[~whole])


def opened(labels: Labels, values: npt.NDArray[np.floating], cut: Cut) -> tuple[Mesh, Mesh]:
    """Paint a map, (z, y, x), on a cut, a square a voxel: those with a value, and those of the sample without."""
    sample, shown = np.take(labels, cut.at, cut.axis) > 0, np.take(values, cut.at, cut.axis)
    step = int(np.ceil((np.count_nonzero(sample) / _MOST_CUT) ** 0.5)) or 1
    sample, shown = sample[::step, ::step], shown[::step, ::step]
    known = sample & np.isfinite(shown)
    return _squares(known, cut, step, shown[known]), _squares(sample & ~known, cut, step)


def joined(*meshes: Mesh) -> Mesh:
    """Give several meshes of what is unknown as one."""
    starts = np.cumsum([0, *(len(m.corners) for m in meshes)])
    faces = [m.faces + np.int32(start) for m, start in zip(meshes, starts, strict=False)]
    return Mesh(np.concatenate([m.corners for m in meshes]), np.concatenate(faces))


def _squares(where: npt.NDArray[np.bool_], cut: Cut, step: int, values: Any = None) -> Mesh:
    places = np.argwhere(where).astype(np.float32)
    flat = ((places[:, None] + _SQUARE) * step).reshape(-1, 2)
    height = cut.position + _PROUD * float(cut.inward[cut.axis])
    corners = np.insert(flat, cut.axis, height, axis=1).astype(np.float32)
    faces = (4 * np.arange(len(places), dtype=np.int32)[:, None, None] + _HALVES).reshape(-1, 3)
    return Mesh(corners, faces, None if values is None else np.repeat(values.astype(np.float32), 4))
