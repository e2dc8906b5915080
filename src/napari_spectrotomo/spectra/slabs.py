"""The spectra of a mask's voxels, read slab by slab of z, so that no stack need fit into memory."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import pairwise
from math import lcm

import numpy as np
import numpy.typing as npt

from ..arrays import as_region
from ..data import EnergyStack, FloatArray
from ..errors import DataError, ParameterError
from ..progress import raise_if_aborted
from ..threads import in_threads, thread_count
from .averaging import Averaging

Slab = tuple[slice, npt.NDArray[np.bool_], npt.NDArray[np.float32]]
"""The slices of a slab, which of its voxels (z, y, x) are of the mask, and their spectra (E, N)."""
_CHUNK = 64
"""Slices of a chunk on disk, which is read whole."""
MEMORY = 1e9
"""Bytes of spectra held at a time."""


class MaskedSpectra:
    """The spectra of a mask's voxels in slabs of z, each small enough for memory; kept where all of them fit.

    Attributes
    ----------
    stack : EnergyStack
    where : (z, y, x) bool
    parts : list of slice
        The slices of each slab.
    """

    def __init__(
        self,
        stack: EnergyStack,
        where: npt.NDArray[np.bool_],
        memory: float = MEMORY,
        averaging: Averaging | None = None,
    ) -> None:
        if isinstance(memory, bool) or not isinstance(memory, int | float | np.number) or not memory > 0:
            raise ParameterError(
                f"memory cannot be {memory!r}: give how many bytes of spectra to hold at a time, above 0."
            )
        self.stack, self.where, self.averaging = stack, where, averaging or Averaging()
        self._memory = float(memory)
        cost = where.sum(axis=(1, 2)) * len(stack) * 4.0
        used = np.flatnonzero(cost)
        together = self.averaging.binning
        self.parts: list[slice] = []
        start, held = int(used[0]) // together * together, 0.0
        for z in range(start, int(used[-1]) + 1, together):
            next_cost = float(cost[z : z + together].sum())
            if held and held + next_cost > memory:
                self.parts.append(slice(start, z))
                start, held = z, 0.0
            held += next_cost
        self.parts.append(slice(start, int(used[-1]) + 1))
        self._kept: Slab | None = None

    def each(self, abort: threading.Event | None = None) -> Iterator[Slab]:
        """Read slab after slab; `Aborted` where `abort` is set meanwhile."""
        for part in self.parts:
            if self._kept is not None:
                yield self._kept
                continue
            slab = self._read(part, abort)
            if len(self.parts) == 1:
                self._kept = slab
            yield slab

    def _read(self, part: slice, abort: threading.Event | None) -> Slab:
        inside = self.where[part]
        spectra = np.empty((len(self.stack), int(inside.sum())), np.float32)
        first = 0
        for piece in self._pieces(part):
            count = int(np.count_nonzero(self.where[piece]))
            if count:
                self._fill(spectra[:, first : first + count], piece, abort)
            first += count
        return part, inside, spectra

    def _pieces(self, part: slice) -> Iterator[slice]:
        """Cut a part so that what is read at once takes no more than a quarter of the memory, where that can be."""
        whole = lcm(_CHUNK, self.averaging.binning)
        most = int(self._memory / 4) // (4 * int(np.prod(self.where.shape[1:])))
        height = max(1, most // whole) * whole
        for start in range(part.start // whole * whole, part.stop, height):
            yield slice(max(start, part.start), min(start + height, part.stop))

    def _fill(self, spectra: npt.NDArray[np.float32], piece: slice, abort: threading.Event | None) -> None:
        """Read the spectra of the mask's voxels in some slices."""
        reach = self.averaging.reach
        around = slice(max(0, piece.start - reach), min(len(self.where), piece.stop + reach))
        own = slice(piece.start - around.start, piece.stop - around.start)
        average = self.averaging.over(self.where[around], around, own)
        of_one = 4 * self.where[around].size
        together = int(np.clip(self._memory / 4 // of_one, 1, thread_count()))
        for first in range(0, len(spectra), together):
            some = range(first, min(first + together, len(spectra)))
            raise_if_aborted(abort)
            # read one after another: what computes a lazy volume has threads of its own
            volumes = [np.asarray(self.stack.data[e, around], np.float32) for e in some]
            spectra[some.start : some.stop] = in_threads(average, volumes)

    def mean_spectrum(self, abort: threading.Event | None = None) -> tuple[FloatArray, int]:
        """Give the mean (E,) over the voxels with values at all energies, and how many they are.

        Raises
        ------
        DataError
            If there is no such voxel.
        """
        total, count = np.zeros(len(self.stack)), 0
        for _, inside, spectra in self.each(abort):
            ends = np.cumsum(inside.sum(axis=(1, 2)))
            sums = _by_slice(spectra, ends)
            if not np.isfinite(sums).all():
                known = np.isfinite(spectra).all(axis=0)
                spectra = spectra[:, known]
                ends = np.concatenate([[0], np.cumsum(known)])[ends]
                sums = _by_slice(spectra, ends)
            for of_slice in sums.T:
                total += of_slice
            count += spectra.shape[1]
        if count == 0:
            raise DataError(
                "No voxel of the mask has a value at every energy: check the mask, and energies whose registration failed."
            )
        return total / count, count


def _by_slice(spectra: npt.NDArray[np.float32], ends: npt.NDArray[np.int64]) -> FloatArray:
    """Sum spectra (E, N) slice by slice of z, (E, Z): added up in order, they do not depend on how slabs were cut for memory."""

    def sums(values: npt.NDArray[np.float32]) -> list[float]:
        return [values[first:end].sum(dtype=np.float64) for first, end in pairwise((0, *ends))]

    return np.array(in_threads(sums, spectra), np.float64)


def mask_of(mask: npt.ArrayLike | None, shape: tuple[int, int, int]) -> npt.NDArray[np.bool_]:
    """Give the voxels to look at: where `mask` is true or not zero, or all where there is none.

    Raises
    ------
    DataError
        If the mask does not fit volumes of `shape`, or is empty.
    """
    where = np.ones(shape, bool) if mask is None else as_region(mask)
    if where.shape != shape:
        raise DataError(
            f"A mask of shape {where.shape} does not fit volumes of shape {shape}: give one made on the same grid."
        )
    if not where.any():
        raise DataError("The mask is empty: there is no voxel whose spectrum could be read. Check how it was made.")
    return where
