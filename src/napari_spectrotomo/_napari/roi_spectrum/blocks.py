"""The voxels about the regions at all energies, kept as they are read, so that a region that is dragged is not read again.

On disk a volume lies in chunks of 64 voxels a side, and a voxel's spectrum costs one chunk an energy. So chunks are read at all
energies, some energies of the whole range at a time: half a spectrum is drawn soon, and something newer can come between.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from ..layers.held import reader_of

SIDE = 64
"""Voxels along a block's side, as chunks on disk."""
AT_ONCE = 8
"""Energies read at a time."""
_SHARE = 0.1
"""Of the machine's memory, for the blocks of one stack."""

Box = tuple[slice, slice, slice]
Key = tuple[int, int, int]


def most_bytes() -> int:
    """Give how much the blocks of one stack may hold."""
    from psutil import virtual_memory

    return int(_SHARE * virtual_memory().total)


class Blocks:
    """The voxels of one stack, read in blocks, by one thread at a time.

    Parameters
    ----------
    data : array, (E, z, y, x)
        A layer's.
    most : int
        Bytes kept; the blocks used longest ago go first.
    """

    def __init__(self, data: Any, most: int) -> None:
        self.data = data
        self._source = reader_of(data)
        self._most = most
        self.shape: tuple[int, ...] = tuple(data.shape)
        self._kept: OrderedDict[Key, tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]] = OrderedDict()

    def fits(self, box: Box) -> bool:
        """Say whether the blocks that a box lies in can be kept together."""
        return sum(self._bytes(key) for key in self._keys(box)) <= self._most

    def at_hand(self, box: Box) -> bool:
        """Say whether a box was read at all energies; may be asked while another thread reads."""
        found = [self._kept.get(key) for key in self._keys(box)]
        return all(block is not None and bool(block[1].all()) for block in found)

    def read(self, box: Box, pause: Callable[[], bool]) -> bool:
        """Read what is not kept of the blocks a box lies in, until `pause` says so; say whether all is there."""
        for key in self._keys(box):
            for energies in self._missing(key):
                if pause():
                    return False
                self._take(key, energies)
        return True

    def part(self, box: Box) -> npt.NDArray[Any]:
        """Give a box (E, z, y, x) of what was read, NaN at energies that were not; another thread may read."""
        found = np.full((self.shape[0], *(s.stop - s.start for s in box)), np.nan, np.float32)
        for key in self._keys(box):
            kept = self._kept.get(key)
            if kept is None:
                continue
            values, there = kept
            within = [_meet(s, own) for s, own in zip(box, self._place(key), strict=True)]
            at = tuple(slice(a - s.start, b - s.start) for (a, b), s in zip(within, box, strict=True))
            own = tuple(slice(a - s.start, b - s.start) for (a, b), s in zip(within, self._place(key), strict=True))
            read: npt.NDArray[Any] = values[(slice(None), *own)]
            into: npt.NDArray[Any] = found[(slice(None), *at)]
            into[there] = read[there]
        return found

    def read_beside(self, box: Box) -> bool:
        """Read one more piece of the blocks beside a box, where they can be kept; say whether there is more to read."""
        near = self._beside(box)
        if near is None:
            return False
        for key in self._keys(near):
            for energies in self._missing(key):
                self._take(key, energies)
                return True
        return False

    def _beside(self, box: Box) -> Box | None:
        """Give a box with a block more on every side, or in its slices only where not more can be kept; None for neither."""
        z, y, x = (
            slice(max(0, s.start - SIDE), min(n, s.stop + SIDE)) for s, n in zip(box, self.shape[1:], strict=True)
        )
        boxes: tuple[Box, ...] = ((z, y, x), (box[0], y, x))
        return next((near for near in boxes if self.fits(near)), None)

    def forget(self, energy: int) -> None:
        """Read an energy anew when it is needed next: it was written since."""
        for _, there in list(self._kept.values()):  # a thread may be reading
            there[energy] = False

    def _take(self, key: Key, energies: slice) -> None:
        place = self._place(key)
        if key not in self._kept:
            size = (self.shape[0], *(s.stop - s.start for s in place))
            self._kept[key] = np.full(size, np.nan, np.float32), np.zeros(self.shape[0], bool)
            self._make_room()
        self._kept.move_to_end(key)
        values, there = self._kept[key]
        values[energies] = (
            self._source[(energies, *place)] if self._source else np.asarray(self.data[(energies, *place)])
        )
        there[energies] = True

    def _missing(self, key: Key) -> Iterator[slice]:
        """Give the energies of a block that are to be read, spread over the range."""
        if key in self._kept:
            self._kept.move_to_end(key)
        apart = max(1, -(-self.shape[0] // AT_ONCE))
        for first in sorted(range(apart), key=lambda k: (k * 2 % apart, k)):
            energies = slice(first, self.shape[0], apart)
            if key not in self._kept or not self._kept[key][1][energies].all():
                yield energies

    def _make_room(self) -> None:
        held = sum(values.nbytes for values, _ in self._kept.values())
        while held > self._most and len(self._kept) > 1:
            held -= self._kept.popitem(last=False)[1][0].nbytes

    def _keys(self, box: Box) -> list[Key]:
        """Give the blocks a box lies in, the one in its middle first."""
        ranges = [range(s.start // SIDE, -(-s.stop // SIDE)) for s in box]
        middle = [(s.start + s.stop - SIDE) / 2 / SIDE for s in box]
        found = [(z, y, x) for z, y, x in product(*ranges)]
        return sorted(found, key=lambda key: sum((k - m) ** 2 for k, m in zip(key, middle, strict=True)))

    def _place(self, key: Key) -> Box:
        z, y, x = (slice(k * SIDE, min((k + 1) * SIDE, n)) for k, n in zip(key, self.shape[1:], strict=True))
        return z, y, x

    def _bytes(self, key: Key) -> int:
        return 4 * self.shape[0] * int(np.prod([s.stop - s.start for s in self._place(key)]))


class Pause:
    """Says when a piece of work has taken its time; never before it was asked once."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._until = seconds, -1.0

    def __call__(self) -> bool:
        """Say whether the time is over."""
        now = time.perf_counter()
        if self._until < 0:
            self._until = now + self._seconds
            return False
        return now > self._until


def _meet(one: slice, other: slice) -> tuple[int, int]:
    return max(one.start, other.start), min(one.stop, other.stop)
