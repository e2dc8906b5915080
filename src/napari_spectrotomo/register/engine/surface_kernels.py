"""The compiled loops over the voxels of a mask: which are at a surface, and averages of blocks.

Every kernel works on some slices, releases the interpreter's lock and starts no threads.
"""

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]


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
