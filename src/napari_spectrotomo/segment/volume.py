"""One volume -> its mask: smoothed as much as its noise asks for, cut at a grey level, and freed of what is not the sample."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..arrays import as_array
from ..errors import DataError
from .bodies import drawn_region, inscribed_circle, remove_small, select_bodies
from .impulses import without_impulses
from .level import moved
from .parameters import BinarizeParameters
from .threshold import CLEAR, SMOOTHING, Array, Threshold, sample_of, smooth, threshold_of

_D = BinarizeParameters()
MOST_OF_AN_IMAGE = 0.9
"""Of the pixels of an image of optical density: what is darker than so many is a dark rim of the detector, not the background."""

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class BinarizedVolume:
    """A mask and how it came about.

    Attributes
    ----------
    mask : (z, y, x) bool
        True in the sample.
    threshold : float
        Grey level, in the volume's unit.
    sigma : float
        Smoothing before the threshold, in voxels.
    warnings : tuple of str
        Sentences about what may be wrong with the mask.
    """

    mask: Mask
    threshold: float
    sigma: float
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class SmoothedVolume:
    """A volume as its threshold sees it.

    Attributes
    ----------
    grey : (z, y, x) float32
        Smoothed; NaN where there is nothing known near.
    known : (z, y, x) bool
    within : (z, y, x) or (y, x) bool, or None
        Where there may be sample, by what was drawn and by the field; None: everywhere.
    trusted : (z, y, x) bool
        Where the histogram is taken.
    circle : (y, x) bool or None
        The inscribed circle, where it counts.
    sigma : float, voxel
    values : (N,) float64
        Grey values of a sample of the trusted voxels: the histogram that the threshold was found on.
    found : Threshold
        As the method found it.
    """

    grey: Array
    known: Mask
    within: Mask | None
    trusted: Mask
    circle: Mask | None
    sigma: float
    values: npt.NDArray[np.float64]
    found: Threshold

    def above(self, level: float, z: Any = slice(None)) -> Mask:
        """Give what is above a grey level in some slices, before bodies are chosen."""
        with np.errstate(invalid="ignore"):
            mask = self.grey[z] > level
        mask &= self.known[z]
        if self.within is not None:
            mask &= self.within if self.within.ndim == 2 else self.within[z]
        return mask


def binarize_volume(
    volume: npt.NDArray[Any],
    parameters: BinarizeParameters = _D,
    *,
    image: bool = False,
    threshold: float | None = None,
) -> BinarizedVolume:
    """Find the sample in one volume.

    Parameters
    ----------
    volume : (z, y, x)
        Grey values; NaN where unknown, which is background.
    parameters : BinarizeParameters
        `masks` and `thresholds` are not looked at.
    image : bool
        Whether it is an image of optical density, (1, row, column), of which no circle is special.
    threshold : float or None
        A grey level to take, in the volume's unit; None takes what the method finds, moved by `shift`.

    Raises
    ------
    DataError
        If the volume is flat or holds no number, or the drawn region lies outside it.
    """
    smoothed = smoothed_volume(volume, parameters, image=image)
    del volume  # labelling bodies takes as much again
    return mask_above(smoothed, moved(smoothed.found, parameters.shift) if threshold is None else threshold, parameters)


def smoothed_volume(
    volume: npt.NDArray[Any], parameters: BinarizeParameters = _D, *, image: bool = False
) -> SmoothedVolume:
    """Smooth a volume and find its threshold: what takes long of `binarize_volume`, and does not depend on the level.

    Parameters and errors are those of `binarize_volume`.
    """
    volume = np.asarray(as_array(volume, "voxels"))
    if volume.ndim != 3:
        raise DataError(f"A volume has three axes (z, y, x); found {volume.ndim}.")
    known = np.isfinite(volume)
    circular = parameters.field == "circle" or (parameters.field == "auto" and not image)
    circle = inscribed_circle(volume.shape) if circular else None
    region = drawn_region(volume.shape, parameters.region, parameters.region_z)
    trusted = known if circle is None else known & circle
    if region is not None:
        trusted = trusted & region
    within = region
    if circle is not None and parameters.field == "circle":
        within = circle if region is None else region & circle
    known_or_all = None if known.all() else known
    if parameters.sigma is None:
        volume = without_impulses(volume, known_or_all, trusted)
    # as told, or step by step until the noise is clear of the threshold, salt-and-pepper noise apart
    grey = np.empty(0, np.float32)
    for sigma in SMOOTHING if parameters.sigma is None else (parameters.sigma,):
        grey = np.empty(0, np.float32)  # lets go of the one before
        grey = smooth(volume, sigma, known_or_all)
        values = sample_of(grey, trusted)
        found = threshold_of(values, parameters.method, MOST_OF_AN_IMAGE if image else 1.0)
        if found.contrast_to_noise >= CLEAR:
            break
    return SmoothedVolume(grey, known, within, trusted, circle, sigma, values, found)


def mask_above(smoothed: SmoothedVolume, level: float, parameters: BinarizeParameters = _D) -> BinarizedVolume:
    """Cut a smoothed volume at a grey level and keep the bodies that are sample.

    Parameters
    ----------
    smoothed : SmoothedVolume
    level : float
        In the volume's unit.
    parameters : BinarizeParameters
        Those that the volume was smoothed with.
    """
    mask = smoothed.above(level)
    trusted = np.count_nonzero(smoothed.trusted)
    raw_share = np.count_nonzero(mask & smoothed.trusted) / trusted if trusted else float("nan")
    mask = select_bodies(
        remove_small(mask, parameters.min_size),
        max_size=parameters.max_size,
        clear_border=parameters.clear_border,
        keep_largest=parameters.keep_largest,
        circle=smoothed.circle,
    )
    if parameters.fill_holes:
        from scipy.ndimage import binary_fill_holes

        mask = np.asarray(binary_fill_holes(mask[0])[None] if len(mask) == 1 else binary_fill_holes(mask))
    return BinarizedVolume(mask, level, smoothed.sigma, tuple(_doubts(mask, raw_share, level, smoothed.found)))


def _doubts(mask: Mask, raw_share: float, level: float, found: Threshold) -> list[str]:
    share = float(mask.mean())
    said = []
    if share == 0:
        cause = "everything found was removed as not the sample" if raw_share else "nothing is above the threshold"
        said.append(f"The mask is empty: {cause}; try another threshold method, or remove less.")
    elif share < 0.001:
        said.append(f"Only {share:.2%} of the volume is sample: is the threshold ({level:.3g}) right?")
    elif raw_share > 0.9:
        said.append(
            f"{raw_share:.0%} of the volume is above the threshold ({level:.3g}): is there any background in the field?"
        )
    if found.contrast_to_noise < 4:
        said.append(
            f"The histogram hardly shows two classes (contrast {found.contrast_to_noise:.1f} times the noise): "
            "smooth more (sigma), or give masks of your own."
        )
    return said
