"""What is done: the images of a project, in one zarr group that OME-Zarr readers open.

Every image is an OME-Zarr 0.5 group whose full resolution is the array ``0``, (energy, z, y, x). A volume is written in
shards of one energy's slab and read in chunks of 64 voxels a side, so that writing goes by energy and one voxel's spectrum
touches one small chunk an energy. An energy counts as done by its flag, set only after its last shard is on disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import numpy.typing as npt
import zarr

from ..data import FloatArray
from .outputs import missing
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
        root = zarr.open_group(self.path, mode="a", zarr_format=3)
        self.remove(name)
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
        images = [dict(root[name].attrs["ome"]["multiscales"][0]) for name in self._present()]
        for image in images:
            image["datasets"] = [d | {"path": f"{image['name']}/{d['path']}"} for d in image["datasets"]]
        root.attrs.put({"ome": {"version": "0.5", "multiscales": images}, "spectrotomo": self._most_processed()})

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
        array = zarr.open_array(self.path / name / "0", mode="r+")
        height = array.shards[1]
        for first in range(0, len(volume), height):
            part = volume[first : first + height]
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

    def flag(self, name: str, index: int) -> None:
        """Flag an energy as done, whose last shard is on disk. One process alone does this: the flags are one file."""
        root = zarr.open_group(self.path, mode="r+")
        group = root[name]
        own = dict(group.attrs["spectrotomo"])
        own["done"] = [flag or i == index for i, flag in enumerate(own["done"])]
        group.attrs["spectrotomo"] = own
        root.attrs["spectrotomo"] = self._most_processed()

    def height(self, name: str) -> int:
        """Give how many slices a shard of an image holds."""
        return int(zarr.open_array(self.path / name / "0", mode="r").shards[1])

    def note(self, name: str, **values: Any) -> None:
        """Keep plain values in the ``spectrotomo`` attributes of an image."""
        group = zarr.open_group(self.path, path=name, mode="r+")
        group.attrs["spectrotomo"] = dict(group.attrs["spectrotomo"]) | values

    def remove(self, name: str) -> None:
        """Remove an image, where there is one; the root no longer lists it."""
        if (self.path / name).exists():
            require_own_places(self.path.parent)
            root = zarr.open_group(self.path, mode="r+")
            del root[name]
            self._describe_root(root)

    def attributes(self, name: str) -> dict[str, Any] | None:
        """Give the ``spectrotomo`` attributes of an image, or None where there is none."""
        try:
            group = zarr.open_group(self.path, path=name, mode="r")
        except FileNotFoundError:
            return None
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
        try:
            array = zarr.open_array(self.path / name / "0", mode="r")
        except FileNotFoundError as error:
            raise missing(self.path.parent, name) from error
        return da.from_array(_ByShards(array), chunks=(1, *array.shape[1:]), name=False)

    def read(self, name: str, index: int) -> npt.NDArray[Any]:
        """Read the volume of one energy, (z, y, x)."""
        return _ByShards(zarr.open_array(self.path / name / "0", mode="r"))[index]


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
        energies, z, *others = (*(key if isinstance(key, tuple) else (key,)), slice(None), slice(None))[:4]
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


def _multiscale(name: str, voxel_size: FloatArray | None) -> dict[str, Any]:
    space: dict[str, Any] = {"type": "space"} if voxel_size is None else {"type": "space", "unit": "nanometer"}
    scale = [1.0, *(map(float, (1, 1, 1) if voxel_size is None else voxel_size))]
    return {
        "name": name,
        "axes": [{"name": "energy", "type": "energy"}, *({"name": axis} | space for axis in "zyx")],
        "datasets": [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": scale}]}],
    }
