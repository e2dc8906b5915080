"""Two stacks in one picture, in alternate fields: what lies well runs on across the borders."""

from typing import Any

import dask.array as da
import numpy as np

from ..arrays import as_array
from ..data import EnergyStack
from ..errors import DataError


def checkerboard(stack: EnergyStack | Any, fixed: Any, side: int = 16) -> da.Array:
    """Put every energy and the fixed volume into one picture, in alternate fields, lazily.

    Parameters
    ----------
    stack : EnergyStack, or (E, z, y, x) array
    fixed : (z, y, x) array
        Volume of the fixed energy; it takes the field at the origin.
    side : int, voxels
        Of a field, along z, y and x.

    Returns
    -------
    dask array of float32, (E, z, y, x), in the chunks of the stack
        NaN where the volume that is shown is.

    Raises
    ------
    DataError
        If the arrays do not fit together, or the side is no whole number of voxels.
    """
    data = stack.data if isinstance(stack, EnergyStack) else as_array(stack, "volumes")
    still = as_array(fixed, "voxels of the fixed volume")
    if data.ndim != 4 or tuple(still.shape) != tuple(data.shape[1:]):
        raise DataError(
            f"A checkerboard is of a stack (energy, z, y, x) and one of its volumes; found {data.shape} and {still.shape}."
        )
    if not isinstance(side, int | np.integer) or side < 1:
        raise DataError(f"The side of a field is a whole number of voxels, 1 or more; found {side!r}.")
    lazy = data if isinstance(data, da.Array) else da.from_array(data, chunks=(1, *data.shape[1:]))
    other = still if isinstance(still, da.Array) else da.from_array(still, chunks=lazy.chunks[1:])
    z, y, x = (da.arange(n, chunks=c) // side for n, c in zip(lazy.shape[1:], lazy.chunks[1:], strict=True))
    odd = (z[:, None, None] + y[None, :, None] + x[None, None, :]) % 2 == 1
    return da.where(odd, lazy, other.rechunk(lazy.chunks[1:])).astype(np.float32)
