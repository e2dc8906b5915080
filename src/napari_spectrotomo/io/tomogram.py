"""What the format modules hand on: images not read yet (`Frames`) and all that is known of one energy (`Tomogram`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import dask
import dask.array as da
import numpy as np
import numpy.typing as npt

from ..data import FloatArray, Kind
from ..errors import ReadError
from .room import no_room, require_room

BLOCK_BYTES = 64 * 2**20  # images are read in blocks of about this size, so that looking at one does not read them all


@dataclass(frozen=True, slots=True)
class Frames:
    """Images of one role in one file, not read yet.

    Attributes
    ----------
    path : Path
    count : int
    shape : (row, column)
    dtype : numpy dtype
    load : callable (start, stop) -> (stop - start, row, column) array
        Opens the file, reads and closes it; can be pickled.
    """

    path: Path
    count: int
    shape: tuple[int, int]
    dtype: np.dtype[Any]
    load: Callable[[int, int], npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Tomogram:
    """All that the files of one energy say, NaN or None where they say nothing.

    Attributes
    ----------
    files : tuple of Path, the one that names it first
    projections, flats, darks : tuples of Frames
    energy : float, eV
    angles : (A,) degrees, or None
    pixel_size : float, nm at the sample
    exposure, flat_exposure : float, s
    time : float, s, on any clock
    flat_positions : (F,) int, projections taken before each flat, or None
    current, flat_current : (A,) and (F,) mA, NaN where unknown, or None
    kind : what the projections hold
    doubts : tuple of sentences
    """

    files: tuple[Path, ...]
    projections: tuple[Frames, ...]
    flats: tuple[Frames, ...] = ()
    darks: tuple[Frames, ...] = ()
    energy: float = np.nan
    angles: FloatArray | None = None
    pixel_size: float = np.nan
    exposure: float = np.nan
    flat_exposure: float = np.nan
    time: float = np.nan
    flat_positions: npt.NDArray[np.int64] | None = None
    current: FloatArray | None = None
    flat_current: FloatArray | None = None
    kind: Kind = "counts"
    doubts: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """The file that names this tomogram."""
        return self.files[0]

    @property
    def views(self) -> int:
        """The number of projections."""
        return sum(f.count for f in self.projections)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of a projection."""
        return self.projections[0].shape

    def checked(self) -> Tomogram:
        """Give the tomogram back once its parts fit together.

        Raises
        ------
        ReadError
            If images differ in size, or angles in number, or an angle is not a number; names the file and the field.
        """
        if self.views == 0:
            raise ReadError(f"{self.path} holds no projections.")
        for role, group in (("projections", self.projections), ("flats", self.flats), ("darks", self.darks)):
            for frames in group:
                if frames.shape != self.shape:
                    raise ReadError(
                        f"{frames.path}: {role} have {_pixels(frames.shape)} pixels and projections {_pixels(self.shape)}: "
                        f"{role} must be taken with the projections' detector settings."
                    )
        if self.angles is not None:
            if len(self.angles) != self.views:
                raise ReadError(
                    f"{self.path} has {len(self.angles)} angles for {self.views} projections: it was interrupted, "
                    "or its angles belong to another scan."
                )
            if not np.all(np.isfinite(self.angles)):
                bad = int(np.flatnonzero(~np.isfinite(self.angles))[0])
                raise ReadError(f"{self.path}: the angle of projection {bad} is not a number.")
        return self


def joined(parts: Sequence[Frames], shape: tuple[int, int], dtype: Any = None) -> da.Array:
    """Join images of several files to one lazy array (frame, row, column), read in blocks.

    Parameters
    ----------
    parts : sequence of Frames
    shape : (row, column), for an array of no frames
    dtype : dtype of an array of no frames
    """
    blocks: list[list[tuple[Frames, int, int]]] = []
    room = 0
    for frames in parts:
        per_image = max(1, int(np.prod(frames.shape)) * frames.dtype.itemsize)
        start = 0
        while start < frames.count:
            if room < per_image:
                blocks.append([])
                room = max(BLOCK_BYTES, per_image)
            stop = min(frames.count, start + room // per_image)
            blocks[-1].append((frames, start, stop))
            room -= (stop - start) * per_image
            start = stop
    if not blocks:
        return da.zeros((0, *shape), dtype=dtype or np.uint16, chunks=-1)
    kind = np.result_type(*{f.dtype for f in parts})
    arrays = []
    for block in blocks:
        count = sum(stop - start for _, start, stop in block)
        read = dask.delayed(partial(_read_block, tuple(block), kind), traverse=False)()
        arrays.append(da.from_delayed(read, (count, *shape), dtype=kind))
    return da.concatenate(arrays) if len(arrays) > 1 else arrays[0]


def _read_block(block: tuple[tuple[Frames, int, int], ...], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    parts = []
    for frames, start, stop in block:
        wanted = (stop - start, *frames.shape)
        require_room(frames.path, wanted, frames.dtype)
        try:
            images = frames.load(start, stop)
        except MemoryError as error:
            raise no_room(frames.path, wanted) from error
        except (OSError, KeyError, ValueError, RuntimeError, IndexError) as error:
            raise ReadError(
                f"{frames.path} could not be read again: {_reason(error)}. Is it still there, and whole?"
            ) from error
        if images.shape != wanted:
            raise ReadError(f"{frames.path} changed since it was opened: its images now have shape {images.shape}.")
        parts.append(images.astype(dtype, copy=False))
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _reason(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__


def _pixels(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
