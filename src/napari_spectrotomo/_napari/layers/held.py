"""Lazy arrays for layers that keep what was just read, without dask's own cache.

napari caches dask chunks through a dask callback, which all threads share: while a worker computes anything with dask,
slicing a layer in the GUI thread fails with a KeyError (dask 2026.8). So layers of this plugin go without that cache
(``cache=False``) and read through these arrays.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any
from weakref import WeakValueDictionary, finalize

import dask.array as da
import numpy as np
import numpy.typing as npt

from ...data import Scan

_FRACTION = 0.15  # of the machine's memory


class _Kept:
    """The volumes read last, up to a share of the memory; the ones used longest ago go first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._volumes: OrderedDict[tuple[int, int], npt.NDArray[Any]] = OrderedDict()
        self._bytes = 0
        self._most = 0

    def get(self, key: tuple[int, int]) -> npt.NDArray[Any] | None:
        with self._lock:
            if key in self._volumes:
                self._volumes.move_to_end(key)
            return self._volumes.get(key)

    def put(self, key: tuple[int, int], volume: npt.NDArray[Any]) -> None:
        with self._lock:
            if key in self._volumes:
                return
            self._volumes[key] = volume
            self._bytes += volume.nbytes
            while self._bytes > self._limit() and len(self._volumes) > 1:
                self._bytes -= self._volumes.popitem(last=False)[1].nbytes

    def forget(self, owner: int, energy: int | None = None) -> None:
        with self._lock:
            for key in [k for k in self._volumes if k[0] == owner and energy in (None, k[1])]:
                self._bytes -= self._volumes.pop(key).nbytes

    def _limit(self) -> int:
        if not self._most:
            from psutil import virtual_memory

            self._most = int(_FRACTION * virtual_memory().total)
        return self._most


_KEPT = _Kept()
_HELD: WeakValueDictionary[str, _Volumes] = WeakValueDictionary()


class _Volumes:
    """An (energy, z, y, x) array that reads one energy's volume whole and keeps it; parts of volumes not kept are read alone."""

    def __init__(self, source: da.Array) -> None:
        self._source = source
        self.shape, self.dtype, self.ndim = source.shape, source.dtype, source.ndim
        self.owner = id(self)
        finalize(self, _KEPT.forget, self.owner)

    def __getitem__(self, key: Any) -> npt.NDArray[Any]:
        first, *rest = key if isinstance(key, tuple) else (key,)
        if not isinstance(first, slice):
            return self._volume(int(first), tuple(rest))
        parts = [self._volume(e, tuple(rest)) for e in range(*first.indices(self.shape[0]))]
        return np.stack(parts) if parts else np.zeros((0, *self.shape[1:]), self.dtype)[:, *rest]

    def _volume(self, energy: int, part: tuple[Any, ...]) -> npt.NDArray[Any]:
        kept = _KEPT.get((self.owner, energy))
        if kept is None:
            if any(
                not isinstance(p, slice) or p.indices(n) != (0, n, 1)
                for p, n in zip(part, self.shape[1:], strict=False)
            ):
                return self._source[(energy, *part)].compute(scheduler="synchronous")
            kept = self._source[energy].compute(scheduler="synchronous")
            _KEPT.put((self.owner, energy), kept)
        return kept[part]


class _Frames:
    """The projections of all energies as one (energy, angle, row, column) array, read frame by frame."""

    def __init__(self, scan: Scan) -> None:
        self._projections = scan.projections
        self.shape = (len(scan), *scan.projections[0].shape)
        self.dtype, self.ndim = scan.projections[0].dtype, 4

    def __getitem__(self, key: tuple[Any, ...]) -> npt.NDArray[Any]:
        first, *rest = key
        if not isinstance(first, slice):
            return self._projections[int(first)][tuple(rest)].compute(scheduler="synchronous")
        parts = [p[tuple(rest)].compute(scheduler="synchronous") for p in self._projections[first]]
        return np.stack(parts) if parts else np.zeros((0, *self.shape[1:]), self.dtype)[:, *rest]


def held_volumes(source: da.Array) -> da.Array:
    """Give a lazy (energy, z, y, x) array for a layer, one energy a chunk, that reads an energy once while it is looked at."""
    volumes = _Volumes(source)
    meta = np.empty((0,) * 4, source.dtype)
    data = da.from_array(volumes, chunks=(1, *source.shape[1:]), name=False, asarray=False, meta=meta)
    _HELD[data.name] = volumes
    return data


def forget(data: da.Array, energy: int) -> None:
    """Read an energy of an array from `held_volumes` anew when it is looked at next: it was written meanwhile."""
    if data.name in _HELD:
        _KEPT.forget(_HELD[data.name].owner, energy)


def frames(scan: Scan) -> da.Array:
    """Give the projections of all energies as one lazy (energy, angle, row, column) array, one frame a chunk."""
    source = _Frames(scan)
    return da.from_array(
        source, chunks=(1, 1, *source.shape[2:]), name=False, asarray=False, meta=np.empty((0,) * 4, source.dtype)
    )
