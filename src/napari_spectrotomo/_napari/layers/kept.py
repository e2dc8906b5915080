"""What was read for layers lately, up to a share of the machine's memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

import numpy.typing as npt

_FRACTION = 0.15  # of the machine's memory

Key = tuple[int, int, int, int]
"""Whose it is, the energy, the axis along which it is a slab (-1: the whole volume), and which slab."""
WHOLE = (-1, 0)
"""The last two of a key, for a whole volume."""


class Kept:
    """The arrays read last, up to a share of the memory; the ones used longest ago go first. Any thread may ask.

    Parameters
    ----------
    most : int, optional
        Bytes; by default 15 % of the machine's memory.
    """

    def __init__(self, most: int = 0) -> None:
        self._lock = threading.Lock()
        self._arrays: OrderedDict[Key, npt.NDArray[Any]] = OrderedDict()
        self._bytes = 0
        self._most = most

    @property
    def most(self) -> int:
        """Bytes that are kept."""
        if not self._most:
            from psutil import virtual_memory

            self._most = int(_FRACTION * virtual_memory().total)
        return self._most

    def get(self, key: Key) -> npt.NDArray[Any] | None:
        """Give an array, or None where it is not kept."""
        with self._lock:
            if key in self._arrays:
                self._arrays.move_to_end(key)
            return self._arrays.get(key)

    def put(self, key: Key, array: npt.NDArray[Any]) -> None:
        """Keep an array; a whole volume takes the place of its slabs."""
        most = self.most
        if key[2:] == WHOLE:
            self.forget(key[0], key[1])
        with self._lock:
            if key in self._arrays:
                return
            self._arrays[key] = array
            self._bytes += array.nbytes
            while self._bytes > most and len(self._arrays) > 1:
                self._bytes -= self._arrays.popitem(last=False)[1].nbytes

    def forget(self, owner: int, energy: int | None = None) -> None:
        """Let go of what is kept of an array, or of one of its energies."""
        with self._lock:
            for key in [k for k in self._arrays if k[0] == owner and energy in (None, k[1])]:
                self._bytes -= self._arrays.pop(key).nbytes


KEPT = Kept()
