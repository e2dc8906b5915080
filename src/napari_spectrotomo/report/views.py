"""What the pictures look at: the planes through the sample, and of each volume its slices, its range and a coarse copy.

Every volume is read once, looked at and let go, so that one energy at a time is in memory.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt

from ..progress import raise_if_aborted
from .data import ReportData

Volume = npt.NDArray[Any]
AXES = ("z", "y", "x")
_LARGEST = 128
_SAMPLE = 2_000_000


@dataclass(frozen=True, slots=True)
class Plane:
    """A slice across `axis` (0 = z) at `index`; its rows and columns are the two other axes."""

    axis: int
    index: int

    @property
    def name(self) -> str:
        """Say where it is, such as ``z = 48``."""
        return f"{AXES[self.axis]} = {self.index}"

    @property
    def across(self) -> tuple[int, int]:
        """Give the axes of its rows and columns."""
        rows, columns = (a for a in range(3) if a != self.axis)
        return rows, columns

    def of(self, volume: Volume) -> Volume:
        """Take the slice from a volume."""
        return np.asarray(np.take(volume, self.index, axis=self.axis))


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What is kept of one volume.

    Attributes
    ----------
    slices : tuple of 2-D float32, one a plane
    maximum : 2-D float32
        Largest value along the axis of `Views.along`; NaN where there is none.
    coarse : 3-D float32
        The volume averaged in blocks so that no side is longer than 128; 0 where it is NaN.
    top : float
        99.9th percentile of the finite values.
    """

    slices: tuple[Volume, ...]
    maximum: Volume
    coarse: Volume
    top: float


@dataclass(frozen=True, slots=True, eq=False)
class Views:
    """The looks that all pictures share.

    Attributes
    ----------
    planes : tuple of Plane
        Through the middle of the particle that moved most; planes one voxel thin in a direction are left out.
    along : int
        Axis along which maxima are taken.
    block : (3,) int
        Voxels a block of the coarse copies.
    fixed, moving, registered : Look
        The fixed volume; the energy farthest from it, before and after registration.
    moving_mask : 3-D float32
        Coarse mask of the moving volume.
    difference_raw, difference_registered : Look
        Squared difference of the moving energy from the fixed one.
    """

    planes: tuple[Plane, ...]
    along: int
    block: tuple[int, int, int]
    fixed: Look
    moving: Look
    registered: Look
    moving_mask: Volume
    difference_raw: Look
    difference_registered: Look


def look_at(data: ReportData, abort: threading.Event | None = None) -> Views:
    """Read what the pictures of `data` need."""
    m, f = data.moving, data.fixed
    shape = data.labels.shape
    block = tuple(min(-(-max(shape) // _LARGEST), n) for n in shape)
    difference = _read(data.squared_difference_raw, m)
    planes = planes_through(difference, data.labels)
    along = 1 if shape[1] > 1 and shape[0] > 1 else 0

    def look(volume: Volume) -> Look:
        raise_if_aborted(abort)
        return _look(volume, planes, along, block)

    def read(array: Any, index: int, of: Callable[[Volume], Any] = look) -> Any:
        return of(_read(array, index))

    difference_raw = look(difference)
    del difference
    return Views(
        planes=planes,
        along=along,
        block=block,
        difference_raw=difference_raw,
        difference_registered=read(data.squared_difference_registered, m),
        fixed=read(data.raw.data, f),
        moving=read(data.raw.data, m),
        registered=read(data.registered.data, m),
        moving_mask=read(data.masks, m, lambda mask: coarsened(mask, block)),
    )


def planes_through(difference: Volume, labels: Volume) -> tuple[Plane, ...]:
    """Choose the planes to show: through the middle of the particle that moved most, else of the volume.

    Parameters
    ----------
    difference : (z, y, x)
        Squared difference before registration.
    labels : int (z, y, x)
    """
    middle = [(n - 1) / 2 for n in labels.shape]
    count = voxels_of(labels)
    if count.any():
        moved = np.zeros(len(count))
        for here, apart in zip(labels, difference, strict=True):
            moved += np.bincount(here.ravel(), np.nan_to_num(apart).ravel(), len(count))
        share = np.where(count > 0.1 * count.max(), moved / np.maximum(count, 1), -1.0)
        inside = labels == int(np.argmax(share))
        middle = [_median(np.count_nonzero(inside, axis=tuple(b for b in range(3) if b != a))) for a in range(3)]
    shape = labels.shape
    return tuple(Plane(a, round(middle[a])) for a in range(3) if all(shape[b] > 1 for b in range(3) if b != a)) or (
        Plane(0, round(middle[0])),
    )


def voxels_of(labels: Volume) -> npt.NDArray[np.int64]:
    """Count the voxels of every particle, by its number; 0 of the background."""
    count = np.zeros(int(labels.max(initial=0)) + 1, np.int64)
    for plane in labels:
        count += np.bincount(plane.ravel(), minlength=len(count))
    count[0] = 0
    return count


def _median(voxels: npt.NDArray[np.int64]) -> float:
    """Give the median place of voxels, of which so many are at each place."""
    upto, total = np.cumsum(voxels), int(voxels.sum())
    low, high = (int(np.searchsorted(upto, rank, side="right")) for rank in ((total - 1) // 2, total // 2))
    return (low + high) / 2


def coarsened(volume: Volume, block: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """Average a volume in blocks, NaN left out; what does not fill a block at the far end is cut off."""
    if all(b == 1 for b in block):
        return np.where(np.isfinite(volume), volume, 0).astype(np.float32, copy=False)
    shape = tuple(n // b for n, b in zip(volume.shape, block, strict=True))
    means = np.empty(shape, np.float32)
    for z in range(shape[0]):
        part = volume[z * block[0] : (z + 1) * block[0]]
        finite = np.isfinite(part)
        values = np.where(finite, part, 0).astype(np.float32, copy=False)
        means[z] = (_block_sums(values, block) / np.maximum(_block_sums(finite, block), 1))[0]
    return means


def _block_sums(values: Volume, block: tuple[int, ...]) -> npt.NDArray[np.float32]:
    sums = values.astype(np.float32, copy=False)
    for axis, size in enumerate(block):
        n = sums.shape[axis] // size
        parts = [np.take(sums, range(k, n * size, size), axis=axis) for k in range(size)]
        sums = reduce(np.add, parts)
    return sums


def percentiles(values: Volume, low: float, high: float) -> tuple[float, float] | None:
    """Give two percentiles of the finite values (every n-th of a large array), apart from each other; None where none is."""
    some = values.reshape(-1)[:: max(values.size // _SAMPLE, 1) | 1]
    finite = some[np.isfinite(some)]
    if finite.size == 0:
        return None
    start, end = (float(v) for v in np.percentile(finite, (low, high)))
    if end > start:
        return start, end
    start, end = float(finite.min()), float(finite.max())
    return (start, end) if end > start else (start - 0.5, start + 0.5)


def _read(array: Any, index: int) -> Volume:
    return np.asarray(array[index])


def _look(volume: Volume, planes: tuple[Plane, ...], along: int, block: tuple[int, ...]) -> Look:
    limits = percentiles(volume, 0, 99.9)
    maximum = np.fmax.reduce(volume, axis=along)
    return Look(
        slices=tuple(np.array(plane.of(volume), np.float32) for plane in planes),
        maximum=np.where(np.isfinite(maximum), maximum, np.nan).astype(np.float32),
        coarse=coarsened(volume, block),
        top=1.0 if limits is None else limits[1],
    )
