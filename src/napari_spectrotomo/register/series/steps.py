"""A series of energies on its way to a registration: what it is made of, and the energies one after the other."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from ...arrays import as_array, as_labels, as_numbers, as_voxel_size
from ...data import EnergyStack, FloatArray
from ...errors import RegistrationError
from ...progress import raise_if_aborted
from ..overlap import Mask, Overlap, as_mask, mask_overlap, overlap_of_moved
from ..pair import PairRegistration
from ..parameters import RegisterParameters
from ..resampling.resample import resample
from ..resampling.territory import LARGEST_NUMBER
from .energy import Link, Starts, register_energy
from .found import UNKNOWN, EnergyRegistration
from .measures import surface_measures
from .reference import Reference, level_of

Results = Mapping[int, EnergyRegistration]


@dataclass(eq=False)
class Series:
    """Masks of all energies with what belongs to them.

    Parameters
    ----------
    masks : (E, z, y, x) masks, NumPy, dask or zarr
        One energy is in memory at a time, beside the fixed one (and its neighbour in a chain).
    parameters : RegisterParameters
    energies : (E,), eV, or None when unknown
        For messages and tables.
    voxel_size : float or (3,), nm, or None
    particles : (z, y, x) labels of the fixed volume, or None
    stack : EnergyStack or (E, z, y, x) array, or None
        The grey volumes.
    times : (E,), or None
        When each energy was taken; by default they were taken in their order.
    abort : Event or None

    Raises
    ------
    RegistrationError
        If there is only one energy, an array has a wrong shape or holds no masks, labels or numbers, there is no energy
        ``parameters.fixed``, or the engine cannot do what is asked.
    """

    masks: Any
    parameters: RegisterParameters
    energies: Any = None
    voxel_size: Any = None
    particles: Any = None
    stack: Any = None
    times: Any = None
    abort: threading.Event | None = None

    def __post_init__(self) -> None:
        """Check what was given."""
        if isinstance(self.masks, EnergyStack):
            self.energies, self.voxel_size, self.masks = self.masks.energies, self.masks.voxel_size, self.masks.data
        self.masks = as_array(self.masks, "voxels of the masks", RegistrationError)
        if np.ndim(self.masks) != 4:
            raise RegistrationError(f"Masks have four axes (energy, z, y, x); found {np.ndim(self.masks)}.")
        if len(self) < 2:
            raise RegistrationError("There is only one energy: registration needs two or more.")
        self.voxel_size = as_voxel_size(self.voxel_size, RegistrationError)
        self.energies = _numbers(self.energies, "energies", np.full(len(self), np.nan))
        self.times = _numbers(self.times, "times", np.arange(len(self), dtype=np.float64))
        if not np.isfinite(self.times).all():
            raise RegistrationError("A time is unknown: give the time of every energy, or none.")
        if isinstance(self.stack, EnergyStack):
            self.stack = self.stack.data
        if self.stack is not None:
            self.stack = as_array(self.stack, "grey volumes", RegistrationError)
            self._fits("grey volumes", tuple(self.stack.shape), tuple(self.masks.shape))
        if self.particles is not None:
            labels = as_labels(self.particles)
            self._fits("labels", labels.shape, self.shape)
            if labels.max(initial=0) > LARGEST_NUMBER:
                raise RegistrationError(
                    f"A particle has the number {labels.max()}: renumber them from 1, as label_particles does."
                )
            self.particles = np.ascontiguousarray(labels, np.int32)
        if not -len(self) <= self.parameters.fixed < len(self):
            raise RegistrationError(
                f"There is no energy {self.parameters.fixed} to register to: there are {len(self)}, numbered from 0."
            )
        self._check_engine()

    def __len__(self) -> int:
        """Give the number of energies."""
        return int(self.masks.shape[0])

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape (z, y, x) of a volume."""
        z, y, x = self.masks.shape[1:]
        return int(z), int(y), int(x)

    @property
    def fixed_index(self) -> int:
        """Index of the fixed energy, from 0."""
        return self.parameters.fixed % len(self)

    @cached_property
    def reference(self) -> Reference:
        """The fixed energy, made ready."""
        labels = self.particles if self.parameters.by_particle and self.particles is not None else None
        return Reference(
            self.mask(self.fixed_index),
            labels if labels is not None and labels.any() else None,
            self.grey(self.fixed_index),
            self.parameters,
            np.ones(3) if self.voxel_size is None else np.asarray(self.voxel_size, np.float64),
            self.abort,
        )

    def mask(self, index: int) -> Mask:
        """Read the mask of an energy."""
        return np.ascontiguousarray(as_mask(np.asarray(self.masks[index]), self.name(index)))

    def grey(self, index: int) -> npt.NDArray[np.float32] | None:
        """Read the volume of an energy where transforms are refined on it."""
        if self.stack is None or self.parameters.refine == "none":
            return None
        return np.ascontiguousarray(self.stack[index], np.float32)

    def energy(self, index: int) -> float | None:
        """Give an energy in eV; None where it is unknown."""
        return float(self.energies[index]) if np.isfinite(self.energies[index]) else None

    def name(self, index: int) -> str:
        """Name an energy in a message."""
        energy = self.energy(index)
        return f"energy {index}" if energy is None else f"{energy:g} eV"

    def order(self) -> list[tuple[int, int | None]]:
        """Give the energies outward from the fixed one in order of acquisition, each with its neighbour towards it."""
        by_time = [int(i) for i in np.argsort(self.times, kind="stable")]
        at = by_time.index(self.fixed_index)
        before, after = by_time[at::-1], by_time[at:]
        steps: list[tuple[int, int | None]] = [(self.fixed_index, None)]
        return steps + [(b, a) for line in (before, after) for a, b in pairwise(line)]

    def steps(self, done: Results | None = None) -> Iterator[tuple[int, EnergyRegistration]]:
        """Register energy after energy, and give each as it is finished.

        Parameters
        ----------
        done : mapping of index to EnergyRegistration
            Results of an earlier run, which are not redone and not given again; neighbours start from them.

        Raises
        ------
        Aborted
            If `abort` was set; an energy that was not finished is not given.
        """
        known = dict(done or {})
        for index, _ in self.order():
            if index not in known:
                raise_if_aborted(self.abort)
                known[index] = self.step(index, known)
                yield index, known[index]

    def step(self, index: int, known: Results) -> EnergyRegistration:
        """Register one energy from its neighbour towards the fixed one, which is `known`, or from the nearest that did not fail."""
        towards = dict(self.order())
        start = towards[index]
        if start is None:
            return self.itself()
        while known[start].whole.status == "failed" and (nearer := towards[start]) is not None:
            start = nearer
        return self.one(index, known[start], start if self.parameters.reference == "chain" else None)

    def one(self, index: int, near: EnergyRegistration | None, link: int | None = None) -> EnergyRegistration:
        """Register one energy from the transforms of another, or from nowhere; measured.

        `link` is the index of the energy `near` where it is to be compared with that instead of with the fixed one.
        """
        starts = Starts()
        if near is not None:
            good = {n: p.matrix for n, p in near.particles.items() if p.status != "failed"}
            starts = Starts(near.whole.matrix, good)
        chained = None
        if link is not None and near is not None and link != self.fixed_index:
            chained = Link(self.mask(link), self.grey(link), near)
        moving = self.mask(index)
        found = register_energy(self.reference, moving, self.grey(index), starts, self.abort, chained)
        if link == self.fixed_index:  # the first of a chain, whose neighbour is the fixed energy
            found = replace(found, measures=dict.fromkeys(("mse_fixed", "mse_chain"), found.whole.mse_after))
        return self.measured(found, moving)

    def itself(self) -> EnergyRegistration:
        """Give the result of the fixed energy."""
        mask = self.reference.mask
        said = (
            "" if mask.any() and not mask.all() else "The fixed mask has no surface: nothing can be registered to it."
        )
        pair = PairRegistration(
            np.eye(4), 0.0, 0.0, 1.0, 1.0, 0, "This is the fixed energy.", "converged", uncertainty=0.0
        )
        particles = dict.fromkeys(self.reference.bodies, pair)
        return self.measured(EnergyRegistration(replace(pair, flag=said), particles), mask)

    def measured(self, found: EnergyRegistration, moving: Mask) -> EnergyRegistration:
        """Measure what transforms do to a mask; see `tables.MEASURES`."""
        reference, whole = self.reference, found.whole
        raw = mask_overlap(reference.mask, moving, abort=self.abort)
        together = mask_overlap(reference.mask, moving, whole.matrix, abort=self.abort)
        measures = {name: value for name, value in found.measures.items() if name in ("mse_fixed", "mse_chain")}
        measures |= {"mse_raw": raw.mse, "dice_raw": raw.dice, "mse_global": together.mse, "dice_global": together.dice}
        level = level_of(moving)
        if reference.mask.any() and not reference.mask.all():
            for stage, matrix in (("raw", np.eye(4)), ("global", whole.matrix)):
                measures |= surface_measures(stage, reference.normals.distances(level, matrix))
        own = {
            number: measure.measure(moving, whole.matrix, found.particles[number].matrix)
            for number, measure in reference.particle_measures.items()
            if number in found.particles
        }
        if own:
            measures |= surface_measures("registered", [distances for _, distances in own.values()])
        else:
            measures |= {
                f"{kind}_registered": measures.get(f"{kind}_global", np.nan) for kind in ("surface_mean", "surface_95")
            }
        alone = found.coefficients is None and not found.particles
        as_moved = together if alone else self.as_moved(found, moving)
        measures |= {"mse_registered": as_moved.mse, "dice_registered": as_moved.dice}
        return replace(found, measures=measures, particle_measures={n: values for n, (values, _) in own.items()})

    def as_moved(self, found: EnergyRegistration, moving: Mask) -> Overlap:
        """Compare a mask moved as the volume will be, by particle and bent, with the fixed one; NaN where that failed."""
        fixed, whole = self.reference.mask, found.whole.matrix
        if not np.isfinite(whole).all():
            return UNKNOWN
        moved = resample(
            moving,
            whole,
            fixed.shape,
            order=1,
            particles={n: p.matrix for n, p in found.particles.items()} or None,
            territory=self.reference.territory if found.particles else None,
            coefficients=found.coefficients,
            spacing=0 if found.coefficients is None else self.parameters.deformation_spacing,
            abort=self.abort,
        )
        return overlap_of_moved(fixed, moved)

    def _fits(self, what: str, found: tuple[int, ...], wanted: tuple[int, ...]) -> None:
        if found != wanted:
            raise RegistrationError(f"The {what} have shape {found}, which does not fit that of the masks, {wanted}.")

    def _check_engine(self) -> None:
        wants = {
            "a transform a particle": self.particles is not None and self.parameters.by_particle,
            "refinement on grey volumes": self.stack is not None and self.parameters.refine != "none",
            "a deformation": self.parameters.transform == "deformable",
        }
        if self.parameters.refine == "grey" and self.stack is None:
            raise RegistrationError("To refine on grey volumes, give them as stack=.")
        asked = [what for what, wanted in wants.items() if wanted]
        if self.parameters.engine == "simpleitk" and asked:
            raise RegistrationError(
                f"The published method ('simpleitk') registers masks, everything together, without {' and without '.join(asked)}. "
                "Take engine 'auto', or leave that out (by_particle=False, refine='none')."
            )


def _numbers(values: Any, what: str, unknown: FloatArray) -> FloatArray:
    if values is None:
        return unknown
    known = as_numbers(values, what, RegistrationError)
    if known.shape != unknown.shape:
        raise RegistrationError(f"{known.size} {what} do not fit {len(unknown)} masks.")
    return known
