"""Regions drawn in a viewer as voxels of a stack: shapes, points and labels."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from napari.layers import Labels, Points, Shapes
from skimage.draw import line, polygon

from ..outline import outline_of

MOST = 8
"""Regions of one layer that are followed; more could not be told apart in a plot."""


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """Voxels of a stack.

    Attributes
    ----------
    name : str
    color : (4,) RGBA, 0..1
    box : tuple of 3 slices
        Where it lies in (z, y, x).
    mask : bool array
        Of the box's shape.
    """

    name: str
    color: Any
    box: tuple[slice, slice, slice]
    mask: npt.NDArray[np.bool_]

    @property
    def size(self) -> int:
        """Number of voxels."""
        return int(self.mask.sum())


def regions_of(layer: Any, like: Any, depth: int) -> list[Region]:
    """Give the regions of a layer as voxels of a stack.

    Parameters
    ----------
    layer : Shapes, Points or Labels layer
    like : Image layer
        Of the stack, (energy, z, y, x).
    depth : int
        Slices on either side of a flat shape, and the radius of a point, in voxels.
    """
    shape = like.data.shape[-3:]
    if isinstance(layer, Shapes):
        found = [_shape(layer, i, like, depth, shape) for i in range(min(len(layer.data), MOST))]
    elif isinstance(layer, Points):
        found = [_point(layer, i, like, depth, shape) for i in range(min(len(layer.data), MOST))]
    elif isinstance(layer, Labels) and layer.data.shape == tuple(shape):
        found = [_label(layer, shape)]
    else:
        found = []
    return [r for r in found if r is not None and r.size]


def _voxels(layer: Any, points: Any, like: Any) -> npt.NDArray[np.float64]:
    """Give points (n, 2 or more) of a layer as voxel indices (n, 3) of a stack; z is NaN where the layer has none."""
    own = np.asarray(points, float) * np.asarray(layer.scale) + np.asarray(layer.translate)
    scale, shift = np.asarray(like.scale)[-3:], np.asarray(like.translate)[-3:]
    if own.shape[1] >= 3:
        return (own[:, -3:] - shift) / scale
    return np.column_stack([np.full(len(own), np.nan), (own - shift[-2:]) / scale[-2:]])


def _shape(layer: Shapes, index: int, like: Any, depth: int, shape: tuple[int, ...]) -> Region | None:
    corners = _voxels(layer, outline_of(layer, index), like)
    if np.isnan(corners).any():
        return None
    flat = int(np.argmin(np.ptp(corners, axis=0)))
    across = [a for a in range(3) if a != flat]
    outline = corners[:, across]
    kind = layer.shape_type[index]
    low = np.floor(outline.min(axis=0)).astype(int)
    extent = np.ceil(outline.max(axis=0)).astype(int) - low + 2
    plane = np.zeros(extent, bool)
    if kind in ("line", "path"):
        steps = np.rint(outline - low).astype(int)
        for first, last in pairwise(steps):
            plane[line(*first, *last)] = True
    else:
        plane[polygon(*(outline - low).T, plane.shape)] = True
    middle = round(float(corners[:, flat].mean()))
    mask = np.repeat(np.expand_dims(plane, flat), 2 * depth + 1, axis=flat)
    start = np.insert(low, flat, middle - depth)
    return _clipped(f"{kind} {index + 1}", layer.edge_color[index], start, mask, shape)


def _point(layer: Points, index: int, like: Any, depth: int, shape: tuple[int, ...]) -> Region | None:
    at = _voxels(layer, layer.data[index : index + 1], like)[0]
    if np.isnan(at).any():
        return None
    middle = np.rint(at).astype(int)
    ball = sum(np.square(np.ogrid[tuple(slice(-depth, depth + 1) for _ in range(3))][a]) for a in range(3)) <= depth**2
    return _clipped(f"point {index + 1}", layer.face_color[index], middle - depth, np.asarray(ball), shape)


def _label(layer: Labels, shape: tuple[int, ...]) -> Region | None:
    number = layer.selected_label
    mask = np.asarray(layer.data) == number
    if not number or not mask.any():
        return None
    where = [np.flatnonzero(mask.any(axis=tuple(b for b in range(3) if b != a))) for a in range(3)]
    box = tuple(slice(int(w[0]), int(w[-1]) + 1) for w in where)
    return Region(f"label {number}", layer.get_color(number), box, mask[box])  # type: ignore[arg-type]


def _clipped(name: str, color: Any, start: Any, mask: npt.NDArray[np.bool_], shape: tuple[int, ...]) -> Region | None:
    """Leave of a region what lies in the volume."""
    low = np.maximum(start, 0)
    high = np.minimum(np.asarray(start) + mask.shape, shape)
    if np.any(high <= low):
        return None
    inside = tuple(slice(int(a - s), int(b - s)) for a, b, s in zip(low, high, start, strict=True))
    box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    return Region(name, np.array(color), box, mask[inside])  # type: ignore[arg-type]
