"""What the stack formats hand on: volumes not read yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import dask
import dask.array as da
import numpy as np
import numpy.typing as npt

from ...data import FloatArray
from ...errors import ReadError
from ..room import no_room, require_room

UNKNOWN_SIZE = np.full(3, np.nan)


@dataclass(frozen=True, slots=True)
class Volume:
    """One volume, not read yet.

    Attributes
    ----------
    path : Path
    load : callable () -> (z, y, x) array, can be pickled
    shape : (z, y, x)
    dtype : numpy dtype
    energy : float, eV; NaN when unknown
    voxel_size : (3,) nm; NaN when unknown
    """

    path: Path
    load: Callable[[], npt.NDArray[Any]]
    shape: tuple[int, int, int]
    dtype: np.dtype[Any]
    energy: float
    voxel_size: FloatArray

    def lazy(self) -> da.Array:
        """Give the volume as a dask array of one chunk."""
        return da.from_delayed(dask.delayed(partial(_read, self), traverse=False)(), self.shape, dtype=self.dtype)


@dataclass(frozen=True, slots=True)
class Volumes:
    """The volumes of a stack in order of their files, and what else the files say."""

    volumes: tuple[Volume, ...]
    attenuation_unit: str | None = None
    doubts: tuple[str, ...] = ()


def _read(volume: Volume) -> npt.NDArray[Any]:
    require_room(volume.path, volume.shape, volume.dtype)
    try:
        data = np.asarray(volume.load())
    except MemoryError as error:
        raise no_room(volume.path, volume.shape) from error
    except (OSError, KeyError, ValueError, RuntimeError, IndexError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ReadError(f"{volume.path} could not be read again: {reason}. Is it still there, and whole?") from error
    if data.shape != volume.shape:
        raise ReadError(f"{volume.path} changed since it was opened: its volume now has shape {data.shape}.")
    return data
