"""All pairs of a particle's voxels by the offset between them, by Fourier transform; large particles in blocks of voxels.

Sums over pairs are those of all voxels whatever the blocks: a block adds up its voxels, so that only the offsets get coarser.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
import numpy.typing as npt

from ...data import FloatArray

_LARGEST = 1 << 22
"""Points of a Fourier transform at most; each takes some 50 bytes."""
_NEAR = 2
"""Offsets up to so many blocks along an axis are averaged over the voxels of both blocks."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """Offsets between blocks of voxels in a box of `shape`.

    Attributes
    ----------
    shape : (z, y, x)
    size : (3,) float64
        Size of a voxel along each axis, in any unit of length.
    block : (3,) ints
        Voxels of a block along each axis; all 1 where the box is small enough.
    """

    shape: tuple[int, ...]
    size: FloatArray
    block: tuple[int, ...]

    @classmethod
    def within(cls, shape: tuple[int, ...], size: FloatArray) -> Pairs:
        """Choose blocks for a box, as near to cubes as the voxels allow."""
        block = [1, 1, 1]
        while math.prod(_padded(shape, tuple(block))) > _LARGEST:
            edges = [b * s if n > b else np.inf for n, b, s in zip(shape, block, size, strict=True)]
            block[int(np.argmin(edges))] += 1
        return cls(shape, np.asarray(size, np.float64), (block[0], block[1], block[2]))

    @cached_property
    def padded(self) -> tuple[int, ...]:
        """Shape of the transforms, so large that no offset wraps around."""
        return _padded(self.shape, self.block)

    @cached_property
    def distance(self) -> FloatArray:
        """Distance of every offset; at offset 0 the mean one between different voxels of a block."""
        squares = [(_offsets(p) * b * s) ** 2 for p, b, s in zip(self.padded, self.block, self.size, strict=True)]
        found = np.sqrt(squares[0][:, None, None] + squares[1][None, :, None] + squares[2][None, None, :])
        lags, weights = self._between((0, 0, 0))
        others = lags > 0
        found[0, 0, 0] = np.average(lags[others], weights=weights[others]) if others.any() else 0.0
        return np.asarray(found)

    def sums(self, volume: npt.NDArray[np.generic]) -> FloatArray:
        """Add up the voxels of every block."""
        total = volume if self.block != (1, 1, 1) else volume.astype(np.float64)
        for axis, b in enumerate(self.block):
            if b > 1:
                total = np.add.reduceat(total, np.arange(0, self.shape[axis], b), axis=axis, dtype=np.float64)
        return np.asarray(total, np.float64)

    def counts(self, places: npt.NDArray[np.int64]) -> FloatArray:
        """Count the voxels at flat indices of the box in every block."""
        blocks = tuple(-(-n // b) for n, b in zip(self.shape, self.block, strict=True))
        at = [i // b for i, b in zip(np.unravel_index(places, self.shape), self.block, strict=True)]
        found = np.bincount(np.ravel_multi_index(at, blocks), minlength=math.prod(blocks))
        return found.reshape(blocks).astype(np.float64)

    def transformed(self, volume: npt.NDArray[np.generic]) -> npt.NDArray[np.complex128]:
        """Give the Fourier transform of a volume's blocks."""
        from scipy.fft import rfftn

        return np.asarray(rfftn(self.sums(volume), self.padded))

    def transformed_offsets(self, grid: FloatArray) -> FloatArray:
        """Give the Fourier transform of a function of the offset, real since opposite offsets are alike."""
        from scipy.fft import rfftn

        return np.asarray(rfftn(grid).real)

    def summed(self, counts: FloatArray, transformed: FloatArray) -> float:
        """Sum a function of the offset, transformed, over all pairs of voxels, `counts` a block."""
        from scipy.fft import rfftn

        power = (np.abs(rfftn(counts, self.padded)) ** 2 * transformed).sum(axis=(0, 1))
        power[1 : (self.padded[-1] + 1) // 2] *= 2  # frequencies of which the transform keeps one of two
        return float(power.sum() / math.prod(self.padded))

    def by_offset(self, spectrum: npt.NDArray[np.generic]) -> FloatArray:
        """Give the sums over pairs at every offset from the product of two transforms, one of them conjugate."""
        from scipy.fft import irfftn

        return np.asarray(irfftn(spectrum, self.padded))

    def averaged(self, of: Callable[[FloatArray], FloatArray]) -> FloatArray:
        """Give a function of distance at every offset; near ones are averaged over the voxels of both blocks.

        At offset 0 a voxel is not paired with itself.
        """
        found = of(self.distance)
        if self.block == (1, 1, 1):
            return found
        near = [range(min(_NEAR + 1, -(-n // b))) for n, b in zip(self.shape, self.block, strict=True)]
        for offset in product(*near):
            lags, weights = self._between(offset)
            value = np.average(of(lags), weights=np.where(lags > 0, weights, 0.0))
            for signs in product((1, -1), repeat=3):
                found[tuple(s * o for s, o in zip(signs, offset, strict=True))] = value
        return found

    def _between(self, offset: tuple[int, ...]) -> tuple[FloatArray, FloatArray]:
        """Give distances between the voxels of two blocks so many blocks apart, and how many pairs have each."""
        squares, weights = [], []
        for o, b, s in zip(offset, self.block, self.size, strict=True):
            fine = np.arange(1 - b, b)
            squares.append(((o * b + fine) * s) ** 2)
            weights.append(b - np.abs(fine))
        lags = np.sqrt(squares[0][:, None, None] + squares[1][None, :, None] + squares[2][None, None, :])
        counts = weights[0][:, None, None] * weights[1][None, :, None] * weights[2][None, None, :]
        return lags, counts.astype(np.float64)


def _padded(shape: tuple[int, ...], block: tuple[int, ...]) -> tuple[int, ...]:
    from scipy.fft import next_fast_len

    blocks = [-(-n // b) for n, b in zip(shape, block, strict=True)]
    return tuple(1 if n == 1 else next_fast_len(2 * n - 1, real=True) for n in blocks)


def _offsets(n: int) -> npt.NDArray[np.int64]:
    return np.where(np.arange(n) <= n // 2, np.arange(n), np.arange(n) - n)
