"""The compiled sum over all fixed voxels behind the MSE and the Dice coefficient."""

import threading
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from ..progress import raise_if_aborted
from ..threads import in_threads


@njit(nogil=True, cache=True)
def _corner(mask: npt.NDArray[np.uint8], z: int, y: int, x: int) -> int:
    """Give a voxel, 0 outside the field."""
    nz, ny, nx = mask.shape
    if z < 0 or y < 0 or x < 0 or z >= nz or y >= ny or x >= nx:
        return 0
    return mask[z, y, x]


@njit(nogil=True, cache=True)
def _moved(moving: npt.NDArray[np.uint8], matrix: npt.NDArray[np.float64], z: int, y: int, x: int) -> float:
    """Give the moving mask at what a matrix makes of a voxel, interpolated linearly, 0 outside the field."""
    nz, ny, nx = moving.shape
    a = matrix[0, 0] * z + matrix[0, 1] * y + matrix[0, 2] * x + matrix[0, 3]
    b = matrix[1, 0] * z + matrix[1, 1] * y + matrix[1, 2] * x + matrix[1, 3]
    c = matrix[2, 0] * z + matrix[2, 1] * y + matrix[2, 2] * x + matrix[2, 3]
    if not (-1.0 < a < nz and -1.0 < b < ny and -1.0 < c < nx):
        return 0.0
    i, j, k = int(a + 1.0) - 1, int(b + 1.0) - 1, int(c + 1.0) - 1
    if i >= 0 and j >= 0 and k >= 0 and i + 1 < nz and j + 1 < ny and k + 1 < nx:
        v0, v1, v2, v3 = moving[i, j, k], moving[i, j, k + 1], moving[i, j + 1, k], moving[i, j + 1, k + 1]
        w0, w1 = moving[i + 1, j, k], moving[i + 1, j, k + 1]
        w2, w3 = moving[i + 1, j + 1, k], moving[i + 1, j + 1, k + 1]
        corners = v0 + v1 + v2 + v3 + w0 + w1 + w2 + w3
        if corners == 0 or corners == 8:  # as nearly everywhere
            return corners / 8
    else:
        v0, v1 = _corner(moving, i, j, k), _corner(moving, i, j, k + 1)
        v2, v3 = _corner(moving, i, j + 1, k), _corner(moving, i, j + 1, k + 1)
        w0, w1 = _corner(moving, i + 1, j, k), _corner(moving, i + 1, j, k + 1)
        w2, w3 = _corner(moving, i + 1, j + 1, k), _corner(moving, i + 1, j + 1, k + 1)
    u, v, w = a - i, b - j, c - k
    near = (1 - v) * ((1 - w) * v0 + w * v1) + v * ((1 - w) * v2 + w * v3)
    far = (1 - v) * ((1 - w) * w0 + w * w1) + v * ((1 - w) * w2 + w * w3)
    return (1 - u) * near + u * far


@njit(nogil=True, cache=True)
def sums_at(
    voxels: npt.NDArray[np.int64],
    values: npt.NDArray[np.uint8],
    moving: npt.NDArray[np.uint8],
    matrix: npt.NDArray[np.float64],
) -> tuple[float, int, int, int]:
    """Compare some voxels of the fixed volume with the moving mask; see `sums_of_slice`."""
    squares = 0.0
    here = there = both = 0
    for n in range(len(voxels)):
        f = values[n]
        m = _moved(moving, matrix, voxels[n, 0], voxels[n, 1], voxels[n, 2])
        here += f
        squares += (m - f) ** 2
        if m >= 0.5:
            there += 1
            both += f
    return squares, here, there, both


@njit(nogil=True, cache=True)
def sums_of_slice(
    fixed: npt.NDArray[np.uint8], moving: npt.NDArray[np.uint8], matrix: npt.NDArray[np.float64], z: int
) -> tuple[float, int, int, int]:
    """Compare a slice of the fixed mask with the moving one, interpolated linearly.

    Returns
    -------
    squares : float
        Sum of squared differences.
    here, there, both : int
        Voxels of the fixed mask, of the moving one where it is at least a half, and of both.
    """
    _, rows, columns = fixed.shape
    squares = 0.0
    here = there = both = 0
    for y in range(rows):
        for x in range(columns):
            f = fixed[z, y, x]
            m = _moved(moving, matrix, z, y, x)
            here += f
            squares += (m - f) ** 2
            if m >= 0.5:
                there += 1
                both += f
    return squares, here, there, both


def sums(
    fixed: npt.NDArray[np.bool_], moving: npt.NDArray[np.bool_], matrix: Any, abort: threading.Event | None = None
) -> tuple[float, int, int, int]:
    """Sum the slices' sums, in order, of (z, y, x) masks and a 4 x 4 matrix; `Aborted` where `abort` is set."""

    still, other = fixed.view(np.uint8), moving.view(np.uint8)
    pull = np.ascontiguousarray(matrix, np.float64)

    def of_slice(z: int) -> tuple[float, int, int, int]:
        raise_if_aborted(abort)
        return sums_of_slice(still, other, pull, z)

    slices = in_threads(of_slice, range(len(still)))
    squares, here, there, both = (sum(part[i] for part in slices) for i in range(4))
    return float(squares), int(here), int(there), int(both)
