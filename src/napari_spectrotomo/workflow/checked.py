"""Reading images back: what is no longer on disk as it was written is said in words, and its energy counts as not done.

A chunk whose checksum is wrong cannot be read, so no number ever comes from it. A shard that was lost would read as NaN: of an
energy that counts as done it is damage too. Projects of earlier versions have no checksums; of theirs, only what cannot be
unpacked is found.
"""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import zarr
from zarr.codecs import Crc32cCodec
from zarr.errors import BaseZarrError

from ..errors import ProjectError
from .hold import alone

_UNREADABLE = (ValueError, RuntimeError, OSError, LookupError, TypeError, BaseZarrError)
"""What zarr and its codecs raise of files that are not what they were."""


class DamagedError(ProjectError):
    """The volume of an energy is not on disk as it was written.

    Attributes
    ----------
    image : str
    index : int
        Of the energy.
    """

    def __init__(self, message: str, image: str, index: int) -> None:
        super().__init__(message)
        self.image = image
        self.index = index

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.image, self.index)


class CheckedImage:
    """The full resolution of an image, (energy, z, y, x), sliced as a zarr array is.

    Parameters
    ----------
    path : path
        Of the zarr group that holds the image.
    name : str
        Of the image.

    Raises
    ------
    FileNotFoundError
        If there is no such image.
    """

    def __init__(self, path: Path, name: str) -> None:
        self._path, self._name = path, name
        self._array = zarr.open_array(path / name / "0", mode="r")
        self._reader = _ByShards(self._array)
        self.shape, self.ndim, self.dtype = self._array.shape, self._array.ndim, self._array.dtype
        self.chunks, self.shards = self._array.chunks, self._array.shards
        (sharding,) = self._array.metadata.codecs
        self.checksummed = any(isinstance(codec, Crc32cCodec) for codec in sharding.codecs)

    def __getitem__(self, key: Any) -> npt.NDArray[Any]:
        energies = np.atleast_1d(np.arange(self.shape[0])[key[0] if isinstance(key, tuple) else key])
        for index in energies:
            if self.lost(int(index)):
                raise self._error(int(index))
        try:
            return self._reader[key]
        except _UNREADABLE as error:
            for index in energies:
                if self.damage(int(index)):
                    raise self._error(int(index)) from error
            raise

    def damage(self, index: int) -> str:
        """Read all of an energy; say in a few words what is wrong with it, or nothing."""
        if lost := self.lost(index):
            return lost
        try:
            for top in range(0, self.shape[1], self.shards[1]):
                self._array[index, top : top + self.shards[1]]
        except _UNREADABLE as error:
            return "a checksum is wrong" if "checksum" in str(error) else f"it cannot be read: {error}"
        return ""

    def lost(self, index: int) -> str:
        """Say which shard of an energy is gone or empty, if it counts as done and shards are never left out."""
        if not self.checksummed:
            return ""
        counts = [range(-(-n // s)) for n, s in zip(self.shape[1:], self.shards[1:], strict=True)]
        for place in product(*counts):
            name = "/".join(map(str, ("0", "c", index, *place)))
            file = self._path / self._name / name
            if not (file.exists() and file.stat().st_size) and self._own()["done"][index]:
                return f"its file {name} is gone"
        return ""

    def _own(self) -> dict[str, Any]:
        text = (self._path / self._name / "zarr.json").read_text(encoding="utf-8")
        return dict(json.loads(text)["attributes"]["spectrotomo"])

    def _error(self, index: int) -> DamagedError:
        energy, project, found = self._own()["energies_eV"][index], self._path.parent, self.damage(index)
        again = "" if self._withdrawn(index) else " with --verify"
        return DamagedError(
            f"The image {self._name} of the project {project} is damaged on disk at {energy:.2f} eV ({found}). Give its "
            f"`spectrotomo run` command again{again}: that volume is made again, and nothing that is whole.",
            self._name,
            index,
        )

    def _withdrawn(self, index: int) -> bool:
        """Let an energy no longer count as done; say no where a run is at work, which sees to it, or nothing can be written."""
        from .store import Store

        try:
            with alone(self._path.parent):
                Store(self._path).withdraw(self._name, index)
        except (ProjectError, OSError):
            return False
        return True


class _ByShards:
    """An image that is read shard after shard: of all that is read at once zarr holds as much again.

    Parameters
    ----------
    array : zarr array, (energy, z, y, x)
    """

    def __init__(self, array: zarr.Array) -> None:
        self._array, self._height = array, array.shards[1]
        self.shape, self.dtype, self.ndim = array.shape, array.dtype, array.ndim

    def __getitem__(self, key: Any) -> npt.NDArray[Any]:
        """Read a part, which is named as of a NumPy array."""
        key = key if isinstance(key, tuple) else (key,)
        if not all(isinstance(part, int | np.integer | slice) for part in key):
            return np.asarray(self._array[key])
        energies, z, *others = (*key, slice(None), slice(None))[:4]
        chosen = range(self.shape[0])[energies]
        if isinstance(chosen, int) and isinstance(z, slice) and z.step in (None, 1):
            return self._volume(chosen, range(self.shape[1])[z], tuple(others))
        if not isinstance(chosen, int) and isinstance(z, slice):
            parts = [self[(e, z, *others)] for e in chosen]
            if len(parts) == 1:
                return parts[0][None]
            return np.stack(parts) if parts else np.asarray(self._array[key])
        return np.asarray(self._array[key])

    def _volume(self, index: int, slices: range, others: tuple[Any, ...]) -> npt.NDArray[Any]:
        if slices.stop - slices.start <= self._height:
            return np.asarray(self._array[(index, slice(slices.start, slices.stop), *others)])
        tops = [slices.start, *range((slices.start // self._height + 1) * self._height, slices.stop, self._height)]
        out: npt.NDArray[Any] | None = None
        for top, end in zip(tops, [*tops[1:], slices.stop], strict=True):
            part = np.asarray(self._array[(index, slice(top, end), *others)])
            if out is None:
                out = np.empty((slices.stop - slices.start, *part.shape[1:]), part.dtype)
            out[top - slices.start : end - slices.start] = part
        assert out is not None
        return out
