"""One energy: the whole, each particle by itself, then both on the grey volumes."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from ..errors import Aborted
from .engine.bodies import Body, solve_body
from .engine.chain import seen_through
from .engine.grey import refine
from .engine.pyramid import Level, levels_of
from .engine.uncertainty import expected_error
from .found import EnergyRegistration, Measures
from .overlap import Mask, Matrix, Overlap, mask_overlap
from .pair import PairRegistration, failure, register_masks
from .reference import Reference, level_of

PARTICLE_SAMPLES = 40_000
DOUBTFUL_ERROR = 0.5
NEAR = 10
"""Voxels by which particles may come nearer to each other than they are in the fixed volume."""

UNKNOWN = Overlap(np.nan, np.nan)


@dataclass(frozen=True, slots=True, eq=False)
class Starts:
    """Where an energy is looked for: the whole, and every particle by itself; None and nothing where nothing is known."""

    whole: Matrix | None = None
    particles: Mapping[int, Matrix] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """A neighbour that is registered already: its mask, its volume, its transforms."""

    mask: Mask
    grey: npt.NDArray[np.float32] | None
    found: EnergyRegistration


def register_energy(
    reference: Reference,
    moving: Mask,
    grey: npt.NDArray[np.float32] | None,
    starts: Starts,
    abort: threading.Event | None = None,
    link: Link | None = None,
) -> EnergyRegistration:
    """Register one energy.

    Parameters
    ----------
    reference : Reference
    moving : (z, y, x) bool
    grey : (z, y, x) float32, or None
        The moving volume; NaN where unknown.
    starts : Starts
    abort : Event or None
    link : Link or None
        The neighbour in a chain: everything is looked for as it is there, instead of as it is at the fixed energy.

    Raises
    ------
    Aborted
        If `abort` was set.
    """
    bodies = reference.bodies
    whole = _whole(reference, moving, starts.whole, abort)
    if whole.status == "aborted":
        raise Aborted
    measures: Measures = {}
    if link is not None and whole.status != "failed":
        linked = _linked(reference, moving, link, abort)
        measures = {"mse_fixed": whole.mse_after, "mse_chain": linked.mse_after}
        whole = linked if linked.status != "failed" else whole
    if whole.status == "failed":
        return EnergyRegistration(whole, {number: _never_begun(whole) for number in bodies})
    particles = _particles(reference, moving, whole.matrix, starts.particles, abort, link) if bodies else {}
    if grey is not None and reference.grey is not None:
        whole = _refined(reference, None, whole, grey, abort, link)
        particles = {n: _refined(reference, bodies[n], pair, grey, abort, link) for n, pair in particles.items()}
    return EnergyRegistration(whole, particles, measures)


def _whole(reference: Reference, moving: Mask, start: Matrix | None, abort: threading.Event | None) -> PairRegistration:
    """Register everything together to the fixed mask."""
    return register_masks(
        reference.mask,
        moving,
        reference.affine,
        start=start,
        spacing=reference.spacing,
        abort=abort,
        prepared=reference.prepared if reference.parameters.engine != "simpleitk" else None,
    )


def _linked(reference: Reference, moving: Mask, link: Link, abort: threading.Event | None) -> PairRegistration:
    """Register everything together to the neighbour's mask, and compose the two transforms."""
    step = register_masks(link.mask, moving, reference.affine, start=np.eye(4), spacing=reference.spacing, abort=abort)
    if step.status == "aborted":
        raise Aborted
    if step.status == "failed":
        return step
    before, after = (
        mask_overlap(reference.mask, moving),
        mask_overlap(reference.mask, moving, step.matrix @ link.found.whole.matrix),
    )
    return replace(
        step,
        matrix=step.matrix @ link.found.whole.matrix,
        mse_before=before.mse,
        dice_before=before.dice,
        mse_after=after.mse,
        dice_after=after.dice,
        uncertainty=float(np.hypot(step.uncertainty, link.found.whole.uncertainty)),
    )


