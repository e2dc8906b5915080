"""The compiled looks at volumes: each at a piece of its points, without the interpreter's lock and threads of its own.

A volume of a level is looked at in the coordinates of the full grid: its voxel ``i`` lies at ``offset + scale * i``.
Smoothing is a sum over `nodes` about a point. The fixed volume is interpolated linearly at them, once; the moving one is looked up
in the nearest voxel of a point that is strewn by up to half a voxel, which is the same in the mean and much quicker, however the
matrix turns and scales.
"""

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]


@njit(nogil=True, cache=True)
def taps_at(position: float, scale: float, offset: float, nodes: Floats, weights: Floats, taps: Floats) -> int:
    """Write the weight of every voxel along an axis when it is interpolated linearly at the nodes, and its part in the slope.

    The voxels follow each other; the first one's index is given.
    """
    variance = 0.0
    for k in range(len(nodes)):
        variance += weights[k] * nodes[k] * nodes[k]
    first = int(np.floor((position + nodes[0] - offset) / scale))
    taps[:] = 0.0
    for k in range(len(nodes)):
        place = (position + nodes[k] - offset) / scale
        low = int(np.floor(place))
        part = place - low
        slope = nodes[k] / variance if variance > 0 else 0.0
        taps[0, low - first] += weights[k] * (1 - part)
        taps[0, low - first + 1] += weights[k] * part
        taps[1, low - first] += slope * weights[k] * (1 - part)
        taps[1, low - first + 1] += slope * weights[k] * part
    return first


@njit(nogil=True, cache=True)
def sample_fixed(
    points: Floats,
    volume: npt.NDArray,
    scale: Floats,
    offset: Floats,
    steps: Floats,
    weights: Floats,
    values: Floats,
    gradients: Floats,
    start: int,
    stop: int,
) -> None:
    """Smooth the fixed volume at some points, with its gradient; NaN where the field ends.

    `steps` (3, K), rising, are the nodes along each axis and `weights` (3, K) theirs; between voxels interpolation is linear.
    """
    shape = volume.shape
    first, count = np.empty(3, np.int64), np.empty(3, np.int64)
    most = 3
    for a in range(3):
        most = max(most, int((steps[a, -1] - steps[a, 0]) / scale[a]) + 3)
    taps = np.empty((3, 2, most))
    for i in range(start, stop):
        inside = True
        for a in range(3):
            first[a] = taps_at(points[i, a], scale[a], offset[a], steps[a], weights[a], taps[a])
            count[a] = taps.shape[2]
            while count[a] > 1 and taps[a, 0, count[a] - 1] == 0.0:
                count[a] -= 1
            inside = inside and first[a] >= 0 and first[a] + count[a] <= shape[a]
        f = gz = gy = gx = 0.0
        if inside:
            for k in range(count[0]):
                fk = gyk = gxk = 0.0
                for m in range(count[1]):
                    line = volume[first[0] + k, first[1] + m]
                    along = slope = 0.0
                    for n in range(count[2]):
                        v = line[first[2] + n]
                        along += taps[2, 0, n] * v
                        slope += taps[2, 1, n] * v
                    fk += taps[1, 0, m] * along
                    gyk += taps[1, 1, m] * along
                    gxk += taps[1, 0, m] * slope
                f += taps[0, 0, k] * fk
                gz += taps[0, 1, k] * fk
                gy += taps[0, 0, k] * gyk
                gx += taps[0, 0, k] * gxk
        values[i] = f if inside else np.nan
        gradients[i, 0], gradients[i, 1], gradients[i, 2] = gz, gy, gx


@njit(nogil=True, cache=True)
def sample_moving(
    points: Floats,
    volume: npt.NDArray,
    scale: Floats,
    offset: Floats,
    matrix: Floats,
    nodes: Floats,
    weights: Floats,
    values: Floats,
    start: int,
    stop: int,
) -> None:
    """Smooth the moving volume at what a matrix makes of some points and of the nodes about them; NaN where the field ends."""
    nz, ny, nx = volume.shape
    n = len(nodes)
    step = np.empty((n, 3))
    for k in range(n):
        for a in range(3):
            step[k, a] = (matrix[a, 0] * nodes[k, 0] + matrix[a, 1] * nodes[k, 1] + matrix[a, 2] * nodes[k, 2]) / scale[
                a
            ]
    for i in range(start, stop):
        p, q, r = points[i, 0], points[i, 1], points[i, 2]
        cz = (matrix[0, 0] * p + matrix[0, 1] * q + matrix[0, 2] * r + matrix[0, 3] - offset[0]) / scale[0] + 1.5
        cy = (matrix[1, 0] * p + matrix[1, 1] * q + matrix[1, 2] * r + matrix[1, 3] - offset[1]) / scale[1] + 1.5
        cx = (matrix[2, 0] * p + matrix[2, 1] * q + matrix[2, 2] * r + matrix[2, 3] - offset[2]) / scale[2] + 1.5
        m = 0.0
        for k in range(n):
            z, y, x = int(cz + step[k, 0]) - 1, int(cy + step[k, 1]) - 1, int(cx + step[k, 2]) - 1
            if z < 0 or y < 0 or x < 0 or z >= nz or y >= ny or x >= nx:
                m = np.nan
                break
            m += weights[k] * volume[z, y, x]
        values[i] = m


