"""The Jacobian of a placement with a deformation on top, row by row, compiled."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Basis = tuple[Float64, Float64]
"""Weights of the control points along an axis at each voxel, (n, c), and their derivatives a voxel."""


@njit(nogil=True, cache=True)
def determinants(
    coefficients: Float64,
    linear: Float64,
    spacing: int,
    step: int,
    along: tuple[Basis, Basis, Basis],
    first: int,
    out: Float32,
) -> None:
    """Write det(linear + du/dp) of as many rows as `out` (rows, nx) holds, from row `first` of all slices' rows on.

    The volume is taken at every `step`-th voxel, for which the bases `along` its axes are.
    """
    (wz, sz), (wy, sy), (wx, sx) = along
    ny, (cz, cy, cx) = len(wy), coefficients.shape[1:]
    lines, d = np.empty((3, 3, cx)), np.empty((3, 3))
    for row in range(len(out)):
        z, y = (first + row) // ny, (first + row) % ny
        k0, j0 = z * step // spacing, y * step // spacing
        for u in range(3):
            for axis in range(3):
                for i in range(cx):
                    lines[u, axis, i] = 0.0
        for k in range(k0, min(k0 + 4, cz)):
            for j in range(j0, min(j0 + 4, cy)):
                upward, across, here = sz[z, k] * wy[y, j], wz[z, k] * sy[y, j], wz[z, k] * wy[y, j]
                for u in range(3):
                    for i in range(cx):
                        lines[u, 0, i] += upward * coefficients[u, k, j, i]
                        lines[u, 1, i] += across * coefficients[u, k, j, i]
                        lines[u, 2, i] += here * coefficients[u, k, j, i]
        for x in range(out.shape[1]):
            i0 = x * step // spacing
            for u in range(3):
                for axis in range(3):
                    d[u, axis] = linear[u, axis]
                for i in range(i0, min(i0 + 4, cx)):
                    d[u, 0] += wx[x, i] * lines[u, 0, i]
                    d[u, 1] += wx[x, i] * lines[u, 1, i]
                    d[u, 2] += sx[x, i] * lines[u, 2, i]
            minors = d[0, 0] * (d[1, 1] * d[2, 2] - d[1, 2] * d[2, 1]) - d[0, 1] * (
                d[1, 0] * d[2, 2] - d[1, 2] * d[2, 0]
            )
            out[row, x] = minors + d[0, 2] * (d[1, 0] * d[2, 1] - d[1, 1] * d[2, 0])
