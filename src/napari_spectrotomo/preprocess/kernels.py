"""Compiled passes over pixels: the median step between neighbours, pixels that stand out, ranks and means over frames.

Importing this module imports numba: functions that need it import it when they run. All kernels release the interpreter's lock.
"""

import numpy as np
import numpy.typing as npt
from numba import njit

Float32 = npt.NDArray[np.float32]


@njit(nogil=True, cache=True)
def median_step(frame: Float32) -> float:
    """Median of the differences of pixels side by side along rows, where both are finite; 0 where none is.

    Selected by the bits of the numbers, first the upper and then the lower half: numbers from zero up sort as their bits do.
    """
    rows, columns = frame.shape
    steps = np.empty((rows, max(columns - 1, 0)), np.float32)
    for i in range(rows):
        for j in range(columns - 1):
            steps[i, j] = abs(frame[i, j + 1] - frame[i, j])
    bits = steps.view(np.uint32).ravel()
    count = np.zeros(1 << 16, np.int32)
    for k in range(bits.size):
        count[bits[k] >> 16] += 1
    count[0x7F80:] = 0  # no finite numbers
    n = count.sum()
    if n == 0:
        return 0.0
    found = np.empty(2, np.uint32)
    lower = np.zeros(1 << 16, np.int32)
    searched = -1
    for which in range(2):
        wanted = (n - 1) // 2 if which == 0 else n // 2
        upper, before = 0, 0
        while before + count[upper] <= wanted:
            before += count[upper]
            upper += 1
        if upper != searched:
            lower[:] = 0
            for k in range(bits.size):
                if bits[k] >> 16 == upper:
                    lower[bits[k] & 0xFFFF] += 1
            searched = upper
        last = 0
        while before + lower[last] <= wanted:
            before += lower[last]
            last += 1
        found[which] = (upper << 16) | last
    middle = found.view(np.float32)
    return float((middle[0] + middle[1]) / np.float32(2))


@njit(nogil=True, cache=True)
def standing_alone(density: Float32, least: np.float32) -> npt.NDArray[np.int64]:
    """Give the pixels (N, 2) that differ by more than `least`, in one sense, from all their valid neighbours."""
    rows, columns = density.shape
    padded = np.full((rows + 2, columns + 2), np.nan, np.float32)
    padded[1:-1, 1:-1] = density
    found = np.empty((density.size, 2), np.int64)
    lowest, highest = np.empty(columns, np.float32), np.empty(columns, np.float32)
    n = 0
    for i in range(rows):
        lowest[:], highest[:] = np.inf, -np.inf
        for a in range(3):
            for b in range(3):
                if a == 1 and b == 1:
                    continue
                around = padded[i + a, b : b + columns]
                for j in range(columns):  # NaN is neither less nor more
                    lowest[j] = around[j] if around[j] < lowest[j] else lowest[j]
                    highest[j] = around[j] if around[j] > highest[j] else highest[j]
        for j in range(columns):
            value = density[i, j]
            if lowest[j] < np.inf and (lowest[j] - value > least or highest[j] - value < -least):
                found[n, 0], found[n, 1] = i, j
                n += 1
    return found[:n].copy()


@njit(nogil=True, cache=True)
def standing_out(density: Float32, least: np.float32, alike: float) -> npt.NDArray[np.int64]:
    """Give the pixels (N, 2) that differ by more than `least`, in one sense, from all but a part of their valid neighbours."""
    rows, columns = density.shape
    found = np.empty((density.size, 2), np.int64)
    n = 0
    for i in range(rows):
        for j in range(columns):
            value = density[i, j]
            lower, higher, valid = 0, 0, 0
            for a in range(max(i - 1, 0), min(i + 2, rows)):
                for b in range(max(j - 1, 0), min(j + 2, columns)):
                    difference = density[a, b] - value
                    if (a != i or b != j) and np.isfinite(difference):
                        valid += 1
                        lower += difference < -least
                        higher += difference > least
            needed = max(valid - np.ceil(alike * valid), 1)
            if lower >= needed or higher >= needed:
                found[n, 0], found[n, 1] = i, j
                n += 1
    return found[:n].copy()


def medians(frames: Float32) -> Float32:
    """Median over a few frames, (frame, row, column) -> (row, column); NaN where one is NaN."""
    return ranked(frames, (len(frames) - 1) // 2, len(frames) // 2)


@njit(nogil=True, cache=True)
def ranked(frames: Float32, low: int, high: int) -> Float32:
    """Mean of the values of two ranks from 0 over a few frames, (frame, row, column) -> (row, column); NaN where one is NaN."""
    count, rows, columns = frames.shape
    result = np.empty((rows, columns), np.float32)
    ordered = np.empty(count, np.float32)
    for i in range(rows):
        for j in range(columns):
            unknown = False
            for f in range(count):
                value = frames[f, i, j]
                unknown |= np.isnan(value)
                k = f
                while k > 0 and ordered[k - 1] > value:
                    ordered[k] = ordered[k - 1]
                    k -= 1
                ordered[k] = value
            result[i, j] = np.nan if unknown else (ordered[low] + ordered[high]) / np.float32(2)
    return result


@njit(nogil=True, cache=True)
def mean_within(frames: Float32, middle: Float32, limit: Float32) -> Float32:
    """Mean over frames, (frame, row, column) -> (row, column), of values within `limit` of `middle`, and of `middle` for others."""
    count, rows, columns = frames.shape
    mean = np.empty((rows, columns), np.float32)
    for i in range(rows):
        for j in range(columns):
            total = 0.0
            for f in range(count):
                value = frames[f, i, j]
                total += middle[i, j] if abs(value - middle[i, j]) > limit[i, j] else value
            mean[i, j] = total / count
    return mean


@njit(nogil=True, cache=True)
def fitted(
    frame: Float32,
    pixels: npt.NDArray[np.int64],
    surface: npt.NDArray[np.float64],
    nearness: npt.NDArray[np.float64],
    fewest: int,
) -> Float32:
    """Value at each of N pixels of a surface through the 5 x 5 around it, within what they span, (N,); NaN where few are valid.

    Parameters
    ----------
    frame : (row, column) float32
    pixels : (N, 2)
    surface : (25, 6)
        Terms of the surface at the 25 places, row by row.
    nearness : (25,)
        Their weights.
    fewest : int
        Valid pixels from which on a surface is fitted.
    """
    rows, columns = frame.shape
    terms = surface.shape[1]
    result = np.empty(len(pixels), np.float32)
    for n in range(len(pixels)):
        normal, right = np.zeros((terms, terms)), np.zeros(terms)
        lowest, highest, valid = np.inf, -np.inf, 0
        for place in range(25):
            i, j = pixels[n, 0] + place // 5 - 2, pixels[n, 1] + place % 5 - 2
            if i < 0 or j < 0 or i >= rows or j >= columns or not np.isfinite(frame[i, j]):
                continue
            value = float(frame[i, j])
            lowest, highest, valid = min(lowest, value), max(highest, value), valid + 1
            for a in range(terms):
                weighted = nearness[place] * surface[place, a]
                right[a] += weighted * value
                for b in range(terms):
                    normal[a, b] += weighted * surface[place, b]
        if valid < fewest:
            result[n] = np.nan
            continue
        # slopes and curvatures that the valid pixels do not tell are held at zero
        normal[0, 0] += 1e-9
        for a in range(1, terms):
            normal[a, a] += 1e-3
        result[n] = min(max(np.linalg.solve(normal, right)[0], lowest), highest)
    return result
