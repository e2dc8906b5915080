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
            return np.asarray(self._array[key])
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
