"""Two stacks in one picture, in alternate fields: what lies well runs on across the borders."""

from typing import Any

import dask.array as da
import numpy as np
import numpy.typing as npt

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
    dask array of float32, (E, z, y, x), one energy a chunk
        Of a part of it, such as a slice, that part alone is read. NaN where the volume that is shown is.

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
    board = _Board(data, still, int(side))
    meta = np.empty((0,) * 4, np.float32)
    return da.from_array(board, chunks=(1, *board.shape[1:]), name=False, asarray=False, meta=meta)


class _Board:
    """The checkerboard as an array that reads of both volumes only what is asked for, such as one slice."""

    dtype, ndim = np.dtype(np.float32), 4

    def __init__(self, stack: Any, fixed: Any, side: int) -> None:
        self._stack, self._fixed, self._side = stack, fixed, side
        self.shape = tuple(int(n) for n in stack.shape)

    def __getitem__(self, key: Any) -> npt.NDArray[np.float32]:
        whole = (*(key if isinstance(key, tuple) else (key,)), *(slice(None),) * 4)[:4]
        other, still = _read(self._stack, whole), _read(self._fixed, whole[1:])
        fields = [np.arange(n)[part] // self._side for n, part in zip(self.shape[1:], whole[1:], strict=True)]
        odd = sum(np.ix_(*(f for f in fields if f.ndim))) + sum(int(f) for f in fields if not f.ndim)
        return np.where(odd % 2 == 1, other, still).astype(np.float32, copy=False)


def _read(source: Any, key: tuple[Any, ...]) -> npt.NDArray[Any]:
    part = source[key]
    return np.asarray(part.compute(scheduler="synchronous") if isinstance(part, da.Array) else part)
