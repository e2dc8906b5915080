"""Where fixed voxels lie in the moving volume, computed row by row as they are needed, and what is found there.

Compiled; rows are numbered through all slices, and each is worked out by itself, so that any cut into pieces gives the same bits.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from .spline import Float32, Float64, cubic_row, linear_row, weights
from .territory import NEAREST, REACH, UNITS

HALF = np.float32(0.5)


class Pull(NamedTuple):
    """All that says where a fixed voxel lies; arrays of length 0 stand for what there is none of.

    Attributes
    ----------
    matrix : (4, 4) float64
        The transform of the whole, taken where there are no particles.
    matrices : (K, 4, 4) float64
        That of every particle, NaN for one that failed.
    slots, distances, step
        Those of the `Territory`.
    coefficients : (3, cz + 1, cy + 1, cx + 1) float32
        Of the deformation, with a plane of zeros behind each axis.
    spacing : int
        Voxels between its control points; 0 where there is none.
    """

    matrix: Float64
    matrices: Float64
    slots: npt.NDArray[Any]
    distances: npt.NDArray[np.int16]
    step: int
    coefficients: Float32
    spacing: int


@njit(nogil=True, cache=True)
def place_row(pull: Pull, z: int, y: int, at: Float64) -> None:
    """Put into `at` (3, nx) where the voxels of a row lie."""
    if len(pull.matrices) > 0:
        _between_particles(pull, z, y, at)
    else:
        for axis in range(3):
            start = pull.matrix[axis, 3] + pull.matrix[axis, 0] * z + pull.matrix[axis, 1] * y
            for x in range(at.shape[1]):
                at[axis, x] = start + pull.matrix[axis, 2] * x
    if pull.spacing > 0:
        _add_deformation(pull.coefficients, pull.spacing, z, y, at)


@njit(nogil=True, cache=True)
def _between_particles(pull: Pull, z: int, y: int, at: Float64) -> None:
    """Take a particle's matrix within it, and elsewhere the mean of points by the weights that `Territory` describes."""
    count, step, nx = len(pull.matrices), pull.step, at.shape[1]
    starts = np.empty((count, 3))
    for k in range(count):
        for axis in range(3):
            starts[k, axis] = pull.matrices[k, axis, 3] + pull.matrices[k, axis, 0] * z + pull.matrices[k, axis, 1] * y
    near = _row_distances(pull.distances, step, z, y)
    some = np.empty(count, np.int64)
    reach = np.empty(count, np.float32)
    for node in range(near.shape[1] - 1):
        many = _candidates(near, node, some)
        for x in range(node * step, min((node + 1) * step, nx)):
            slot = pull.slots[z, y, x]
            if slot > 0:
                for axis in range(3):
                    at[axis, x] = starts[slot - 1, axis] + pull.matrices[slot - 1, axis, 2] * x
                continue
            share = np.float32(x - node * step) / np.float32(step)
            least = np.float32(np.inf)
            for c in range(many):
                k = some[c]
                reach[c] = max(near[k, node] + share * (near[k, node + 1] - near[k, node]), NEAREST)
                least = min(least, reach[c])
            _blend(pull.matrices, starts, some, many, reach, least, x, at)


@njit(nogil=True, cache=True)
def _blend(
    matrices: Float64,
    starts: Float64,
    some: npt.NDArray[np.int64],
    many: int,
    reach: Float32,
    least: Any,
    x: int,
    at: Float64,
) -> None:
    """Put into column `x` of `at` the weighted mean of where the first `many` of particles `some`, as far as `reach`, put it."""
    known = failed = 0.0
    for axis in range(3):
        at[axis, x] = 0.0
    for c in range(many):
        k = some[c]
        t = (least / reach[c] - REACH) / (np.float32(1.0) - REACH)
        if not t > 0:
            continue
        weight = float(t * t * (np.float32(3.0) - np.float32(2.0) * t))
        if not np.isfinite(starts[k, 0]):
            failed += weight
            continue
        known += weight
        for axis in range(3):
            at[axis, x] += weight * (starts[k, axis] + matrices[k, axis, 2] * x)
    if failed > known:
        known = np.nan
    for axis in range(3):
        at[axis, x] /= known