@njit(nogil=True, cache=True)
def interpolate_moving(
    points: Floats,
    volume: npt.NDArray,
    scale: Floats,
    offset: Floats,
    matrix: Floats,
    nodes: Floats,
    weights: Floats,
    values: Floats,
    start: int,
    stop: int,
) -> None:
    """Do as `sample_moving`, interpolating linearly at every node: five times the work, without the grain of nearest voxels."""
    nz, ny, nx = volume.shape
    for i in range(start, stop):
        total = 0.0
        for k in range(len(nodes)):
            p, q, r = points[i, 0] + nodes[k, 0], points[i, 1] + nodes[k, 1], points[i, 2] + nodes[k, 2]
            cz = (matrix[0, 0] * p + matrix[0, 1] * q + matrix[0, 2] * r + matrix[0, 3] - offset[0]) / scale[0]
            cy = (matrix[1, 0] * p + matrix[1, 1] * q + matrix[1, 2] * r + matrix[1, 3] - offset[1]) / scale[1]
            cx = (matrix[2, 0] * p + matrix[2, 1] * q + matrix[2, 2] * r + matrix[2, 3] - offset[2]) / scale[2]
            if not (0.0 <= cz <= nz - 1 and 0.0 <= cy <= ny - 1 and 0.0 <= cx <= nx - 1):
                total = np.nan
                break
            z, y, x = min(int(cz), nz - 2), min(int(cy), ny - 2), min(int(cx), nx - 2)
            u, v, w = cz - z, cy - y, cx - x
            near = (1 - v) * ((1 - w) * volume[z, y, x] + w * volume[z, y, x + 1])
            near += v * ((1 - w) * volume[z, y + 1, x] + w * volume[z, y + 1, x + 1])
            far = (1 - v) * ((1 - w) * volume[z + 1, y, x] + w * volume[z + 1, y, x + 1])
            far += v * ((1 - w) * volume[z + 1, y + 1, x] + w * volume[z + 1, y + 1, x + 1])
            total += weights[k] * ((1 - u) * near + u * far)
        values[i] = total


@njit(nogil=True, cache=True)
def correlation(
    points: Floats,
    values: Floats,
    volume: npt.NDArray[np.float32],
    scale: Floats,
    offset: Floats,
    matrix: Floats,
    outside: float,
) -> float:
    """Correlate fixed values with the moving volume at what a matrix makes of the points; `outside` beyond its field."""
    nz, ny, nx = volume.shape
    n = len(points)
    sm = sf = smm = sff = smf = 0.0
    for i in range(n):
        p, q, r = points[i, 0], points[i, 1], points[i, 2]
        z = int(
            np.floor(
                (matrix[0, 0] * p + matrix[0, 1] * q + matrix[0, 2] * r + matrix[0, 3] - offset[0]) / scale[0] + 0.5
            )
        )
        y = int(
            np.floor(
                (matrix[1, 0] * p + matrix[1, 1] * q + matrix[1, 2] * r + matrix[1, 3] - offset[1]) / scale[1] + 0.5
            )
        )
        x = int(
            np.floor(
                (matrix[2, 0] * p + matrix[2, 1] * q + matrix[2, 2] * r + matrix[2, 3] - offset[2]) / scale[2] + 0.5
            )
        )
        m = outside
        if 0 <= z < nz and 0 <= y < ny and 0 <= x < nx:
            m = volume[z, y, x]
        f = values[i]
        sm += m
        sf += f
        smm += m * m
        sff += f * f
        smf += m * f
    spread = (smm - sm * sm / n) * (sff - sf * sf / n)
    if spread <= 0:
        return 0.0
    return (smf - sm * sf / n) / np.sqrt(spread)
