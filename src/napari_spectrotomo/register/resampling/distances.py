"""Exact distances to labelled particles at the nodes of a coarse grid, compiled: each axis by itself, within a particle's box.

The squared distance is separable (Felzenszwalb and Huttenlocher, Theory Comput. 8, 415, 2012); as nodes are few, the minimum over
each axis is taken plainly, many nodes at a time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

FAR = np.float32(1e12)
SURFACE = np.float32(0.5)
"""A surface lies half a voxel from the middles of the voxels on either side."""


@njit(nogil=True, cache=True)
def box_of_each(labels: npt.NDArray[Any], largest: int) -> npt.NDArray[np.int32]:
    """Give the box (z0, z1, y0, y1, x0, x1) of every number from 0 to `largest`; zeros for 0 and for what is not there."""
    boxes = np.zeros((largest + 1, 6), np.int32)
    nz, ny, nx = labels.shape
    for z in range(nz):
        for y in range(ny):
            x = 0
            while x < nx:
                number = labels[z, y, x]
                start = x
                while x < nx and labels[z, y, x] == number:
                    x += 1
                if number == 0:
                    continue
                box = boxes[number]
                if box[1] == 0:
                    box[0], box[2], box[4] = z, y, start
                box[1] = z + 1
                box[2], box[3] = min(box[2], y), max(box[3], y + 1)
                box[4], box[5] = min(box[4], start), max(box[5], x)
    return boxes


@njit(nogil=True, cache=True)
def slots_of(labels: npt.NDArray[Any], numbers: npt.NDArray[np.int64], out: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Write 1 + the index of every voxel's number in `numbers`, 0 for 0."""
    table = np.zeros(numbers[-1] + 1 if len(numbers) else 1, out.dtype)
    for k in range(len(numbers)):
        table[numbers[k]] = k + 1
    nz, ny, nx = labels.shape
    for z in range(nz):
        for y in range(ny):
            for x in range(nx):
                out[z, y, x] = table[labels[z, y, x]]
    return out


@njit(nogil=True, cache=True)
def distances_to(
    slots: npt.NDArray[Any], slot: int, box: npt.NDArray[np.int32], step: int, units: int, out: npt.NDArray[np.int16]
) -> None:
    """Write the distance of every node (gz, gy, gx) to the surface of a particle, negative inside, in 1/`units` voxel."""
    gz, gy, gx = out.shape
    planes = _to_slices(slots, slot, box, step, gy, gx)
    most = np.float32(32767 / units)
    nearest = np.empty(gx, np.float32)
    for k in range(gz):
        for j in range(gy):
            for i in range(gx):
                nearest[i] = FAR
            for z in range(len(planes)):
                across = np.float32((k * step - box[0] - z) ** 2)
                row = planes[z, j]
                for i in range(gx):
                    nearest[i] = min(nearest[i], row[i] + across)
            for i in range(gx):
                if nearest[i] > 0:
                    distance = np.sqrt(nearest[i]) - SURFACE
                else:
                    distance = -_depth(slots, k * step, j * step, i * step, step)
                out[k, j, i] = np.int16(np.rint(min(distance, most) * np.float32(units)))


@njit(nogil=True, cache=True)
def _to_slices(
    slots: npt.NDArray[Any], slot: int, box: npt.NDArray[np.int32], step: int, gy: int, gx: int
) -> npt.NDArray[np.float32]:
    """Give the squared distance of nodes (gy, gx) to the particle within each slice of its box."""
    planes = np.full((box[1] - box[0], gy, gx), FAR, np.float32)
    line = np.empty(gx, np.float32)
    for z in range(box[0], box[1]):
        for y in range(box[2], box[3]):
            if not _to_runs(slots[z, y], slot, box[4], box[5], step, line):
                continue
            for j in range(gy):
                across = np.float32((j * step - y) ** 2)
                row = planes[z - box[0], j]
                for i in range(gx):
                    row[i] = min(row[i], line[i] + across)
    return planes


@njit(nogil=True, cache=True)
def _to_runs(row: npt.NDArray[Any], slot: int, start: int, stop: int, step: int, line: npt.NDArray[np.float32]) -> bool:
    """Write the squared distance of the nodes along a row to the particle's voxels in it; say whether there are any."""
    found = False
    for i in range(line.size):
        line[i] = FAR
    x = start
    while x < stop:
        if row[x] != slot:
            x += 1
            continue
        first = x
        while x < stop and row[x] == slot:
            x += 1
        found = True
        for i in range(line.size):
            gap = np.float32(max(first - i * step, i * step - x + 1, 0))
            line[i] = min(line[i], gap * gap)
    return found


@njit(nogil=True, cache=True)
def _depth(slots: npt.NDArray[Any], z: int, y: int, x: int, reach: int) -> np.float32:
    """Give how deep a voxel lies below its particle's surface, up to `reach` voxels."""
    nz, ny, nx = slots.shape
    slot = slots[z, y, x]
    least = np.float32((reach + 1) ** 2)
    for k in range(max(z - reach, 0), min(z + reach + 1, nz)):
        for j in range(max(y - reach, 0), min(y + reach + 1, ny)):
            for i in range(max(x - reach, 0), min(x + reach + 1, nx)):
                if slots[k, j, i] != slot:
                    least = min(least, np.float32((k - z) ** 2 + (j - y) ** 2 + (i - x) ** 2))
    return np.sqrt(least) - SURFACE
