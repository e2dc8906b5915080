"""The compiled cubic spline: its coefficients, made in place, and its values at any points, row by row.

Volumes are continued as mirrors about the middle of their outermost voxels, as in scipy.ndimage with ``mode='mirror'``. The filter
and the spline are those of Unser, Aldroubi and Eden (IEEE Trans. Signal Process. 41, 834, 1993). Every line is filtered and every
point taken by itself, so that work may be cut anywhere without changing a bit. Kernels release the interpreter's lock.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]

POLE = np.float32(np.sqrt(3.0) - 2.0)
GAIN = np.float32(6.0)
HORIZON = 16
"""Voxels after which the filter's memory, which falls by `POLE` a voxel, is below what float32 holds."""

BEFORE, AFTER = 1, 2
"""Mirrored coefficients kept on either side, so that the four taps of a point within the field are always there."""

EDGE = 1e-6
"""How far outside the outermost voxels' middles a point (voxels) still counts as within the field: rounding, no more."""


@njit(nogil=True, cache=True)
def mirrored(index: int, size: int) -> int:
    """Give the voxel that a volume continued as a mirror has at an index."""
    if size == 1:
        return 0
    period = 2 * (size - 1)
    index = abs(index) % period
    return period - index if index >= size else index


@njit(nogil=True, cache=True)
def filter_first_axis(c: Float32, start: int, stop: int) -> None:
    """Filter rows `start` to `stop` of all slices of padded coefficients along z, in place, and mirror them into the padding."""
    n, nx = c.shape[0] - BEFORE - AFTER, c.shape[2]
    for row in range(start, stop):
        _filter_lines(c[:, row, :], n, nx)


@njit(nogil=True, cache=True)
def filter_slice(plane: Float32) -> None:
    """Filter a padded slice along y and along x, in place, and mirror it into its padding."""
    ny, nx = plane.shape[0] - BEFORE - AFTER, plane.shape[1]
    _filter_lines(plane, ny, nx)
    block = np.empty((nx, 16), np.float32)
    for first in range(0, plane.shape[0], 16):
        rows = min(16, plane.shape[0] - first)
        for r in range(rows):
            for x in range(nx):
                block[x, r] = plane[first + r, x]
        _filter_lines(block, nx - BEFORE - AFTER, rows)
        for r in range(rows):
            for x in range(nx):
                plane[first + r, x] = block[x, r]


@njit(nogil=True, cache=True)
def _filter_lines(a: Float32, n: int, lines: int) -> None:
    """Filter along the first axis, of `n` voxels between its padding, every one of the `lines` along the second."""
    if n > 1:
        first = np.zeros(lines, np.float32)
        power = np.float32(1.0)
        for k in range(HORIZON):
            source = BEFORE + mirrored(k, n)
            for x in range(lines):
                first[x] += power * a[source, x]
            power *= POLE
        for x in range(lines):
            a[BEFORE, x] = first[x]
        for k in range(BEFORE + 1, BEFORE + n):
            for x in range(lines):
                a[k, x] += POLE * a[k - 1, x]
        last = BEFORE + n - 1
        end = POLE / (POLE * POLE - np.float32(1.0))
        for x in range(lines):
            a[last, x] = GAIN * end * (a[last, x] + POLE * a[last - 1, x])
        for k in range(last - 1, BEFORE - 1, -1):
            for x in range(lines):
                a[k, x] = POLE * (a[k + 1, x] - GAIN * a[k, x])
    for k in (-1, n, n + 1):
        source = BEFORE + mirrored(k, n)
        for x in range(lines):
            a[BEFORE + k, x] = a[source, x]


@njit(nogil=True, cache=True)
def weights(t: Any) -> tuple[Any, Any, Any, Any]:
    """Give the cubic B-spline's weights of the four voxels around a point a share `t` past the second, in the type of `t`."""
    one, half, third = type(t)(1.0), type(t)(0.5), type(t)(2.0 / 3.0)
    sixth = third * type(t)(0.25)
    s = one - t
    return sixth * s * s * s, third - t * t * (one - half * t), third - s * s * (one - half * s), sixth * t * t * t


