"""The grey level that parts sample from background, from a volume's own histogram."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..errors import DataError
from .parameters import Method
from .slabs import Slab, by_slabs

Array = npt.NDArray[np.float32]
SAMPLE = 100_000
_REACH = 4.0
"""Standard deviations after which scipy cuts a Gaussian."""
SMOOTHING = (0.5, 1.0, 1.5, 2.0)
CLEAR = 8.0
OTSU_BINS = 4096
LEAST_SPREAD = 1e-3
"""Spread, as a share of the range, below which a class counts as even: so two shades of an empty background are not far apart."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """A grey level and how well it parts the two classes.

    Attributes
    ----------
    value : float
        In units of the volume.
    contrast_to_noise : float
        Distance of the classes' medians over the spread within the narrower one; a histogram with one peak gives about 2.6.
    background, sample : float
        Medians of the two classes.
    """

    value: float
    contrast_to_noise: float
    background: float
    sample: float


def smooth(volume: npt.NDArray[np.floating], sigma: float, known: npt.NDArray[np.bool_] | None) -> Array:
    """Smooth by a Gaussian in which unknown voxels have no weight.

    Parameters
    ----------
    volume : (z, y, x)
    sigma : float, voxel
    known : (z, y, x) bool, or None when every voxel is

    Returns
    -------
    (z, y, x) float32, NaN where there is nothing known near
    """
    from scipy.ndimage import gaussian_filter

    grey = np.asarray(volume, np.float32)
    if sigma == 0:
        return grey
    smoothed = np.empty(grey.shape, np.float32)

    def work(slab: Slab) -> None:
        if known is None:
            smoothed[slab.own] = gaussian_filter(grey[slab.around], sigma)[slab.inner]
            return
        there = known[slab.around]
        weight = gaussian_filter(there.astype(np.float32), sigma)[slab.inner]
        total = gaussian_filter(np.where(there, grey[slab.around], np.float32(0)), sigma)[slab.inner]
        with np.errstate(divide="ignore", invalid="ignore"):
            smoothed[slab.own] = np.where(weight > 1e-3, total / weight, np.float32(np.nan))

    by_slabs(work, grey.shape, reach=int(_REACH * sigma + 0.5))
    return smoothed


def sample_of(volume: Array, trusted: npt.NDArray[np.bool_] | None) -> npt.NDArray[np.float64]:
    """Draw voxels for the histogram, always the same ones, without the few brightest and darkest.

    Raises
    ------
    DataError
        If no voxel is known, or all have the same value.
    """
    chosen = _drawn(volume, trusted)
    values = chosen[np.isfinite(chosen)].astype(np.float64)
    if values.size == 0:
        raise DataError("The volume holds no number at all (every voxel is NaN): look at its reconstruction.")
    low, high = np.percentile(values, [0.05, 99.95])
    if not high > low:
        low, high = float(values.min()), float(values.max())
    if not high > low:
        raise DataError(f"The volume is flat (every voxel is {low:g}): there is nothing to part from a background.")
    return np.clip(values, low, high)


def _drawn(volume: Array, trusted: npt.NDArray[np.bool_] | None) -> Array:
    """Give the values of trusted voxels, or of a sample of them where there are many."""
    if trusted is None:
        flat = volume.ravel()
        return flat[np.random.default_rng(0).integers(flat.size, size=SAMPLE)] if flat.size > SAMPLE else flat
    counts = np.array([np.count_nonzero(plane) for plane in trusted])
    if counts.sum() <= SAMPLE:
        return volume[trusted]
    wanted = np.random.default_rng(0).integers(counts.sum(), size=SAMPLE)
    ends = np.cumsum(counts)
    slices = np.searchsorted(ends, wanted, side="right")
    chosen = np.empty(SAMPLE, volume.dtype)
    for z in np.unique(slices):  # slice by slice: all trusted voxels at once would be another volume
        here = slices == z
        chosen[here] = volume[z][trusted[z]][wanted[here] - (ends[z] - counts[z])]
    return chosen


def threshold_of(values: npt.NDArray[np.float64], method: Method, most: float = 1.0) -> Threshold:
    """Find the level that parts a sample of grey values in two.

    Parameters
    ----------
    values : (N,)
        Grey values as `sample_of` draws them.
    most : float
        'auto' prefers levels that have no larger share above them than this.
    method : str
        ``'auto'`` is the middle between the medians of the two classes it makes itself (Ridler and Calvard 1978, with medians),
        started from Otsu's level and from both ends of the histogram, the clearest of the three. So a sample of 2 % or of 60 % is
        found alike, and the level is the half height at which a blurred surface stands where it is. The others are
        scikit-image's; of multi-Otsu's three classes the brighter two are sample.

    Raises
    ------
    DataError
        If the method cannot be used on this histogram.
    """
    from skimage import filters

    # with bins wider than the noise, Otsu's level would lie within the background's own peak
    otsu = filters.threshold_otsu(values, nbins=OTSU_BINS)
    if method == "auto":
        median = float(np.median(values))
        starts = (otsu, (median + values.max()) / 2, (median + values.min()) / 2)
        found = [_settle(values, start) for start in starts]
        likely = [one for one in found if np.mean(values > one[0].value) <= most]
        return max(likely or found, key=lambda one: one[1])[0]
    try:
        levels = {
            "otsu": lambda: otsu,
            "li": lambda: filters.threshold_li(values),
            "triangle": lambda: filters.threshold_triangle(values),
            "multi-otsu": lambda: filters.threshold_multiotsu(values, 3)[0],
            "minimum": lambda: filters.threshold_minimum(values),
        }
        level = levels[method]()
    except (RuntimeError, ValueError) as error:
        raise DataError(
            f"The threshold {method!r} does not suit this histogram ({error}): take 'auto' or 'otsu'."
        ) from error
    low, high, clear, _ = _classes(values, float(level))
    return Threshold(float(level), clear, low, high)


def _classes(values: npt.NDArray[np.float64], level: float) -> tuple[float, float, float, float]:
    """Medians below and above a level, their distance over the smaller spread and over the sum of both spreads."""
    above = values > level
    if above.all() or not above.any():
        return level, level, 0.0, 0.0
    dark, bright = values[~above], values[above]
    low, high = float(np.median(dark)), float(np.median(bright))
    spreads = 1.4826 * np.median(np.abs(dark - low)), 1.4826 * np.median(np.abs(bright - high))
    least = LEAST_SPREAD * float(np.ptp(values))
    return low, high, (high - low) / max(min(spreads), least), (high - low) / max(sum(spreads), least)


def _settle(values: npt.NDArray[np.float64], start: float) -> tuple[Threshold, float]:
    """Move a level to the middle between its classes' medians until it stays; with the separation of the classes."""
    level = float(start)
    for _ in range(50):
        low, high, clear, apart = _classes(values, level)
        middle = (low + high) / 2
        if abs(middle - level) <= 1e-3 * (high - low):
            break
        level = middle
    return Threshold(level, clear, low, high), apart
