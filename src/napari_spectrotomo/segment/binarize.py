"""A volume of attenuation -> the mask of the sample, each energy by its own histogram.

Absorption differs between energies, so grey values cannot be compared; shapes can (Zhang et al. 2021).
"""

from dataclasses import dataclass
from typing import Any

import dask.array as da
import numpy as np
import numpy.typing as npt

from ..arrays import as_array, as_numbers
from ..data import EnergyStack
from ..errors import DataError, ParameterError
from ..parameters import checked
from .bodies import drawn_region, inscribed_circle, remove_small, select_bodies
from .impulses import without_impulses
from .own import load_masks
from .parameters import BinarizeParameters
from .threshold import CLEAR, SMOOTHING, Array, Threshold, sample_of, smooth, threshold_of

_D = BinarizeParameters()
MOST_OF_AN_IMAGE = 0.9
"""Of the pixels of an image of optical density: what is darker than so many is a dark rim of the detector, not the background."""


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

    mask: npt.NDArray[np.bool_]
    threshold: float
    sigma: float
    warnings: tuple[str, ...]


def binarize(
    stack: EnergyStack | Any,
    method: str = _D.method,
    *,
    sigma: float | None = _D.sigma,
    min_size: int = _D.min_size,
    max_size: int | None = _D.max_size,
    clear_border: bool = _D.clear_border,
    keep_largest: int | None = _D.keep_largest,
    region: Any = _D.region,
    region_z: tuple[int, int] | None = _D.region_z,
    field: str = _D.field,
    fill_holes: bool = _D.fill_holes,
    masks: str | None = _D.masks,
) -> da.Array:
    """Find the sample in every volume of a stack, lazily.

    Parameters
    ----------
    stack : EnergyStack, or (E, z, y, x) array
    method : 'auto', 'otsu', 'li', 'triangle', 'multi-otsu' or 'minimum'
        Threshold on each volume's own histogram.
    sigma : float or None, voxel
        Smoothing before the threshold; None fills salt-and-pepper noise from its neighbours, and takes the least of 0.5, 1, 1.5
        and 2 after which other noise no longer crosses the threshold.
    min_size, max_size : int, voxel
        Smaller and larger bodies are removed.
    clear_border : bool
        Whether bodies that touch a face of the volume are removed.
    keep_largest : int or None
        How many bodies to keep at most.
    region : sequence of (y, x), voxel
        Corners of a polygon outside which nothing is sample.
    region_z : (first, end), slice
    field : 'auto', 'circle' or 'all'
        What of a square slice is trusted; 'auto' trusts all of an image of optical density (2-D XANES).
    fill_holes : bool
        Whether closed cavities count as sample.
    masks : str or None
        File of masks that are used instead.

    Returns
    -------
    dask array of bool, (E, z, y, x), one energy a chunk

    Raises
    ------
    ParameterError
        If a parameter has a value it cannot have.
    DataError
        If the stack is not 4-D; on computing, if a volume is flat or holds no number.
    ReadError
        If `masks` cannot be read.
    """
    values = {
        "method": method,
        "sigma": sigma,
        "min_size": min_size,
        "max_size": max_size,
        "clear_border": clear_border,
        "keep_largest": keep_largest,
        "region": None if region is None else as_numbers(region, "corners of the region", ParameterError).tolist(),
        "region_z": region_z,
        "field": field,
        "fill_holes": fill_holes,
        "masks": masks,
    }
    parameters = checked(BinarizeParameters, values, where="binarize")
    data = stack.data if isinstance(stack, EnergyStack) else as_array(stack, "volumes")
    if data.ndim != 4:
        raise DataError(f"A stack has four axes (energy, z, y, x); found {data.ndim}.")
    if parameters.masks is not None:
        return load_masks(parameters.masks, tuple(data.shape))
    lazy = data if isinstance(data, da.Array) else da.from_array(data, chunks=(1, *data.shape[1:]))
    lazy = lazy.rechunk((1, -1, -1, -1))
    image = isinstance(stack, EnergyStack) and stack.planar
    return lazy.map_blocks(
        _one_energy, parameters=parameters, image=image, dtype=bool, meta=np.empty((0, 0, 0, 0), bool)
    )


def _one_energy(block: npt.NDArray[np.floating], parameters: BinarizeParameters, image: bool) -> npt.NDArray[np.bool_]:
    return binarize_volume(block[0], parameters, image=image).mask[None]


def binarize_volume(
    volume: npt.NDArray[Any], parameters: BinarizeParameters = _D, *, image: bool = False
) -> BinarizedVolume:
    """Find the sample in one volume.

    Parameters
    ----------
    volume : (z, y, x)
        Grey values; NaN where unknown, which is background.
    parameters : BinarizeParameters
        `masks` is not looked at.
    image : bool
        Whether it is an image of optical density, (1, row, column), of which no circle is special.

    Raises
    ------
    DataError
        If the volume is flat or holds no number, or the drawn region lies outside it.
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
    most = MOST_OF_AN_IMAGE if image else 1.0
    grey, sigma, found = _thresholded(volume, None if known.all() else known, trusted, parameters, most)

    with np.errstate(invalid="ignore"):
        mask = (grey > found.value) & known
    if region is not None:
        mask &= region
    if circle is not None and parameters.field == "circle":
        mask &= circle
    raw_share = float(mask[trusted].mean())
    mask = select_bodies(
        remove_small(mask, parameters.min_size),
        max_size=parameters.max_size,
        clear_border=parameters.clear_border,
        keep_largest=parameters.keep_largest,
        circle=circle,
    )
    if parameters.fill_holes:
        from scipy.ndimage import binary_fill_holes

        mask = np.asarray(binary_fill_holes(mask[0])[None] if len(mask) == 1 else binary_fill_holes(mask))
    return BinarizedVolume(mask, found.value, sigma, tuple(_doubts(mask, raw_share, found)))


def _thresholded(
    volume: npt.NDArray[Any],
    known: npt.NDArray[np.bool_] | None,
    trusted: npt.NDArray[np.bool_],
    parameters: BinarizeParameters,
    most: float,
) -> tuple[Array, float, Threshold]:
    """Smooth as told, or step by step until the noise is clear of the threshold, salt-and-pepper noise apart."""
    if parameters.sigma is None:
        volume = without_impulses(volume, known, trusted)
    steps = SMOOTHING if parameters.sigma is None else (parameters.sigma,)
    for sigma in steps:
        grey = smooth(volume, sigma, known)
        found = threshold_of(sample_of(grey, trusted), parameters.method, most)
        if found.contrast_to_noise >= CLEAR:
            break
    return grey, sigma, found


def _doubts(mask: npt.NDArray[np.bool_], raw_share: float, found: Threshold) -> list[str]:
    share = float(mask.mean())
    said = []
    if share == 0:
        cause = "everything found was removed as not the sample" if raw_share else "nothing is above the threshold"
        said.append(f"The mask is empty: {cause}; try another threshold method, or remove less.")
    elif share < 0.001:
        said.append(f"Only {share:.2%} of the volume is sample: is the threshold ({found.value:.3g}) right?")
    elif raw_share > 0.9:
        said.append(
            f"{raw_share:.0%} of the volume is above the threshold ({found.value:.3g}): is there any background in the field?"
        )
    if found.contrast_to_noise < 4:
        said.append(
            f"The histogram hardly shows two classes (contrast {found.contrast_to_noise:.1f} times the noise): "
            "smooth more (sigma), or give masks of your own."
        )
    return said
