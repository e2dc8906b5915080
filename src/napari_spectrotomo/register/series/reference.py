"""The fixed energy of a series, made ready once: its mask, its particles, its grey volume."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from ..engine.bodies import Body, bodies_of
from ..engine.distances import Normals
from ..engine.masks import FixedMask
from ..engine.motions import motions
from ..engine.pyramid import Level
from ..engine.surface import Samples, samples_at
from ..overlap import Mask
from ..parameters import RegisterParameters
from ..resampling.territory import Territory
from .measures import ParticleMeasures, whole_normals

GREY_SAMPLES = 25_000
GREY_SMOOTHING = 0.8
KEPT = 20
"""Samples of so many particles are kept, some megabytes each; those of others are taken anew at every energy."""


@dataclass(eq=False)
class Reference:
    """What all energies of a series are registered to.

    Parameters
    ----------
    mask : (z, y, x) bool
    labels : (z, y, x) int32, or None
        Particles that get a transform each.
    grey : (z, y, x) float32, or None
        The volume the mask was made from, where transforms are to be refined on it.
    parameters : RegisterParameters
    spacing : (3,)
    abort : Event or None
    """

    mask: Mask
    labels: npt.NDArray[np.int32] | None
    grey: npt.NDArray[np.float32] | None
    parameters: RegisterParameters
    spacing: npt.NDArray[np.float64]
    abort: threading.Event | None = None
    _kept: dict[int, Samples] = field(default_factory=dict, init=False)

    @cached_property
    def prepared(self) -> FixedMask:
        """The mask as our solver takes it."""
        return FixedMask.of(self.mask, self.mask.shape, self.parameters, self.abort)

    @cached_property
    def bodies(self) -> dict[int, Body]:
        """The particles by number."""
        if self.labels is None:
            return {}
        found = bodies_of(self.labels, self.mask, self.prepared.factors, self.abort)
        return {body.number: body for body in found}

    @cached_property
    def particle_measures(self) -> dict[int, ParticleMeasures]:
        """What measures each particle."""
        if self.labels is None:
            return {}
        return {number: ParticleMeasures(body, self.labels) for number, body in self.bodies.items()}

    @cached_property
    def normals(self) -> Normals:
        """The surface of the whole, to measure distances from."""
        return whole_normals(self.mask)

    @cached_property
    def territory(self) -> Territory | None:
        """Which particle's transform each voxel takes."""
        return None if self.labels is None else Territory.of(self.labels)

    @property
    def basis(self) -> npt.NDArray[np.float64]:
        """What may move."""
        return motions(self.parameters.matrix_transform, self.spacing, np.array(self.mask.shape) == 1)

    def grey_samples(self, body: Body | None) -> Samples | None:
        """Give the grey volume about the surface of a particle, or of the whole; None where there is no grey volume."""
        if self.grey is None:
            return None
        number = 0 if body is None else body.number
        if number in self._kept:
            return self._kept[number]
        voxels = self.prepared.voxels if body is None else body.clear(1.0)
        found = replace(samples_at(level_of(self.grey), voxels, GREY_SAMPLES, GREY_SMOOTHING), interpolated=True)
        if len(self._kept) < KEPT:
            self._kept[number] = found
        return found


def level_of(volume: npt.NDArray[Any]) -> Level:
    """Give a volume (z, y, x) at full resolution; a mask as bytes."""
    plain = np.ascontiguousarray(volume)
    return Level(plain.view(np.uint8) if plain.dtype == bool else plain, np.ones(3), np.zeros(3))
