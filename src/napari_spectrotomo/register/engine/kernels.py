"""The compiled inner loops: every one works on a piece of its points or slices, releases the interpreter's lock, starts no threads.

A volume of a level is looked at in the coordinates of the full grid: its voxel ``i`` lies at ``offset + scale * i``.
Smoothing is a sum over `nodes` about a point. The fixed volume is interpolated linearly at them, once; the moving one is looked up
in the nearest voxel of a point that is strewn by up to half a voxel, which is the same in the mean and much quicker, however the
matrix turns and scales.
"""

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]

COLUMNS = 14
"""Of the normal equations: a displacement's 3 x 4 coefficients, row by row, then gain and offset."""


@njit(nogil=True, cache=True)
def flag_row(
    mask: npt.NDArray[np.uint8], z: int, y: int, differs: npt.NDArray[np.uint8], agrees: npt.NDArray[np.uint8]
) -> None:
    """Tell which voxels of a row differ from some face neighbour, and which agree with some; quick, for want of branches."""
    nz, ny, nx = mask.shape
    row = mask[z, y]
    for x in range(nx):
        differs[x] = agrees[x] = 0
    for x in range(nx - 1):
        d = row[x] ^ row[x + 1]
        differs[x] |= d
        agrees[x] |= 1 - d
    for x in range(1, nx):
        d = row[x] ^ row[x - 1]
        differs[x] |= d
        agrees[x] |= 1 - d
    for a, b in ((z - 1, y), (z + 1, y), (z, y - 1), (z, y + 1)):
        if 0 <= a < nz and 0 <= b < ny:
            other = mask[a, b]
            for x in range(nx):
                d = row[x] ^ other[x]
                differs[x] |= d
                agrees[x] |= 1 - d


@njit(nogil=True, cache=True)
def count_surface(mask: npt.NDArray[np.uint8], z: int) -> tuple[int, int]:
    """Count the voxels of a slice at the surface, and those that differ from all their face neighbours."""
    _, ny, nx = mask.shape
    differs, agrees = np.empty(nx, np.uint8), np.empty(nx, np.uint8)
    surface = alone = 0
    for y in range(ny):
        flag_row(mask, z, y, differs, agrees)
        for x in range(nx):
            surface += differs[x]
            alone += 1 - agrees[x]
    return surface, alone


@njit(nogil=True, cache=True)
def mixed(number: int) -> np.uint64:
    """Scatter an index over all 64-bit numbers (Steele, Lea and Flood 2014, splitmix64)."""
    x = np.uint64(number) + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@njit(nogil=True, cache=True)
def pick_surface(mask: npt.NDArray[np.uint8], start: int, stop: int, share: float, out: Floats) -> int:
    """Write the indices of a share of the surface voxels of some slices, picked by their place alone; give how many there are."""
    _, ny, nx = mask.shape
    differs, agrees = np.empty(nx, np.uint8), np.empty(nx, np.uint8)
    n = 0
    for z in range(start, stop):
        for y in range(ny):
            flag_row(mask, z, y, differs, agrees)
            for x in range(nx):
                if differs[x] and (share >= 1.0 or mixed((z * ny + y) * nx + x) * 2.0**-64 <= share):
                    if n < len(out):
                        out[n, 0], out[n, 1], out[n, 2] = z, y, x
                    n += 1
    return n


@njit(nogil=True, cache=True)
def average_blocks(
    volume: npt.NDArray, factor: npt.NDArray[np.int64], out: npt.NDArray[np.float32], start: int, stop: int
) -> None:
    """Average blocks of `factor` voxels into slices of a coarser volume; blocks at the end may be cut short."""
    nz, ny, nx = volume.shape
    fz, fy, fx = factor
    for z in range(start, stop):
        for y in range(out.shape[1]):
            for x in range(out.shape[2]):
                total, n = 0.0, 0
                for a in range(fz * z, min(fz * (z + 1), nz)):
                    for b in range(fy * y, min(fy * (y + 1), ny)):
                        for c in range(fx * x, min(fx * (x + 1), nx)):
                            total += volume[a, b, c]
                            n += 1
                out[z, y, x] = total / n


