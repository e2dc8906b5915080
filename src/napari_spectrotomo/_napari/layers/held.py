"""Lazy arrays for layers that read little and keep what was just read, without dask's own cache.

napari caches dask chunks through a dask callback, which all threads share: while a worker computes anything with dask,
slicing a layer in the GUI thread fails with a KeyError (dask 2026.8). So layers of this plugin go without that cache
(``cache=False``) and read through these arrays.

A slice of a large volume on disk costs as much as the chunks it passes through. So for a slice that is looked at the whole slab of
chunks is read and kept: 64 MB of 512³ voxels, not the volume's 512 MB, and the slices beside it are at hand.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakValueDictionary, finalize

import dask.array as da
import numpy as np
import numpy.typing as npt
import zarr
from dask.local import get_sync

from .kept import KEPT, WHOLE

if TYPE_CHECKING:
    from ...workflow.checked import CheckedImage

Array = npt.NDArray[Any]
Index = tuple[Any, ...]
"""Of an array: an integer or a slice an axis."""

_SMALL = 8_000_000
"""Bytes of a volume that is read whole whenever a part of it is looked at."""

_alone: Any = partial(get_sync, callbacks=())
"""dask's scheduler in the thread that asks, without the callbacks that all threads share."""


class Reader(Protocol):
    """An array that is read in parts."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the whole."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of what is read."""
        ...

    @property
    def ndim(self) -> int:
        """Number of axes."""
        ...

    def __getitem__(self, key: Index) -> Array:
        """Read a part, and nothing but it."""
        ...

    def look(self, key: Index) -> Array:
        """Read a part that is being looked at, and keep what is read."""
        ...

    def at_hand(self, key: Index) -> bool:
        """Say whether `look` gives a part without reading."""
        ...

    def cost(self, key: Index) -> int:
        """Give the bytes that `look` keeps for a part."""
        ...


_READERS: WeakValueDictionary[str, Any] = WeakValueDictionary()


class _Volumes:
    """An (energy, z, y, x) array of which slabs, or whole volumes where they are small, are kept once they were looked at."""

    def __init__(self, source: da.Array, dtype: npt.DTypeLike | None = None) -> None:
        self._source = source
        self._stored = _stored(source)
        self.dtype = np.dtype(source.dtype if dtype is None else dtype)
        self.shape, self.ndim = source.shape, source.ndim
        self.owner = id(self)
        self._slab = None if self._stored is None else tuple(self._stored.chunks[1:])
        finalize(self, KEPT.forget, self.owner)

    def __getitem__(self, key: Any) -> Array:
        first, *rest = key if isinstance(key, tuple) else (key,)
        part = (*rest, *(slice(None),) * (self.ndim - 1 - len(rest)))
        if not isinstance(first, slice):
            return self._volume(int(first), part)
        energies = range(*first.indices(self.shape[0]))
        if len(energies) > 1 and not any(self.at_hand((e, *part)) for e in energies):
            return self._read((first, *part))
        parts = [self._volume(e, part) for e in energies]
        return np.stack(parts) if parts else np.zeros((0, *self.shape[1:]), self.dtype)[:, *part]

    def _volume(self, energy: int, part: Index) -> Array:
        """Give a part of one volume: of what is kept, or read alone; a whole one is kept."""
        if self._is_whole(part) or self.at_hand((energy, *part)):
            return self.look((energy, *part))
        return self._read((energy, *part))

    def look(self, key: Index) -> Array:
        """Give a part, read with the slab or the volume that it lies in; across energies it is read alone."""
        energy, *part = key
        if isinstance(energy, slice):
            return self[key]
        whole = KEPT.get((self.owner, energy, *WHOLE))
        if whole is not None:
            return whole[tuple(part)]
        axis, number = self._unit(part)
        found = KEPT.get((self.owner, energy, axis, number))
        if found is None:
            within: list[Any] = [slice(None)] * (self.ndim - 1)
            if axis >= 0:
                within[axis] = slice(number * self._depth(axis), (number + 1) * self._depth(axis))
            found = self._read((energy, *within))
            KEPT.put((self.owner, energy, axis, number), found)
        if axis >= 0:
            part[axis] -= number * self._depth(axis)
        return found[tuple(part)]

    def at_hand(self, key: Index) -> bool:
        """Say whether a part is kept."""
        energy, *part = key
        if isinstance(energy, slice):
            return False
        return any(KEPT.get((self.owner, energy, *unit)) is not None for unit in (WHOLE, self._unit(part)))

    def cost(self, key: Index) -> int:
        """Give the bytes of the slab, or of the volume, in which a part lies."""
        axis, _ = self._unit(list(key[1:]))
        size = list(self.shape[1:])
        if axis >= 0:
            size[axis] = self._depth(axis)
        return int(np.prod(size)) * self.dtype.itemsize

    def _unit(self, part: Any) -> tuple[int, int]:
        """Give the axis and the number of the slab that a part lies in; a part without a single slice lies in the volume."""
        if self._slab is not None and np.prod(self.shape[1:]) * self.dtype.itemsize > _SMALL:
            for axis, p in enumerate(part):
                if not isinstance(p, slice) and self._slab[axis] < self.shape[1 + axis]:
                    return axis, int(p) // self._slab[axis]
        return WHOLE

    def _depth(self, axis: int) -> int:
        return self._slab[axis] if self._slab is not None else self.shape[1 + axis]

    def _is_whole(self, part: Index) -> bool:
        return all(isinstance(p, slice) and p.indices(n) == (0, n, 1) for p, n in zip(part, self.shape[1:]))

    def _read(self, key: Index) -> Array:
        if self._stored is not None:
            return np.asarray(self._stored[key]).astype(self.dtype, copy=False)
        return np.asarray(self._source[key].compute(scheduler=_alone)).astype(self.dtype, copy=False)


