"""What registration leaves: the squared difference of every volume to the fixed one, and what can be read from it."""

from typing import Any

import dask.array as da
import numpy as np

from ..arrays import as_array
from ..data import EnergyStack
from ..errors import DataError


def squared_difference(stack: EnergyStack | Any, fixed: int = -1) -> da.Array:
    """Square the difference of every energy to the fixed one, lazily.

    Parameters
    ----------
    stack : EnergyStack, or (E, z, y, x) array
        Volumes, or masks, which count as 0 and 1.
    fixed : int
        Index of the energy that all are compared with.

    Returns
    -------
    dask array of float32, (E, z, y, x), one energy a chunk
        NaN where either volume is.

    Raises
    ------
    DataError
        If the array is not 4-D, or there is no energy `fixed`.
    """
    data = stack.data if isinstance(stack, EnergyStack) else as_array(stack, "volumes")
    if data.ndim != 4:
        raise DataError(f"A stack has four axes (energy, z, y, x); found {data.ndim}.")
    if not isinstance(fixed, int | np.integer):
        raise DataError(f"The fixed energy is given by its index, a whole number; found {fixed!r}.")
    if not -len(data) <= fixed < len(data):
        raise DataError(f"There is no energy {fixed} to compare with: there are {len(data)}, numbered from 0.")
    lazy = data if isinstance(data, da.Array) else da.from_array(data, chunks=(1, *data.shape[1:]))
    lazy = lazy.rechunk((1, -1, -1, -1)).astype(np.float32)
    return da.square(lazy - lazy[fixed])


def moved_mask(difference: Any, fixed: Any) -> Any:
    """Give back the mask that a squared difference was taken of, such as a registered one that was not kept itself.

    The fixed mask is 0 or 1 and the other between them, so that its distance from the fixed one has one direction only.

    Parameters
    ----------
    difference : array, (..., z, y, x)
        Squared differences to the fixed mask, as `squared_difference` or a project give them; NumPy, or dask, which stays lazy.
    fixed : array of bool, (..., z, y, x)

    Returns
    -------
    array of float32, of the same shape
        From 0 to 1, as it was interpolated; NaN where the difference is.
    """
    away = da.sqrt(difference) if isinstance(difference, da.Array) else np.sqrt(np.asarray(difference))
    return da.where(fixed, 1 - away, away) if isinstance(away, da.Array) else np.where(fixed, 1 - away, away)