def _particles(
    reference: Reference,
    moving: Mask,
    whole: Matrix,
    starts: Mapping[int, Matrix],
    abort: threading.Event | None,
    link: Link | None,
) -> dict[int, PairRegistration]:
    """Look for every particle; those that another may hide, once more when all are known."""
    factors = reference.prepared.factors
    levels = levels_of(np.ascontiguousarray(moving).view(np.uint8), factors, abort)
    theirs = None if link is None else levels_of(np.ascontiguousarray(link.mask).view(np.uint8), factors, abort)
    bodies = reference.bodies
    found: dict[int, PairRegistration] = {}
    for again in (False, True):
        for number, body in bodies.items():
            others = {n: (bodies[n], _matrix_in(found, n, whole)) for n in _near(body, bodies)}
            if again and not others:
                continue
            first = [found[number].matrix] if again else [starts[number]] if number in starts else []
            begin = [matrix for matrix in (*first, whole) if np.all(np.isfinite(matrix))]
            depth = 1 if again and found[number].status != "failed" else len(levels)
            through = None if theirs is None or link is None else (theirs, link.found.matrix(number))
            found[number] = _particle(reference, body, levels[:depth], begin, others, abort, through)
    return found


def _particle(
    reference: Reference,
    body: Body,
    levels: list[Level],
    starts: list[Matrix],
    others: Mapping[int, tuple[Body, Matrix]],
    abort: threading.Event | None,
    through: tuple[list[Level], Matrix] | None,
) -> PairRegistration:
    parameters, basis = reference.parameters, reference.basis
    solved = solve_body(
        body,
        levels,
        starts,
        basis,
        others,
        smoothing=reference.prepared.smoothing,
        samples=min(PARTICLE_SAMPLES, parameters.samples),
        tolerance=parameters.min_step,
        most=parameters.max_iterations,
        through=through,
        abort=abort,
    )
    if solved is None:
        return failure(f"Too little of particle {body.number} is clear of the others to look for it.", UNKNOWN, 3)
    ended, samples = solved
    if ended.gain <= 0 or ended.gain * np.std(samples.values) < 0.25 * np.sqrt(ended.residual):
        return failure(f"Particle {body.number} was not found: nothing there has its shape.", UNKNOWN, 3)
    error = expected_error(samples, levels[0], ended, basis)
    flag = "" if error < DOUBTFUL_ERROR else f"Particle {body.number} is known to {error:.1f} voxel only."
    nan = float("nan")
    return PairRegistration(
        ended.matrix,
        nan,
        nan,
        nan,
        nan,
        ended.iterations,
        "Steps are shorter than the tolerance." if ended.settled else "All iterations are used up.",
        "converged" if ended.settled else "limit",
        flag=flag if np.isfinite(error) else f"The shape of particle {body.number} does not say how it moved.",
        uncertainty=error,
    )


def _refined(
    reference: Reference,
    body: Body | None,
    pair: PairRegistration,
    grey: npt.NDArray[np.float32],
    abort: threading.Event | None,
    link: Link | None,
) -> PairRegistration:
    """Go on from the masks' transform on the grey volumes, where that leaves less."""
    samples = reference.grey_samples(body)
    if samples is None or pair.status == "failed":
        return pair
    if link is not None and link.grey is not None:
        samples = seen_through(samples, level_of(link.grey), link.found.matrix(0 if body is None else body.number))
    found = refine(
        samples,
        level_of(grey),
        pair.matrix,
        reference.basis,
        tolerance=reference.parameters.min_step,
        most=reference.parameters.max_iterations,
        abort=abort,
    )
    return replace(
        pair,
        matrix=found.matrix,
        iterations=pair.iterations + found.iterations,
        grey_masks=found.before,
        grey_refined=found.after if found.kept else found.before,
        refined=found.kept,
        uncertainty=found.uncertainty if found.kept else pair.uncertainty,
    )


def _near(body: Body, bodies: Mapping[int, Body]) -> list[int]:
    """Give the particles whose surroundings meet those of one."""
    low = body.territory.offset
    high = low + body.territory.volume.shape
    return [
        number
        for number, other in bodies.items()
        if number != body.number
        and np.all(other.territory.offset < high + NEAR)
        and np.all(other.territory.offset + other.territory.volume.shape > low - NEAR)
    ]


def _matrix_in(found: Mapping[int, PairRegistration], number: int, whole: Matrix) -> Matrix:
    return found[number].matrix if number in found and found[number].status != "failed" else whole


def _never_begun(whole: PairRegistration) -> PairRegistration:
    return failure(whole.reason or whole.stop_reason, UNKNOWN, 3)