class _OneVolume:
    """The volume of one energy of an array of volumes, (z, y, x), which keeps it."""

    def __init__(self, volumes: _Volumes, energy: int) -> None:
        self._volumes, self._energy = volumes, range(volumes.shape[0])[energy]
        self.shape, self.dtype, self.ndim = volumes.shape[1:], volumes.dtype, volumes.ndim - 1

    def __getitem__(self, key: Any) -> Array:
        return self._volumes[(self._energy, *(key if isinstance(key, tuple) else (key,)))]

    def look(self, key: Index) -> Array:
        return self._volumes.look((self._energy, *key))

    def at_hand(self, key: Index) -> bool:
        return self._volumes.at_hand((self._energy, *key))

    def cost(self, key: Index) -> int:
        return self._volumes.cost((self._energy, *key))


def held_volumes(source: da.Array, dtype: npt.DTypeLike | None = None) -> da.Array:
    """Give a lazy (energy, z, y, x) array for a layer, one energy a chunk, that reads no more of it than what is looked at.

    `dtype` is what the layer holds, such as uint8 for masks.
    """
    return lazy(_Volumes(source, dtype), (1, *source.shape[1:]))


def held_volume(data: da.Array, energy: int) -> da.Array:
    """Give one energy of an array from `held_volumes`, (z, y, x), that shares what is kept with it; of others their own."""
    volumes = _READERS.get(data.name)
    return lazy(_OneVolume(volumes, energy), data.shape[1:]) if isinstance(volumes, _Volumes) else data[energy]


def lazy(reader: Reader, chunks: tuple[int, ...]) -> da.Array:
    """Give a dask array of a reader, for a layer; `reader_of` finds the reader again."""
    meta = np.empty((0,) * reader.ndim, reader.dtype)
    data = da.from_array(reader, chunks=chunks, name=False, asarray=False, meta=meta)
    _READERS[data.name] = reader
    return data


def reader_of(data: Any) -> Reader | None:
    """Give the reader behind the array of a layer, or None where it has none."""
    return _READERS.get(data.name) if isinstance(data, da.Array) else None


def forget(data: da.Array, energy: int) -> None:
    """Read an energy of an array from `held_volumes` anew when it is looked at next: it was written meanwhile."""
    reader = reader_of(data)
    if isinstance(reader, _Volumes):
        KEPT.forget(reader.owner, energy)


def _stored(source: da.Array) -> zarr.Array | CheckedImage | None:
    """Give the array on disk that a dask array is nothing but a view of, which is read without dask; else None."""
    graph = source.__dask_graph__()
    name = f"original-{source.name}"
    found = graph.layers[name].get(name) if hasattr(graph, "layers") and name in graph.layers else None
    if found is None or not (isinstance(found, zarr.Array) or hasattr(found, "checksummed")):
        return None  # a project's array is told by that name: its module is slow to import
    return found if found.shape == source.shape else None