@njit(nogil=True, cache=True)
def within(at: Float64, i: int, shape: tuple[int, int, int]) -> bool:
    """Say whether point `i` of `at` (3, n) lies within a field of `shape`; False for NaN."""
    z, y, x = at[0, i], at[1, i], at[2, i]
    inside = -EDGE <= z <= shape[0] - 1 + EDGE and -EDGE <= y <= shape[1] - 1 + EDGE
    return inside and -EDGE <= x <= shape[2] - 1 + EDGE


@njit(nogil=True, cache=True)
def _split(position: float, size: int) -> tuple[int, Any]:
    """Give the voxel at or below a position within the field, and the share of a voxel beyond it."""
    position = min(max(position, 0.0), size - 1.0)
    voxel = int(position)
    return voxel, np.float32(position - voxel)


@njit(nogil=True, cache=True, fastmath={"contract"})
def cubic_row(c: Float32, at: Float64, out: Float32) -> None:
    """Take the spline of padded coefficients at points `at` (3, n); NaN outside the field and where a point is NaN."""
    shape = (c.shape[0] - BEFORE - AFTER, c.shape[1] - BEFORE - AFTER, c.shape[2] - BEFORE - AFTER)
    for v in range(out.size):
        if not within(at, v, shape):
            out[v] = np.nan
            continue
        k, tz = _split(at[0, v], shape[0])
        j, ty = _split(at[1, v], shape[1])
        i, tx = _split(at[2, v], shape[2])
        wz, wy = weights(tz), weights(ty)
        x0, x1, x2, x3 = weights(tx)
        total = np.float32(0.0)
        for a in range(4):
            plane = np.float32(0.0)
            for b in range(4):
                line = x0 * c[k + a, j + b, i] + x1 * c[k + a, j + b, i + 1]
                plane += wy[b] * (line + x2 * c[k + a, j + b, i + 2] + x3 * c[k + a, j + b, i + 3])
            total += wz[a] * plane
        out[v] = total


@njit(nogil=True, cache=True, fastmath={"contract"})
def linear_row(volume: Any, at: Float64, out: Float32) -> None:
    """Take a volume linearly at points `at` (3, n); NaN outside the field and where a point is NaN."""
    nz, ny, nx = volume.shape
    one = np.float32(1.0)
    for v in range(out.size):
        if not within(at, v, volume.shape):
            out[v] = np.nan
            continue
        k, tz = _split(at[0, v], nz)
        j, ty = _split(at[1, v], ny)
        i, tx = _split(at[2, v], nx)
        above, m, n = min(k + 1, nz - 1), min(j + 1, ny - 1), min(i + 1, nx - 1)
        near = (one - ty) * ((one - tx) * volume[k, j, i] + tx * volume[k, j, n])
        near += ty * ((one - tx) * volume[k, m, i] + tx * volume[k, m, n])
        far = (one - ty) * ((one - tx) * volume[above, j, i] + tx * volume[above, j, n])
        far += ty * ((one - tx) * volume[above, m, i] + tx * volume[above, m, n])
        out[v] = (one - tz) * near + tz * far


@njit(nogil=True, cache=True)
def fill_unknown(plane: Float32) -> bool:
    """Replace what is not finite in a slice by the nearest known value of its row, or of a row beside; say whether any is known.

    Splines reach through the whole volume: one NaN would spread over all of it, and any step at its rim would ring.
    """
    rows, columns = plane.shape
    known = np.zeros(rows, np.bool_)
    for y in range(rows):
        before = -1
        for x in range(columns):
            if np.isfinite(plane[y, x]):
                for gap in range(before + 1, x):
                    nearer_first = before >= 0 and gap - before <= x - gap
                    plane[y, gap] = plane[y, before] if nearer_first else plane[y, x]
                before = x
        for gap in range(before + 1, columns):
            if before >= 0:
                plane[y, gap] = plane[y, before]
        known[y] = before >= 0
    return _fill_rows(plane, known)


@njit(nogil=True, cache=True)
def _fill_rows(plane: Float32, known: npt.NDArray[np.bool_]) -> bool:
    """Copy known rows into the unknown ones beside them, the nearest first; say whether any is known."""
    before = -1
    for y in range(known.size):
        if known[y]:
            for gap in range(before + 1, y):
                source = before if before >= 0 and gap - before <= y - gap else y
                for x in range(plane.shape[1]):
                    plane[gap, x] = plane[source, x]
            before = y
    if before >= 0:
        for gap in range(before + 1, known.size):
            for x in range(plane.shape[1]):
                plane[gap, x] = plane[before, x]
    return before >= 0
