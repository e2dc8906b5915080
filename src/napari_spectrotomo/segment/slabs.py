"""A volume worked on slab by slab of z, on our threads, so that what a step needs besides is as large as a slab."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..threads import in_threads

_VOXELS = 1 << 22
"""Voxels of a slab, about: 16 MiB of float32."""


@dataclass(frozen=True, slots=True)
class Slab:
    """Some slices.

    Attributes
    ----------
    own : slice
        The slices worked on.
    around : slice
        Those that are looked at: more on either side, as far as there are.
    inner : slice
        Where the own ones are among those around.
    """

    own: slice
    around: slice
    inner: slice


def slabs_of(shape: tuple[int, ...], reach: int = 0) -> list[Slab]:
    """Cut a volume (z, y, x) into slabs that look `reach` slices beyond themselves."""
    height = max(1, 4 * reach, _VOXELS // max(1, shape[1] * shape[2]))
    found = []
    for start in range(0, shape[0], height):
        stop = min(start + height, shape[0])
        first, last = max(0, start - reach), min(shape[0], stop + reach)
        found.append(Slab(slice(start, stop), slice(first, last), slice(start - first, stop - first)))
    return found


def by_slabs(work: Callable[[Slab], None], shape: tuple[int, ...], reach: int = 0) -> None:
    """Work on every slab of a volume; the work must write to its own slices only."""
    in_threads(work, slabs_of(shape, reach))


def sizes_of(bodies: npt.NDArray[np.integer], count: int) -> npt.NDArray[np.int64]:
    """Count the voxels of every body, (count + 1,), of the background first."""
    counted = in_threads(
        lambda slab: np.bincount(bodies[slab.own].ravel(), minlength=count + 1), slabs_of(bodies.shape)
    )
    return np.asarray(np.sum(counted, axis=0), np.int64)


def of_bodies(bodies: npt.NDArray[np.integer], keep: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Give the mask of the bodies to keep, one flag a body."""
    mask = np.empty(bodies.shape, bool)

    def choose(slab: Slab) -> None:
        mask[slab.own] = keep[bodies[slab.own]]

    by_slabs(choose, bodies.shape)
    return mask
