"""The compiled inner loops of the deformable solver: a spline at scattered points, and the moving volume where they come to lie.

As in `sampling_kernels`: pieces of points, no threads of their own, and the interpreter's lock released.
"""

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]


@njit(nogil=True, cache=True)
def spline_weights(place: float, weights: Floats) -> int:
    """Write the weights of the four control points about a place (in control points); give the first one's index."""
    low = int(np.floor(place))
    t = place - low
    weights[0] = (1 - t) ** 3 / 6
    weights[1] = 2 / 3 - t * t + t * t * t / 2
    weights[2] = 2 / 3 - (1 - t) ** 2 + (1 - t) ** 3 / 2
    weights[3] = t**3 / 6
    return low - 1


@njit(nogil=True, cache=True)
def displacements(points: Floats, coefficients: Floats, spacing: float, out: Floats, start: int, stop: int) -> None:
    """Write what a cubic B-spline, coefficients (3, cz, cy, cx), is at points (N, 3) in voxels."""
    _, cz, cy, cx = coefficients.shape
    wz, wy, wx = np.empty(4), np.empty(4), np.empty(4)
    for i in range(start, stop):
        z = spline_weights(points[i, 0] / spacing + 1, wz)
        y = spline_weights(points[i, 1] / spacing + 1, wy)
        x = spline_weights(points[i, 2] / spacing + 1, wx)
        uz = uy = ux = 0.0
        for a in range(4):
            p = min(max(z + a, 0), cz - 1)
            for b in range(4):
                q = min(max(y + b, 0), cy - 1)
                w = wz[a] * wy[b]
                for c in range(4):
                    r = min(max(x + c, 0), cx - 1)
                    v = w * wx[c]
                    uz += v * coefficients[0, p, q, r]
                    uy += v * coefficients[1, p, q, r]
                    ux += v * coefficients[2, p, q, r]
        out[i, 0], out[i, 1], out[i, 2] = uz, uy, ux


@njit(nogil=True, cache=True)
def spline_rows(
    points: Floats, spacing: float, counts: npt.NDArray[np.int64], columns: npt.NDArray[np.int32], weights: Floats
) -> None:
    """Write the 64 control points (flat indices) that every point (N, 3) depends on, and by how much."""
    w = np.empty((3, 4))
    first = np.empty(3, np.int64)
    for i in range(len(points)):
        for a in range(3):
            first[a] = spline_weights(points[i, a] / spacing + 1, w[a])
        n = 0
        for a in range(4):
            p = min(max(first[0] + a, 0), counts[0] - 1)
            for b in range(4):
                q = min(max(first[1] + b, 0), counts[1] - 1)
                for c in range(4):
                    r = min(max(first[2] + c, 0), counts[2] - 1)
                    columns[i, n] = (p * counts[1] + q) * counts[2] + r
                    weights[i, n] = w[0, a] * w[1, b] * w[2, c]
                    n += 1


@njit(nogil=True, cache=True)
def sample_placed(
    places: Floats,
    owners: npt.NDArray[np.int64],
    steps: Floats,
    volume: npt.NDArray,
    scale: Floats,
    offset: Floats,
    weights: Floats,
    values: Floats,
    start: int,
    stop: int,
) -> None:
    """Smooth the moving volume, linear between voxels, at places (N, 3) of its full grid; NaN where its field ends.

    `steps` (K, nodes, 3) are the nodes about a place, as the linear part of the matrix of each owner turns them.
    """
    nz, ny, nx = volume.shape
    n = steps.shape[1]
    for i in range(start, stop):
        if np.isnan(places[i, 0]):
            values[i] = np.nan
            continue
        k = owners[i]
        cz = (places[i, 0] - offset[0]) / scale[0]
        cy = (places[i, 1] - offset[1]) / scale[1]
        cx = (places[i, 2] - offset[2]) / scale[2]
        m = 0.0
        for j in range(n):
            pz = cz + steps[k, j, 0] / scale[0]
            py = cy + steps[k, j, 1] / scale[1]
            px = cx + steps[k, j, 2] / scale[2]
            if not (-0.5 <= pz < nz - 0.5 and -0.5 <= py < ny - 0.5 and -0.5 <= px < nx - 0.5):
                m = np.nan
                break
            z, y, x = int(pz + 1) - 1, int(py + 1) - 1, int(px + 1) - 1
            tz, ty, tx = pz - z, py - y, px - x
            z0, y0, x0 = max(z, 0), max(y, 0), max(x, 0)
            z1, y1, x1 = min(z + 1, nz - 1), min(y + 1, ny - 1), min(x + 1, nx - 1)
            a = (1 - tx) * volume[z0, y0, x0] + tx * volume[z0, y0, x1]
            b = (1 - tx) * volume[z0, y1, x0] + tx * volume[z0, y1, x1]
            c = (1 - tx) * volume[z1, y0, x0] + tx * volume[z1, y0, x1]
            d = (1 - tx) * volume[z1, y1, x0] + tx * volume[z1, y1, x1]
            m += weights[j] * ((1 - tz) * ((1 - ty) * a + ty * b) + tz * ((1 - ty) * c + ty * d))
        values[i] = m