@njit(nogil=True, cache=True)
def _row_distances(distances: npt.NDArray[np.int16], step: int, z: int, y: int) -> Float32:
    """Give every particle's distance (voxels) at the nodes along a row, (K, gx), from the coarse slices and rows around it."""
    k, j = z // step, y // step
    tz, ty = np.float32(z - k * step) / np.float32(step), np.float32(y - j * step) / np.float32(step)
    one = np.float32(1.0)
    unit = one / np.float32(UNITS)
    w00, w01, w10, w11 = (one - tz) * (one - ty) * unit, (one - tz) * ty * unit, tz * (one - ty) * unit, tz * ty * unit
    near = np.empty((distances.shape[0], distances.shape[3]), np.float32)
    for p in range(near.shape[0]):
        for i in range(near.shape[1]):
            first = w00 * np.float32(distances[p, k, j, i]) + w01 * np.float32(distances[p, k, j + 1, i])
            second = w10 * np.float32(distances[p, k + 1, j, i]) + w11 * np.float32(distances[p, k + 1, j + 1, i])
            near[p, i] = first + second
    return near


@njit(nogil=True, cache=True)
def _candidates(near: Float32, node: int, some: npt.NDArray[np.int64]) -> int:
    """List the particles that may have a weight between a node and the next, and say how many they are."""
    least = np.float32(np.inf)
    for k in range(near.shape[0]):
        least = min(least, max(near[k, node], near[k, node + 1], NEAREST))
    many = 0
    for k in range(near.shape[0]):
        if REACH * min(near[k, node], near[k, node + 1]) <= least:
            some[many] = k
            many += 1
    return many


@njit(nogil=True, cache=True)
def _add_deformation(coefficients: Float32, spacing: int, z: int, y: int, at: Float64) -> None:
    """Add a uniform cubic B-spline's displacement to the points of a row."""
    k, j = z // spacing, y // spacing
    wz, wy = weights((z - k * spacing) / spacing), weights((y - j * spacing) / spacing)
    line = np.zeros((3, coefficients.shape[3]))
    for a in range(4):
        for b in range(4):
            weight = wz[a] * wy[b]
            for axis in range(3):
                for c in range(line.shape[1]):
                    line[axis, c] += weight * coefficients[axis, k + a, j + b, c]
    for x in range(at.shape[1]):
        i = x // spacing
        w0, w1, w2, w3 = weights((x - i * spacing) / spacing)
        for axis in range(3):
            at[axis, x] += w0 * line[axis, i] + w1 * line[axis, i + 1] + w2 * line[axis, i + 2] + w3 * line[axis, i + 3]


@njit(nogil=True, cache=True)
def place_rows(pull: Pull, first: int, last: int, out: Float64) -> None:
    """Put into `out` (3, z, y, x) where the voxels of rows `first` to `last` lie."""
    ny, nx = out.shape[2:]
    at = np.empty((3, nx))
    for row in range(first, last):
        place_row(pull, row // ny, row % ny, at)
        for axis in range(3):
            for x in range(nx):
                out[axis, row // ny, row % ny, x] = at[axis, x]


@njit(nogil=True, cache=True)
def resample_rows(
    pull: Pull, source: Float32, cubic: bool, unknown: npt.NDArray[np.uint8], first: int, last: int, out: Float32
) -> None:
    """Put into `out` (z, y, x) what is found where the voxels of rows `first` to `last` lie.

    `source` holds padded coefficients when `cubic`, else grey values; `unknown` is 1 where the moving voxel is (of length 0 where
    all are known): what is as near to them as to known ones is NaN.
    """
    ny, nx = out.shape[1:]
    at = np.empty((3, nx))
    share = np.empty(nx, np.float32)
    for row in range(first, last):
        values = out[row // ny, row % ny]
        place_row(pull, row // ny, row % ny, at)
        if cubic:
            cubic_row(source, at, values)
        else:
            linear_row(source, at, values)
        if unknown.size > 0:
            linear_row(unknown, at, share)
            for x in range(nx):
                if share[x] >= HALF:
                    values[x] = np.nan
