"""Which transform each fixed voxel takes: its particle's own, and a smooth blend between particles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...arrays import as_labels
from ...errors import RegistrationError
from ...threads import in_threads

UNITS = 32
"""Distances are kept in this share of a voxel, up to 1023 voxels; what is farther counts as that far."""

NEAREST = np.float32(0.25)
"""Distances (voxels) below it count as it: there a voxel is the particle's, as nearly as a coarse grid can say."""

REACH = np.float32(0.5)
"""A particle has no weight where the nearest one is less than this share of its own distance away."""

LARGEST_NUMBER = 1 << 22
COARSE_BYTES = 1.5
"""Most memory for distances, in bytes a fixed voxel: beyond it the grid is made coarser."""

FINEST_STEP = 4


@dataclass(frozen=True, slots=True, eq=False)
class Territory:
    """Which transform each fixed voxel takes, for any transforms of these particles.

    A voxel p inside particle k lies at A_k p exactly. Elsewhere it lies at the mean of the points A_k p, each with the weight

        w_k = t² (3 - 2t),   t = max(0, 2 d_min / d_k - 1),

    where d_k is the distance from p to the surface of particle k and d_min that to the nearest one. So the nearest particle has
    weight 1, one that is twice as far away has none, and far from all of them their plain mean is taken. A point lies at particle
    k's own place up to where another is less than twice as far: around every particle up to a third of the gap to its neighbour.
    Outside the labels the field is continuous; only where particles touch does it jump, from one's own motion to the other's.

    Distances are exact at every `step`-th voxel (negative inside), and linear between: 16-bit numbers on a grid that holds a few
    per cent of the voxels (coarser where particles are many), so that all of it is smaller than one float32 volume.

    Attributes
    ----------
    labels : (z, y, x) or (y, x) int
        As they were given.
    numbers : (K,) int64
        Numbers of the particles, ascending; there may be gaps.
    slots : (z, y, x) uint8, or uint16 for 255 particles or more
        0 outside, else 1 + the index of the voxel's particle in `numbers`.
    distances : (K, gz, gy, gx) int16
        Distance to the surface of each particle at every `step`-th voxel, in 1/32 voxel.
    step : int
    """

    labels: npt.NDArray[Any]
    numbers: npt.NDArray[np.int64]
    slots: npt.NDArray[Any]
    distances: npt.NDArray[np.int16]
    step: int

    @classmethod
    def of(cls, labels: Any) -> Territory:
        """Find who owns what, and how far every particle is from everywhere.

        Parameters
        ----------
        labels : (z, y, x) or (y, x) int
            Particles of the fixed volume by number, 0 outside.

        Raises
        ------
        DataError
            If they are no whole numbers from 0.
        RegistrationError
            If the array has other axes, or numbers beyond four million.
        """
        from .distances import box_of_each, distances_to, slots_of

        given = np.asarray(as_labels(labels))
        if given.ndim not in (2, 3):
            raise RegistrationError(f"Labels of particles have 2 or 3 axes; these have {given.ndim}.")
        volume = given if given.ndim == 3 else given[None]
        largest = int(volume.max()) if volume.size else 0
        if largest > LARGEST_NUMBER:
            raise RegistrationError(
                f"A particle has the number {largest}: renumber them from 1, as label_particles does."
            )
        volume = volume if volume.dtype.isnative else volume.astype(volume.dtype.newbyteorder("="))
        boxes = box_of_each(volume, largest)
        numbers = np.flatnonzero(boxes[:, 1] > 0)
        slots = slots_of(volume, numbers, np.empty(volume.shape, np.uint8 if len(numbers) < 255 else np.uint16))
        step = FINEST_STEP
        while 2 * len(numbers) * np.prod(_nodes(volume.shape, step)) > COARSE_BYTES * volume.size and step < max(
            volume.shape
        ):
            step += 1
        distances = np.empty((len(numbers), *_nodes(volume.shape, step)), np.int16)

        def measure(k: int) -> None:
            distances_to(slots, k + 1, boxes[numbers[k]], step, UNITS, distances[k])

        in_threads(measure, range(len(numbers)))
        return cls(given, numbers, slots, distances, step)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the fixed volume."""
        return tuple(self.labels.shape)


def _nodes(shape: tuple[int, ...], step: int) -> tuple[int, ...]:
    """Give how many nodes a coarse grid needs along each axis, so that every voxel lies between two."""
    return tuple((n - 1) // step + 2 for n in shape)
