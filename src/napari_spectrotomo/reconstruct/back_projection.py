"""Back-projection of a block of slices at once: they share one geometry, so each weight is found once for all of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
TILE = 32
"""Side of the squares of a slice that are done one after the other, so that what they need of a view stays in the cache."""


@njit(nogil=True, cache=True, fastmath=True, boundscheck=False)
def back_project_tile(
    views: Float32, columns: Float64, top: int, left: int, middle: float, circle: float, tile: Float32
) -> None:
    """Sum, over all views, what each shows at the places of one tile of a block of slices.

    Interpolation is linear between columns. Two views are done at a time; the slices are innermost, side by side in memory.

    Parameters
    ----------
    views : (A, W, S) float32
        Filtered rows of S slices.
    columns : (A, 3) float64
        Column in `views` as ``a x + b y + c`` of a voxel's place from the middle, (x, y) = (column - middle, row - middle).
    top, left : int
        Where the tile begins.
    middle : float
        Row and column of the slices at which the axis is.
    circle : float
        Square of the radius beyond which a voxel stays 0.
    tile : (T, T, S) float32
        What is filled.
    """
    views_count, _, slices = views.shape
    height, width = tile.shape[:2]
    tile[:] = 0
    one = np.float32(1.0)
    paired = views_count - views_count % 2
    for v in range(0, paired, 2):
        first, second = views[v], views[v + 1]
        for j in range(height):
            y = top + j - middle
            for i in range(width):
                x = left + i - middle
                if x * x + y * y > circle:
                    continue
                p = columns[v, 0] * x + columns[v, 1] * y + columns[v, 2]
                q = columns[v + 1, 0] * x + columns[v + 1, 1] * y + columns[v + 1, 2]
                kp, kq = int(p), int(q)
                fp, fq = np.float32(p - kp), np.float32(q - kq)
                gp, gq = one - fp, one - fq
                p0, p1, q0, q1 = first[kp], first[kp + 1], second[kq], second[kq + 1]
                out = tile[j, i]
                for s in range(slices):
                    out[s] += gp * p0[s] + fp * p1[s] + gq * q0[s] + fq * q1[s]
    for v in range(paired, views_count):
        for j in range(height):
            y = top + j - middle
            for i in range(width):
                x = left + i - middle
                if x * x + y * y > circle:
                    continue
                p = columns[v, 0] * x + columns[v, 1] * y + columns[v, 2]
                k = int(p)
                f = np.float32(p - k)
                for s in range(slices):
                    tile[j, i, s] += (one - f) * views[v, k, s] + f * views[v, k + 1, s]


def tiles_of(rows: tuple[int, int], columns: tuple[int, int], middle: float, circle: float) -> list[tuple[int, int]]:
    """Give where the tiles (top, left) that touch the circle begin, of the part of a slice from row to row and column to column."""
    found = []
    for top in range(rows[0], rows[1], TILE):
        for left in range(columns[0], columns[1], TILE):
            y = np.clip(middle, top, top + TILE - 1) - middle
            x = np.clip(middle, left, left + TILE - 1) - middle
            if x * x + y * y <= circle:
                found.append((top, left))
    return found


@njit(nogil=True, cache=True)
def put_tile(tile: Float32, volume: Float32, top: int, left: int, scale: float) -> None:
    """Put a tile (T, T, S), times `scale`, into slices (S, Y, X) at (top, left), as far as it fits."""
    slices, rows, columns = volume.shape
    height, width = min(tile.shape[0], rows - top), min(tile.shape[1], columns - left)
    factor = np.float32(scale)
    for s in range(slices):
        for j in range(height):
            for i in range(width):
                volume[s, top + j, left + i] = factor * tile[j, i, s]


@njit(nogil=True, cache=True)
def slices_innermost(rows: Float32, out: Float32) -> None:
    """Write rows (S, W) as (W, S)."""
    slices, width = rows.shape
    for start in range(0, width, 16):
        for s in range(slices):
            for w in range(start, min(start + 16, width)):
                out[w, s] = rows[s, w]
