"""Gaussian smoothing of a volume inside each particle, with as little overhead for fifty thousand small ones as for one large."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .particles.boxes import Box, particle_boxes

Volume = npt.NDArray[np.float32]
Index = npt.NDArray[np.intp]
_TRUNCATE = 4.0
_SMALL = 16
"""Boxes no longer than this along any axis are smoothed together with others."""
_TOGETHER = 1 << 18
"""Voxels of boxes smoothed at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class _Boxes:
    """Boxes (N, z, y, x) about particles, smoothed at once.

    Attributes
    ----------
    at : slices of one box, or the places of many in the volume made flat
    own : (N, z, y, x) bool
        Which voxels are the particle's own.
    weight : (N, z, y, x) float32
        These, smoothed.
    """

    at: Box | Index
    own: npt.NDArray[np.bool_]
    weight: Volume

    def read(self, volume: Volume) -> Volume:
        """Give the values in the boxes."""
        return volume[self.at][None] if isinstance(self.at, tuple) else volume.reshape(-1)[self.at]

    def write(self, values: Volume, where: npt.NDArray[np.bool_], volume: Volume) -> None:
        """Put the values that are asked for into the volume."""
        if isinstance(self.at, tuple):
            volume[self.at][where[0]] = values[0][where[0]]
        else:
            volume.reshape(-1)[self.at[where]] = values[where]


def reach_of(smooth: float) -> int:
    """How many voxels away a Gaussian of that standard deviation (voxel) still counts any."""
    return int(_TRUNCATE * smooth + 0.5) if smooth > 0 else 0


def smoother(label: npt.NDArray[np.integer], smooth: float) -> Callable[[Volume], Volume]:
    """Give what smooths a volume (z, y, x) inside each label; a missing value stays missing and counts for no other.

    Nothing outside a particle's box weighs anything, so that the box need be no wider than the particle.
    """
    groups = list(_grouped(label, smooth))

    def smoothed(volume: Volume) -> Volume:
        made = np.full(volume.shape, np.nan, np.float32)
        for boxes in groups:
            values = boxes.read(volume)
            known = boxes.own & np.isfinite(values)
            weight = boxes.weight if np.array_equal(known, boxes.own) else _gaussian(known, smooth)
            mean = _gaussian(np.where(known, values, 0), smooth)
            boxes.write(np.divide(mean, weight, out=mean, where=known), known, made)
        return made

    return smoothed


def _gaussian(values: npt.NDArray[np.generic], smooth: float) -> Volume:
    from scipy.ndimage import gaussian_filter

    widths = (0.0, smooth, smooth, smooth)
    return np.asarray(gaussian_filter(values.astype(np.float32), widths, mode="constant", truncate=_TRUNCATE))


def _grouped(label: npt.NDArray[np.integer], smooth: float) -> Iterator[_Boxes]:
    """Give each large particle by itself, and small ones by the power of two that holds them along each axis."""
    small: dict[tuple[int, ...], list[tuple[int, tuple[int, ...]]]] = {}
    for k, box in particle_boxes(label).items():
        size = [s.stop - s.start for s in box]
        if max(size) > _SMALL:
            own = (label[box] == k)[None]
            yield _Boxes(box, own, _gaussian(own, smooth))
        else:
            shape = tuple(1 << (n - 1).bit_length() for n in size)
            small.setdefault(shape, []).append((k, tuple(s.start for s in box)))
    for shape, particles in small.items():
        together = max(1, _TOGETHER // int(np.prod(shape)))
        for first in range(0, len(particles), together):
            numbers, starts = zip(*particles[first : first + together], strict=True)
            at, inside = _places(np.array(starts), shape, label.shape)
            own = inside & (label.reshape(-1)[at] == np.array(numbers)[:, None, None, None])
            yield _Boxes(at, own, _gaussian(own, smooth))


def _places(starts: Index, shape: tuple[int, ...], volume: tuple[int, ...]) -> tuple[Index, npt.NDArray[np.bool_]]:
    """Give where the voxels of boxes lie in the volume made flat, and whether they do."""
    at, inside = np.zeros((len(starts), 1, 1, 1), np.intp), np.ones((len(starts), 1, 1, 1), bool)
    for axis, (size, n) in enumerate(zip(shape, volume, strict=True)):
        along = (starts[:, axis, None] + np.arange(size)).reshape(-1, *(size if a == axis else 1 for a in range(3)))
        inside = inside & (along < n)
        at = at * n + np.minimum(along, n - 1)
    return at, inside
