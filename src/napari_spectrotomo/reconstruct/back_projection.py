"""Back-projection of a block of slices at once: they share one geometry, so each weight is found once for all of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from numba import njit

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
TILE = 32
"""Side of the squares of a slice that are done one after the other, so that what they need of a view stays in the cache."""


WIDE = 32
"""Slices that are done at once where their number is a multiple of it: the compiler then fills its widest registers."""


def padded(slices: int) -> int:
    """Give the number of slices to lay out for so many: few stay few, more are filled up to a multiple of `WIDE`."""
    return slices if slices < WIDE // 4 else -(-slices // WIDE) * WIDE


def back_project_tile(
    views: Float32, columns: Float64, top: int, left: int, middle: float, circle: float, tile: Float32
) -> None:
    """Sum, over all views, what each shows at the places of one tile of a block of slices.

    Interpolation is linear between columns. The slices are innermost, side by side in memory; `padded` tells how many are quick.

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
    sum_up = _by_wide if tile.shape[2] % WIDE == 0 else _by_any
    sum_up(views, columns, top, left, middle, circle, tile)


def _summing(multiple: int) -> Callable[..., None]:
    """Build the kernel for numbers of slices that are a multiple of some number, which the compiler then knows.

    Four views are done at a time: a sum is fetched and stored once for all of them.
    """

    @njit(nogil=True, cache=True, fastmath=True, boundscheck=False)
    def kernel(
        views: Float32, columns: Float64, top: int, left: int, middle: float, circle: float, tile: Float32
    ) -> None:
        count, slices = views.shape[0], views.shape[2] // multiple * multiple
        height, width = tile.shape[:2]
        tile[:] = 0
        one = np.float32(1.0)
        fours = count - count % 4
        x = left - middle
        for v in range(0, fours, 4):
            first, second, third, fourth = views[v], views[v + 1], views[v + 2], views[v + 3]
            a, b, c, d = columns[v, 0], columns[v + 1, 0], columns[v + 2, 0], columns[v + 3, 0]
            for j in range(height):
                y, row = top + j - middle, tile[j]
                begin, end = _within(circle - y * y, x, width)
                p0 = a * x + columns[v, 1] * y + columns[v, 2]
                q0 = b * x + columns[v + 1, 1] * y + columns[v + 1, 2]
                r0 = c * x + columns[v + 2, 1] * y + columns[v + 2, 2]
                t0 = d * x + columns[v + 3, 1] * y + columns[v + 3, 2]
                for i in range(begin, end):
                    p, q, r, t = p0 + a * i, q0 + b * i, r0 + c * i, t0 + d * i
                    kp, kq, kr, kt = int(p), int(q), int(r), int(t)
                    fp, fq, fr, ft = np.float32(p - kp), np.float32(q - kq), np.float32(r - kr), np.float32(t - kt)
                    gp, gq, gr, gt = one - fp, one - fq, one - fr, one - ft
                    pl, ph, ql, qh = first[kp], first[kp + 1], second[kq], second[kq + 1]
                    rl, rh, tl, th = third[kr], third[kr + 1], fourth[kt], fourth[kt + 1]
                    out = row[i]
                    for s in range(slices):
                        out[s] += (
                            gp * pl[s]
                            + fp * ph[s]
                            + gq * ql[s]
                            + fq * qh[s]
                            + gr * rl[s]
                            + fr * rh[s]
                            + gt * tl[s]
                            + ft * th[s]
                        )
        for v in range(fours, count):
            for j in range(height):
                y, row = top + j - middle, tile[j]
                begin, end = _within(circle - y * y, x, width)
                p0 = columns[v, 0] * x + columns[v, 1] * y + columns[v, 2]
                for i in range(begin, end):
                    p = p0 + columns[v, 0] * i
                    kp = int(p)
                    fp = np.float32(p - kp)
                    gp, pl, ph, out = one - fp, views[v, kp], views[v, kp + 1], row[i]
                    for s in range(slices):
                        out[s] += gp * pl[s] + fp * ph[s]

    return kernel


@njit(nogil=True, cache=True)
def _within(square: float, left: float, width: int) -> tuple[int, int]:
    """Give the first and the end of those voxels of a row, at x from `left` on, whose x² is at most `square`."""
    if square < 0:
        return 0, 0
    half = np.sqrt(square)
    return max(0, int(np.ceil(-half - left))), min(width, int(np.floor(half - left)) + 1)


_by_wide, _by_any = _summing(WIDE), _summing(1)


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
