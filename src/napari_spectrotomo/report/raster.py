"""Which triangle is seen at every pixel: a depth buffer on plain arrays.

The triangles of marching cubes are about as large as a voxel, so all are filled at once, by array operations over the few
pixels each covers (edge functions, Pineda 1988).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
_FRAGMENTS = 2_000_000


def depth_buffer(
    points: Floats, faces: npt.NDArray[np.integer], side: int
) -> tuple[npt.NDArray[np.int64], Floats, Floats]:
    """Find which triangle is nearest at every pixel.

    Parameters
    ----------
    points : (V, 3)
        Column, row and distance of every vertex, in pixels; the centre of pixel (0, 0) is at 0.5.
    faces : (F, 3) int
    side : int
        Pixels a side.

    Returns
    -------
    face : (side, side) int
        Nearest triangle, -1 where there is none.
    weights : (side, side, 3)
        Barycentric weights of its corners there.
    depth : (side, side)
        Its distance there, infinite where there is none.
    """
    face = np.full(side * side, -1, np.int64)
    depth = np.full(side * side, np.inf)
    planes = _barycentric(points[faces, :2])
    away = np.einsum("fck,fc->fk", planes, points[faces, 2])
    rows = points[faces, 1]
    first = np.clip(np.ceil(rows.min(axis=1, initial=np.inf) - 0.5), 0, side).astype(np.int64)
    count = np.clip(np.floor(rows.max(axis=1, initial=-np.inf) - 0.5) + 1, 0, side).astype(np.int64) - first
    count[~np.isfinite(planes).all(axis=(1, 2)) | (count < 0)] = 0
    for t, row in _in_batches(np.arange(len(faces)), first, count):
        start, stop = _spans(planes[t], row + 0.5, side)
        for k, column in _in_batches(np.arange(len(t)), start, np.maximum(stop - start, 0)):
            triangle, pixel = t[k], row[k] * side + column
            distance = np.einsum(
                "nk,nk->n", away[triangle], np.column_stack([np.ones(len(k)), column + 0.5, row[k] + 0.5])
            )
            np.minimum.at(depth, pixel, distance)
            nearest = distance == depth[pixel]
            face[pixel[nearest]] = triangle[nearest]
    drawn = np.flatnonzero(face >= 0)
    weights = np.zeros((side * side, 3))
    place = np.column_stack([np.ones(len(drawn)), drawn % side + 0.5, drawn // side + 0.5])
    weights[drawn] = np.einsum("nck,nk->nc", planes[face[drawn]], place)
    return face.reshape(side, side), weights.reshape(side, side, 3), depth.reshape(side, side)


def _barycentric(corners: Floats) -> Floats:
    """Give the corner weights of triangles (F, corner, (x, y)) as planes (F, corner, (1, x, y)); NaN for degenerate ones."""
    x, y = corners[..., 0], corners[..., 1]
    b, c = np.roll(np.arange(3), -1), np.roll(np.arange(3), -2)
    planes = np.stack([x[:, b] * y[:, c] - x[:, c] * y[:, b], y[:, b] - y[:, c], x[:, c] - x[:, b]], axis=-1)
    twice = planes[..., 0].sum(axis=1)
    return planes / np.where(np.abs(twice) > 1e-9, twice, np.nan)[:, None, None]


def _spans(planes: Floats, y: Floats, side: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Give first and last + 1 column that triangles cover at height `y`: where none of the three weights is negative."""
    constant, slope = planes[..., 0] + planes[..., 2] * y[:, None], planes[..., 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        zero = -constant / slope
    left = np.where(slope > 0, zero, np.where((slope == 0) & (constant < 0), np.inf, -np.inf)).max(axis=1)
    right = np.where(slope < 0, zero, np.inf).min(axis=1)
    start = np.clip(np.ceil(left - 0.5 - 1e-9), 0, side).astype(np.int64)
    return start, np.clip(np.floor(right - 0.5 + 1e-9) + 1, 0, side).astype(np.int64)


def _in_batches(
    items: npt.NDArray[np.int64], first: npt.NDArray[np.int64], count: npt.NDArray[np.int64]
) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Repeat every item `count` times, beside numbers that run up from its `first`, in batches of bounded size."""
    items, first, count = (values[count > 0] for values in (items, first, count))
    batch = np.cumsum(count) // _FRAGMENTS
    for start, stop in pairwise([0, *(np.flatnonzero(np.diff(batch)) + 1), len(items)]):
        n = count[start:stop]
        running = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n)
        yield np.repeat(items[start:stop], n), np.repeat(first[start:stop], n) + running
