"""A volume of attenuation -> the mask of the sample, each energy by its own histogram.

Absorption differs between energies, so grey values cannot be compared; shapes can (Zhang et al. 2021).
"""

from typing import Any

import dask.array as da
import numpy as np
import numpy.typing as npt

from ..arrays import as_array, as_numbers
from ..data import EnergyStack
from ..errors import DataError, ParameterError
from ..parameters import checked
from .level import own_threshold
from .own import load_masks
from .parameters import BinarizeParameters
from .volume import binarize_volume

_D = BinarizeParameters()


def binarize(
    stack: EnergyStack | Any,
    method: str = _D.method,
    *,
    shift: float = _D.shift,
    thresholds: Any = _D.thresholds,
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
    shift : float, -1..1
        By how much every threshold is moved, as a share of the step from background to sample at its energy.
    thresholds : sequence of (energy, level), or None
        Thresholds of your own at single energies, eV and the volumes' unit; only of an `EnergyStack`.
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
        "shift": shift,
        "thresholds": _listed(thresholds, "own thresholds"),
        "sigma": sigma,
        "min_size": min_size,
        "max_size": max_size,
        "clear_border": clear_border,
        "keep_largest": keep_largest,
        "region": _listed(region, "corners of the region"),
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
    energies = stack.energies if isinstance(stack, EnergyStack) else None
    if energies is None and parameters.thresholds is not None:
        raise ParameterError(
            "Thresholds of your own are named by their energies, which an array lacks: give an EnergyStack."
        )
    lazy = data if isinstance(data, da.Array) else da.from_array(data, chunks=(1, *data.shape[1:]))
    lazy = lazy.rechunk((1, -1, -1, -1))
    image = isinstance(stack, EnergyStack) and stack.planar

    def one_energy(block: npt.NDArray[np.floating], block_id: tuple[int, ...]) -> npt.NDArray[np.bool_]:
        own = None if energies is None else own_threshold(parameters, float(energies[block_id[0]]))
        return binarize_volume(block[0], parameters, image=image, threshold=own).mask[None]

    return lazy.map_blocks(one_energy, dtype=bool, meta=np.empty((0, 0, 0, 0), bool))


def _listed(values: Any, what: str) -> Any:
    return None if values is None else as_numbers(values, what, ParameterError).tolist()
