"""Regions drawn in a viewer as voxels of a stack: shapes, points and labels."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from napari.layers import Points, Shapes
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
    selected : bool
        Whether it is selected in its layer.
    """

    name: str
    color: Any
    box: tuple[slice, slice, slice]
    mask: npt.NDArray[np.bool_]
    selected: bool = False

    @property
    def size(self) -> int:
        """Number of voxels."""
        return int(self.mask.sum())


def regions_of(layer: Any, like: Any, depth: int, shown: float = np.nan) -> list[Region]:
    """Give the regions of a layer as voxels of a stack, the first `MOST` of them.

    Parameters
    ----------
    layer : Shapes or Points layer
        With two axes it is of (y, x), and lies in the slice shown.
    like : Image layer
        Of the stack, (energy, z, y, x).
    depth : int
        Slices on either side of a flat shape, and the radius of a point, in voxels.
    shown : float, voxel
        The slice z that is shown; NaN where none is.
    """
    shape = like.data.shape[-3:]
    make: Any = _shape if isinstance(layer, Shapes) else _point if isinstance(layer, Points) else None
    if make is None:
        return []
    found = [make(layer, i, like, depth, shape, shown) for i in range(min(len(layer.data), MOST))]
    return [r for r in found if r is not None and r.size]


@dataclass(frozen=True, slots=True, eq=False)
class LabelRegions:
    """The regions of a labels layer, which take long enough to find that a worker does it.

    Attributes
    ----------
    values : (z, y, x) int
    selected : int
        The label that is selected; of more than `MOST` it is the only one.
    color_of : callable
        Gives the colour of a label.
    kind : str
        What a label stands for: 'label', 'particle'.
    """

    values: Any
    selected: int
    color_of: Any
    kind: str

    def find(self) -> list[Region]:
        """Give the regions of the labels."""
        from scipy.ndimage import find_objects

        values = np.asarray(self.values)
        present = {n: box for n, box in enumerate(find_objects(values), 1) if box is not None}
        if len(present) > MOST:
            present = {n: box for n, box in present.items() if n == self.selected}
        return [
            Region(f"{self.kind} {n}", self.color_of(n), box, values[box] == n, n == self.selected)
            for n, box in present.items()
        ]


def _voxels(layer: Any, points: Any, like: Any, shown: float) -> npt.NDArray[np.float64]:
    """Give points (n, 2 or more) of a layer as voxel indices (n, 3) of a stack; z is the slice shown where the layer has none."""
    own = np.asarray(points, float) * np.asarray(layer.scale) + np.asarray(layer.translate)
    scale, shift = np.asarray(like.scale)[-3:], np.asarray(like.translate)[-3:]
    if own.shape[1] >= 3:
        return (own[:, -3:] - shift) / scale
    return np.column_stack([np.full(len(own), shown), (own - shift[-2:]) / scale[-2:]])


def _shape(layer: Shapes, index: int, like: Any, depth: int, shape: tuple[int, ...], shown: float) -> Region | None:
    corners = _voxels(layer, outline_of(layer, index), like, shown)
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
    selected = index in layer.selected_data
    return _clipped(f"{kind} {index + 1}", layer.edge_color[index], start, mask, shape, selected)


def _point(layer: Points, index: int, like: Any, depth: int, shape: tuple[int, ...], shown: float) -> Region | None:
    at = _voxels(layer, layer.data[index : index + 1], like, shown)[0]
    if np.isnan(at).any():
        return None
    middle = np.rint(at).astype(int)
    ball = sum(np.square(np.ogrid[tuple(slice(-depth, depth + 1) for _ in range(3))][a]) for a in range(3)) <= depth**2
    selected = index in layer.selected_data
    return _clipped(f"point {index + 1}", layer.face_color[index], middle - depth, np.asarray(ball), shape, selected)


def _clipped(
    name: str, color: Any, start: Any, mask: npt.NDArray[np.bool_], shape: tuple[int, ...], selected: bool
) -> Region | None:
    """Leave of a region what lies in the volume."""
    low = np.maximum(start, 0)
    high = np.minimum(np.asarray(start) + mask.shape, shape)
    if np.any(high <= low):
        return None
    inside = tuple(slice(int(a - s), int(b - s)) for a, b, s in zip(low, high, start, strict=True))
    z, y, x = (slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    return Region(name, np.array(color), (z, y, x), mask[inside], selected)
