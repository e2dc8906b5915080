"""The projections of a scan for a layer, (energy, angle, row, column): as measured, or corrected to optical density.

They are read in the blocks that the scan has them in, or corrected an energy at a time, when they are looked at, and kept. Where
energies have different numbers of views, the views that an energy has not are NaN.
"""

from __future__ import annotations

import threading
from typing import Any
from weakref import finalize

import numpy as np

from ...data import FloatArray, Scan
from ...errors import Aborted, SpectrotomoError
from .held import Array, Index
from .kept import KEPT

_KEPT_TOMOGRAMS = 3


class Frames:
    """The projections as measured.

    Parameters
    ----------
    scan : Scan

    Attributes
    ----------
    angles : tuple of (A_e,) float64, degrees
        Of the views of every energy.
    """

    ndim = 4

    def __init__(self, scan: Scan) -> None:
        self._projections = scan.projections
        self.angles: tuple[FloatArray, ...] = scan.angles
        views = [len(p) for p in scan.projections]
        kind = np.result_type(*[p.dtype for p in scan.projections])
        self.dtype: np.dtype[Any] = np.dtype(kind if len(set(views)) == 1 else np.float32)
        rows, columns = (int(n) for n in scan.projections[0].shape[1:])
        self.shape = (len(scan), max(views), rows, columns)
        self._ends = [np.cumsum(p.chunks[0]) for p in scan.projections]
        self.owner = id(self)
        finalize(self, KEPT.forget, self.owner)

    def __getitem__(self, key: Any) -> Array:
        return self.look(key)

    def look(self, key: Index) -> Array:
        """Give a part, read with the blocks that it lies in."""
        full = tuple(key) + (slice(None),) * (self.ndim - len(key))
        energy, views, rest = full[0], full[1], full[2:]
        if isinstance(energy, slice):
            parts = [self.look((e, views, *rest)) for e in range(*energy.indices(self.shape[0]))]
            return np.stack(parts) if parts else np.zeros((0, *self.shape[1:]), self.dtype)[:, views, *rest]
        if not isinstance(views, slice):
            return self._views(int(energy), range(int(views), int(views) + 1), rest)[0]
        return self._views(int(energy), range(*views.indices(self.shape[1])), rest)

    def at_hand(self, key: Index) -> bool:
        """Say whether all blocks that a part lies in are kept."""
        energy, views = _single(key[0]), key[1]
        if energy is None:
            return False
        return all(self._kept(energy, block) is not None for block in self._blocks(energy, views))

    def cost(self, key: Index) -> int:
        """Give the bytes of the blocks that a part lies in."""
        energy = _single(key[0])
        if energy is None:
            return 0
        ends = self._ends[energy]
        frame = int(np.prod(self.shape[2:])) * self._projections[energy].dtype.itemsize
        return sum(int(ends[b] - (ends[b - 1] if b else 0)) * frame for b in self._blocks(energy, key[1]))

    def _blocks(self, energy: int, views: Any) -> list[int]:
        wanted = range(*views.indices(self.shape[1])) if isinstance(views, slice) else (int(views),)
        count = int(self._ends[energy][-1])
        return sorted({int(np.searchsorted(self._ends[energy], v, side="right")) for v in wanted if v < count})

    def _kept(self, energy: int, block: int) -> Array | None:
        return KEPT.get((self.owner, energy, 0, block))

    def _views(self, energy: int, views: range, rest: Index) -> Array:
        """Give parts of some views of one energy, NaN for those that it has not."""
        parts = []
        for view in views:
            block = self._blocks(energy, view)
            if not block:
                parts.append(np.full(self.shape[2:], np.nan, self.dtype)[rest])
                continue
            start = int(self._ends[energy][block[0] - 1]) if block[0] else 0
            parts.append(self._read(energy, block[0])[view - start][rest].astype(self.dtype, copy=False))
        return np.stack(parts) if parts else np.zeros((0, *self.shape[2:]), self.dtype)[:, *rest]

    def _read(self, energy: int, block: int) -> Array:
        found = self._kept(energy, block)
        if found is None:
            found = np.asarray(self._projections[energy].blocks[block].compute(scheduler="synchronous"))
            KEPT.put((self.owner, energy, 0, block), found)
        return found


class CorrectedFrames:
    """The projections corrected to optical density, as the workflow corrects them; NaN at an energy that cannot be.

    Parameters
    ----------
    scan : Scan
        Without what is left out.
    parameters : CorrectParameters

    Attributes
    ----------
    angles : tuple of (V_e,) float64, degrees
        Of the views of every energy, repeated frames averaged.
    wrong : dict of int to str
        Why an energy, by its index, cannot be corrected.
    """

    ndim = 4

    def __init__(self, scan: Scan, parameters: Any) -> None:
        from ...preprocess import corrected_layout
        from ...preprocess.views import mean_angles, view_of_frame

        self._scan, self._parameters = scan, parameters
        self.angles: tuple[FloatArray, ...] = tuple(mean_angles(a, view_of_frame(a)) for a in scan.angles)
        rows, columns, _ = corrected_layout(scan, parameters)
        self.dtype: np.dtype[Any] = np.dtype(np.float32)
        self.shape = (len(scan), max(len(a) for a in self.angles), rows, columns)
        self.wrong: dict[int, str] = {}
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._tomograms: dict[int, Any] = {}
        self._off = threading.Event()

    def __getitem__(self, key: Any) -> Array:
        return self._part(key, threading.Event())

    def look(self, key: Index) -> Array:
        """Give a part; another energy that is still being corrected to be looked at is given up."""
        with self._lock:
            self._off.set()
            off = self._off = threading.Event()
        return self._part(key, off)

    def at_hand(self, key: Index) -> bool:
        """Say whether the energy of a part is corrected."""
        return _single(key[0]) in self._tomograms

    def cost(self, key: Index) -> int:
        """Give 0: nothing is corrected ahead of time."""
        return 0

    def tomogram(self, energy: int, abort: threading.Event | None = None) -> Any:
        """Give a `CorrectedTomogram`, which is kept for a while.

        Raises
        ------
        SpectrotomoError
            If it cannot be corrected, or was stopped.
        """
        from ...preprocess import correct_tomogram

        with self._turn:  # one at a time: each takes all cores
            found = self._tomograms.pop(energy, None)
            if found is None:
                found = correct_tomogram(self._scan, energy, self._parameters, abort)
            self._tomograms[energy] = found
            while len(self._tomograms) > _KEPT_TOMOGRAMS:
                del self._tomograms[next(iter(self._tomograms))]
        return found

    def _part(self, key: Any, off: threading.Event) -> Array:
        energy, *rest = key if isinstance(key, tuple) else (key,)
        if isinstance(energy, slice):
            parts = [self._part((e, *rest), off) for e in range(*energy.indices(self.shape[0]))]
            return np.stack(parts) if parts else np.zeros((0, *self.shape[1:]), self.dtype)[:, *rest]
        whole = np.full(self.shape[1:], np.nan, np.float32)
        try:
            density = self.tomogram(int(energy), off).optical_density
        except Aborted:
            return whole[tuple(rest)]
        except SpectrotomoError as error:
            self.wrong[int(energy)] = str(error)
            return whole[tuple(rest)]
        if len(density) == len(whole):
            return np.asarray(density[tuple(rest)])
        whole[: len(density)] = density
        return whole[tuple(rest)]


def _single(key: Any) -> int | None:
    """Give the one index that is meant, or None where several are."""
    if not isinstance(key, slice):
        return int(key)
    start, stop = key.start or 0, key.stop
    return int(start) if stop is not None and stop - start == 1 else None
