"""What is done: the images of a project, in one zarr group that OME-Zarr readers open.

Every image is an OME-Zarr 0.5 group whose full resolution is the array ``0``, (energy, z, y, x). A volume is written in
shards of one energy's slab and read in chunks of 64 voxels a side, so that writing goes by energy and one voxel's spectrum
touches one small chunk an energy. An energy counts as done by its flag, set only after its last shard is on disk. Chunks
carry checksums: reading gives the numbers that were written, or a `DamagedError`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import numpy.typing as npt
import zarr

from ..atomic import remove_folder
from ..data import FloatArray
from ..errors import ProjectError
from .checked import CheckedImage
from .disk import ALL_CHUNKS, COMPRESSORS, WholeFiles
from .outputs import IMAGES_OF, missing
from .own_places import require_own_places

IMAGES = ("registered", "reconstruction", "mask", "squared_difference_registered", "squared_difference_raw")
"""The images of a project, the most processed first: the order in which OME-Zarr readers meet them."""

_SIDE = 64


class Store:
    """The zarr group of a project.

    Parameters
    ----------
    path : path
        Of ``project.zarr``; made when it is first written to.
    origin : callable, optional
        Says of an image, by its name, how it comes to be, in plain values that are kept with it.
    """

    def __init__(self, path: Path, origin: Callable[[str], dict[str, Any]] = lambda name: {}) -> None:
        self.path = path
        self._origin = origin

    def create(
        self,
        name: str,
        shape: tuple[int, int, int],
        dtype: npt.DTypeLike,
        energies: FloatArray,
        voxel_size: FloatArray | None,
        unit: str,
        fingerprint: str,
    ) -> None:
        """Make image `name` anew and empty, unless it is there with the same `fingerprint`.

        Parameters
        ----------
        name : str
            One of `IMAGES`.
        shape : (z, y, x)
        dtype : dtype
            Floats are NaN until written, bools False.
        energies : (E,), eV
        voxel_size : (3,), nm, or None
        unit : str
            Of the attenuation coefficient.
        fingerprint : str
            Of all that the image depends on.
        """
        if self.fingerprint(name) == fingerprint:
            return
        require_own_places(self.path.parent)
        self.remove(name)
        root = zarr.open_group(WholeFiles(self.path), mode="a", zarr_format=3)
        own = {"energies_eV": [float(e) for e in energies], "attenuation_unit": unit, "done": [False] * len(energies)}
        group = root.create_group(name)
        chunk = tuple(min(_SIDE, n) for n in shape)
        slab = (chunk[0], *(c * -(-n // c) for c, n in zip(chunk[1:], shape[1:], strict=True)))
        group.create_array(
            "0",
            shape=(len(energies), *shape),
            dtype=dtype,
            chunks=(1, *chunk),
            shards=(1, *slab),
            compressors=COMPRESSORS,
            fill_value=np.nan if np.dtype(dtype).kind == "f" else False,
            dimension_names=("energy", "z", "y", "x"),
        )
        group.attrs.update(
            {
                "ome": {"version": "0.5", "multiscales": [_multiscale(name, voxel_size)]},
                "spectrotomo": own | {"fingerprint": fingerprint} | self._origin(name),
            }
        )
        self._describe_root(root)

    def _describe_root(self, root: zarr.Group) -> None:
        """Let the root list the images there are, and tell of the most processed one."""
        root.attrs.put(self._root_attributes())

    def _root_attributes(self) -> dict[str, Any]:
        root = zarr.open_group(self.path, mode="r")
        images = [dict(root[name].attrs["ome"]["multiscales"][0]) for name in self._present()]
        for image in images:
            image["datasets"] = [d | {"path": f"{image['name']}/{d['path']}"} for d in image["datasets"]]
        return {"ome": {"version": "0.5", "multiscales": images}, "spectrotomo": self._most_processed()}

    def _present(self) -> list[str]:
        return [name for name in IMAGES if self.attributes(name) is not None]

    def _most_processed(self) -> dict[str, Any]:
        present = self._present()
        own = self.attributes(present[0]) if present else None
        return {key: value for key, value in (own or {}).items() if key != "fingerprint"}

    def write(self, name: str, index: int, volume: npt.NDArray[Any]) -> None:
        """Write the volume of one energy, whole, then flag it as done."""
        self.put(name, index, volume)
        self.flag(name, index)

    def put(self, name: str, index: int, volume: npt.NDArray[Any], top: int = 0) -> None:
        """Write some slices of one energy, from `top` on, without a flag; workers may do so at once, each at its own energy.

        Shard by shard: of all that are written at once zarr holds copies. A part begins with a shard, a multiple of `height`.
        """
        array = zarr.open_array(WholeFiles(self.path), path=f"{name}/0", mode="r+").with_config(ALL_CHUNKS)
        height = array.shards[1]
        for first in range(0, len(volume), height):
            part = volume[first : first + height]
            # what lies there is never read, as zarr would to fill up a shard: it may be damaged
            (self.path / name / "0" / "c" / f"{index}/{(top + first) // height}/0/0").unlink(missing_ok=True)
            array[index, top + first : top + first + len(part)] = part

    def put_parts(self, name: str, index: int, parts: Iterable[npt.NDArray[Any]]) -> None:
        """Write one energy from parts that follow each other in z, however many slices each has, without a flag.

        Beside a part, no more than what fills a shard is in memory.
        """
        height, top = self.height(name), 0
        left: list[npt.NDArray[Any]] = []
        for part in parts:
            left.append(part)
            whole = sum(map(len, left)) // height * height
            if whole:
                joined = left[0] if len(left) == 1 else np.concatenate(left)
                self.put(name, index, joined[:whole], top)
                top += whole
                left = [joined[whole:].copy()]
        if sum(map(len, left)):
            self.put(name, index, np.concatenate(left), top)

    def flag(self, name: str, index: int, done: bool = True) -> None:
        """Flag an energy as done, whose last shard is on disk, or as not done. One process alone does: the flags are one file."""
        root = zarr.open_group(WholeFiles(self.path), mode="r+")
        group = root[name]
        own = dict(group.attrs["spectrotomo"])
        own["done"] = [done if i == index else flag for i, flag in enumerate(own["done"])]
        group.attrs["spectrotomo"] = own
        root.attrs["spectrotomo"] = self._most_processed()

    def height(self, name: str) -> int:
        """Give how many slices a shard of an image holds."""
        return int(zarr.open_array(self.path / name / "0", mode="r").shards[1])

    def note(self, name: str, **values: Any) -> None:
        """Keep plain values in the ``spectrotomo`` attributes of an image."""
        group = zarr.open_group(WholeFiles(self.path), path=name, mode="r+")
        group.attrs["spectrotomo"] = dict(group.attrs["spectrotomo"]) | values

    def withdraw(self, name: str, index: int) -> None:
        """Let an energy whose volume is damaged be made again, with the other images that its stage makes of it."""
        together = next((images for images in IMAGES_OF.values() if name in images), (name,))
        for image in together:
            if self.done(image).any():
                self.flag(image, index, done=False)

    def damages(self, read: bool = True) -> Iterator[tuple[str, int, str]]:
        """Look at all that counts as done; give image, index of the energy and what is wrong wherever something is.

        Parameters
        ----------
        read : bool
            Whether to read all of it; else only files that are gone are found, at once.
        """
        for name in self._present():
            image = CheckedImage(self.path, name)
            for index in self.done(name).nonzero()[0]:
                if found := image.damage(int(index)) if read else image.lost(int(index)):
                    yield name, int(index), found

    def repair(self) -> list[str]:
        """Take away the images whose description can no longer be read, and describe the root anew where its own cannot.

        Returns
        -------
        list of str
            The images taken away.
        """
        if not self.path.is_dir():
            return []
        lost = [name for name in IMAGES if (self.path / name).exists() and not self.is_described(name)]
        for name in lost:
            remove_folder(self.path / name)
        if not _is_json(self.path / "zarr.json"):
            (self.path / "zarr.json").unlink(missing_ok=True)
        root = zarr.open_group(WholeFiles(self.path), mode="a", zarr_format=3)
        if dict(root.attrs) != self._root_attributes():  # a kill came between an image and the root that tells of it
            self._describe_root(root)
        return lost

    def is_described(self, name: str) -> bool:
        """Say whether an image is there with a description that can be read."""
        return _is_json(self.path / name / "zarr.json") and _is_json(self.path / name / "0" / "zarr.json")

    def remove(self, name: str) -> None:
        """Remove an image, where there is one; the root no longer lists it."""
        if (self.path / name).exists():
            require_own_places(self.path.parent)
            remove_folder(self.path / name)
            self._describe_root(zarr.open_group(WholeFiles(self.path), mode="a", zarr_format=3))

    def attributes(self, name: str) -> dict[str, Any] | None:
        """Give the ``spectrotomo`` attributes of an image, or None where there is none."""
        try:
            group = zarr.open_group(self.path, path=name, mode="r")
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise self._undescribed(name, error) from error
        return dict(group.attrs["spectrotomo"]) if "spectrotomo" in group.attrs else None

    def fingerprint(self, name: str) -> str | None:
        """Give the fingerprint an image was made with, or None where there is none."""
        own = self.attributes(name)
        return None if own is None else own["fingerprint"]

    def done(self, name: str) -> npt.NDArray[np.bool_]:
        """Give one flag an energy: whether its volume is whole on disk."""
        own = self.attributes(name)
        return np.zeros(0, bool) if own is None else np.asarray(own["done"], bool)

    def array(self, name: str) -> da.Array:
        """Give an image as a lazy array, (energy, z, y, x), one energy a chunk.

        Raises
        ------
        ProjectError
            If the project has no such image yet.
        """
        array = self._opened(name)
        return da.from_array(array, chunks=(1, *array.shape[1:]), name=False)

    def read(self, name: str, index: int) -> npt.NDArray[Any]:
        """Read the volume of one energy, (z, y, x)."""
        return self._opened(name)[index]

    def _opened(self, name: str) -> CheckedImage:
        if self.attributes(name) is None:
            raise missing(self.path.parent, name)
        try:
            return CheckedImage(self.path, name)
        except (FileNotFoundError, ValueError) as error:
            raise self._undescribed(name, error) from error

    def _undescribed(self, name: str, error: Exception) -> ProjectError:
        return ProjectError(
            f"The description of the image {name} of the project {self.path.parent} is damaged ({error}). Give its "
            "`spectrotomo run` command again: the image is made again."
        )


def _is_json(path: Path) -> bool:
    """Say whether a description can be read."""
    try:
        return isinstance(json.loads(path.read_text(encoding="utf-8")), dict)
    except (OSError, ValueError):
        return False


def _multiscale(name: str, voxel_size: FloatArray | None) -> dict[str, Any]:
    space: dict[str, Any] = {"type": "space"} if voxel_size is None else {"type": "space", "unit": "nanometer"}
    scale = [1.0, *(map(float, (1, 1, 1) if voxel_size is None else voxel_size))]
    return {
        "name": name,
        "axes": [{"name": "energy", "type": "energy"}, *({"name": axis} | space for axis in "zyx")],
        "datasets": [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": scale}]}],
    }