@njit(nogil=True, cache=True)
def taps_at(
    position: float,
    scale: float,
    offset: float,
    nodes: Floats,
    weights: Floats,
    at: npt.NDArray[np.int64],
    taps: Floats,
) -> None:
    """Write the voxels along an axis that linear interpolation at the nodes takes, each one's weight, and its part in the slope."""
    variance = 0.0
    for k in range(len(nodes)):
        variance += weights[k] * nodes[k] * nodes[k]
    for k in range(len(nodes)):
        place = (position + nodes[k] - offset) / scale
        low = int(np.floor(place))
        part = place - low
        slope = nodes[k] / variance if variance > 0 else 0.0
        for end in range(2):
            at[2 * k + end] = low + end
            taps[0, 2 * k + end] = weights[k] * (part if end else 1 - part)
            taps[1, 2 * k + end] = slope * taps[0, 2 * k + end]


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

    `steps` (3, K) are the nodes along each axis and `weights` (3, K) theirs; between voxels interpolation is linear.
    """
    shape = volume.shape
    count = 2 * steps.shape[1]
    at = np.empty((3, count), np.int64)
    taps = np.empty((3, 2, count))
    for i in range(start, stop):
        inside = True
        for a in range(3):
            taps_at(points[i, a], scale[a], offset[a], steps[a], weights[a], at[a], taps[a])
            for k in range(count):
                if taps[a, 0, k] != 0.0 and (at[a, k] < 0 or at[a, k] >= shape[a]):
                    inside = False
                at[a, k] = min(max(at[a, k], 0), shape[a] - 1)
        if not inside:
            values[i] = np.nan
            continue
        f = gz = gy = gx = 0.0
        for k in range(count):
            if taps[0, 0, k] == 0.0:
                continue
            fk = gyk = gxk = 0.0
            for m in range(count):
                if taps[1, 0, m] == 0.0:
                    continue
                along = slope = 0.0
                for n in range(count):
                    v = volume[at[0, k], at[1, m], at[2, n]]
                    along += taps[2, 0, n] * v
                    slope += taps[2, 1, n] * v
                fk += taps[1, 0, m] * along
                gyk += taps[1, 1, m] * along
                gxk += taps[1, 0, m] * slope
            f += taps[0, 0, k] * fk
            gz += taps[0, 1, k] * fk
            gy += taps[0, 0, k] * gyk
            gx += taps[0, 0, k] * gxk
        values[i] = f
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
def row_of(point: Floats, center: Floats, radius: float, value: float, gradient: Floats, row: Floats) -> None:
    """Write what the moving value at a point depends on: a displacement's coefficients, the gain, the offset."""
    for a in range(3):
        for b in range(3):
            row[4 * a + b] = gradient[a] * (point[b] - center[b]) / radius
        row[4 * a + 3] = gradient[a]
    row[12] = value
    row[13] = 1.0


@njit(nogil=True, cache=True)
def add_left_side(
    points: Floats,
    center: Floats,
    radius: float,
    values: Floats,
    gradients: Floats,
    moved: Floats,
    weights: Floats,
    left: Floats,
    start: int,
    stop: int,
) -> float:
    """Add some points to the matrix of the normal equations (upper half), where the moving value is known; give their weight."""
    row = np.empty(COLUMNS)
    weight = 0.0
    for i in range(start, stop):
        if np.isnan(moved[i]):
            continue
        row_of(points[i], center, radius, values[i], gradients[i], row)
        for a in range(COLUMNS):
            t = weights[i] * row[a]
            for b in range(a, COLUMNS):
                left[a, b] += t * row[b]
        weight += weights[i]
    return weight


@njit(nogil=True, cache=True)
def add_right_side(
    points: Floats,
    center: Floats,
    radius: float,
    values: Floats,
    gradients: Floats,
    moved: Floats,
    weights: Floats,
    right: Floats,
    start: int,
    stop: int,
) -> tuple[float, int]:
    """Add some points to the right side of the normal equations; give their squares and their number where they are known."""
    row = np.empty(COLUMNS)
    squares = 0.0
    known = 0
    for i in range(start, stop):
        if np.isnan(moved[i]):
            continue
        row_of(points[i], center, radius, values[i], gradients[i], row)
        t = weights[i] * moved[i]
        for a in range(COLUMNS):
            right[a] += t * row[a]
        squares += t * moved[i]
        known += 1
    return squares, known


@njit(nogil=True, cache=True)
def add_scores(
    points: Floats,
    center: Floats,
    radius: float,
    values: Floats,
    gradients: Floats,
    residuals: Floats,
    weights: Floats,
    cells: npt.NDArray[np.int64],
    scores: Floats,
) -> None:
    """Sum the residuals' pull on every unknown over the points of each cell."""
    row = np.empty(COLUMNS)
    for i in range(len(points)):
        if np.isnan(residuals[i]):
            continue
        row_of(points[i], center, radius, values[i], gradients[i], row)
        for a in range(COLUMNS):
            scores[cells[i], a] += weights[i] * residuals[i] * row[a]


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
