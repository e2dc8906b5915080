"""Salt-and-pepper noise in a grey volume: found by its values, which are the extremes, and filled from its neighbours."""

import numpy as np
import numpy.typing as npt

from .slabs import Slab, by_slabs
from .threshold import Array, sample_of, smooth

Mask = npt.NDArray[np.bool_]

FEWEST = 3e-3
"""Share of voxels below which the extremes are the tails of ordinary noise (Gaussian noise has half as many)."""
NEAR = 0.02
"""How near to an extreme a voxel counts as one, as a share of the range."""
STANDS_OUT = 0.25
"""By what share of the range a voxel must differ from what surrounds it."""
COMPANY, MINORITY = 5.5, 13.0
"""Fewer than so many of 26 neighbours have the same extreme: of a sheet one voxel thin, such as a crack, eight have; under
heavy noise the majority decides. Of the 8 neighbours in an image it is as large a share."""
HEAVY = 0.08
"""Share of voxels found in the first pass above which noise is heavy."""
PASSES = 2
FILL = 0.7


def without_impulses(
    volume: npt.NDArray[np.floating], known: npt.NDArray[np.bool_] | None, trusted: npt.NDArray[np.bool_] | None = None
) -> Array:
    """Fill lone voxels of the least or the greatest value there is, where there are too many of them to be chance.

    Parameters
    ----------
    volume : (z, y, x)
        Grey values.
    known : (z, y, x) bool, or None when every voxel is
    trusted : (z, y, x) bool, or None when every voxel is
        Where the extremes are looked for.

    Returns
    -------
    (z, y, x) float32
        The volume itself where there is no such noise; else with those voxels replaced by the mean of the others near them.
        After the second pass hardly any is left of 30 % noise, but cracks a voxel thin may go with it.

    Raises
    ------
    DataError
        If no trusted voxel is known, or all have the same value.
    """
    grey = np.asarray(volume, np.float32)
    values = sample_of(grey, trusted)
    low, high = float(values.min()), float(values.max())
    company = COMPANY
    for _ in range(PASSES):
        lone = _lone(grey, low, high, company)
        if _share(lone) <= FEWEST:
            break
        around = smooth(grey, FILL, ~lone if known is None else known & ~lone)

        def stand_out(slab: Slab, grey: Array = grey, around: Array = around, lone: Mask = lone) -> None:
            with np.errstate(invalid="ignore"):
                lone[slab.own] &= np.abs(grey[slab.own] - around[slab.own]) > STANDS_OUT * (high - low)

        by_slabs(stand_out, grey.shape)
        if _share(lone) <= FEWEST:
            break
        np.copyto(around, grey, where=~lone)
        grey = around
        company = MINORITY if _share(lone) > HEAVY else COMPANY
    return grey


def _share(mask: Mask) -> float:
    return np.count_nonzero(mask) / mask.size


def _lone(grey: Array, low: float, high: float, company: float) -> Mask:
    """Voxels at an extreme with fewer neighbours at the same one than `company`."""
    from scipy.ndimage import uniform_filter

    lone = np.zeros(grey.shape, bool)
    near = NEAR * (high - low)
    sides = [3 if n > 1 else 1 for n in grey.shape]
    neighbours = int(np.prod(sides)) - 1
    company *= neighbours / 26

    def look(slab: Slab) -> None:
        values = grey[slab.around]
        with np.errstate(invalid="ignore"):
            extremes = (values >= high - near, values <= low + near)
        for extreme in extremes:
            beside = uniform_filter(extreme.astype(np.float32), sides, mode="constant") * (neighbours + 1) - 1
            lone[slab.own] |= (extreme & (beside < company))[slab.inner]

    by_slabs(look, grey.shape, reach=1)
    return lone
