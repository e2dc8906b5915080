"""One energy: the whole, each particle by itself, then both on the grey volumes."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from ..errors import Aborted
from .engine.bodies import Body, covered_by, solve_body, unhidden
from .engine.chain import seen_through
from .engine.grey import refine
from .engine.pyramid import Level, levels_of
from .engine.uncertainty import expected_error
from .found import EnergyRegistration, Measures
from .overlap import Mask, Matrix, Overlap, mask_overlap
from .pair import PairRegistration, failure, register_masks
from .reference import Reference, level_of

PARTICLE_SAMPLES = 80_000
DOUBTFUL_ERROR = 0.5
LARGEST_MISFIT = 2.0
"""A particle of whose shape so many times as much stays unexplained as is explained was not found."""

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
    if link is not None:
        linked = _linked(reference, moving, link, abort)
        measures = {"mse_fixed": whole.mse_after, "mse_chain": linked.mse_after}
        if linked.status == "failed":
            link = None
        else:
            whole = linked
    if whole.status == "failed":
        return EnergyRegistration(whole, {number: _never_begun(whole) for number in bodies})
    particles = _particles(reference, moving, whole.matrix, starts.particles, abort, link) if bodies else {}
    if grey is not None and reference.grey is not None:
        whole = _refined(reference, None, whole, {}, grey, abort, link)
        particles = {
            n: _refined(reference, bodies[n], pair, _others(n, bodies, particles), grey, abort, link)
            for n, pair in particles.items()
        }
    if link is not None:
        whole = _farther(whole, link.found.whole)
        particles = {n: _farther(pair, link.found.particles[n]) for n, pair in particles.items()}
    return EnergyRegistration(whole, particles, measures)


def _farther(pair: PairRegistration, link: PairRegistration) -> PairRegistration:
    """Add the error of the link a transform hangs on, where it does."""
    if pair.status == "failed" or link.status == "failed":
        return pair
    return replace(pair, uncertainty=float(np.hypot(pair.uncertainty, link.uncertainty)))


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
    )


def _particles(
    reference: Reference,
    moving: Mask,
    whole: Matrix,
    starts: Mapping[int, Matrix],
    abort: threading.Event | None,
    link: Link | None,
) -> dict[int, PairRegistration]:
    """Look for every particle by itself, tell which of two lies where both seem to, then heed what others hide."""
    factors = reference.prepared.factors
    levels = levels_of(np.ascontiguousarray(moving).view(np.uint8), factors, abort)
    theirs = None if link is None else levels_of(np.ascontiguousarray(link.mask).view(np.uint8), factors, abort)
    bodies = reference.bodies
    through = {
        n: (theirs, link.found.matrix(n))
        for n in bodies
        if theirs is not None and link is not None and link.found.particles[n].status != "failed"
    }
    found: dict[int, PairRegistration] = {}
    misfits: dict[int, float] = {}
    for number, body in bodies.items():
        begin = [matrix for matrix in (starts.get(number), whole) if matrix is not None and np.all(np.isfinite(matrix))]
        found[number], misfits[number] = _particle(reference, body, levels, begin, {}, abort, through.get(number))
    found = _one_in_each_place(bodies, found, misfits)
    for number, body in bodies.items():
        others = _others(number, bodies, found)
        if not others:
            continue
        if found[number].status != "failed":
            near, depth = [found[number].matrix], 1
        else:
            near, depth = [starts[number]] if number in starts else [whole], len(levels)
        again, _ = _particle(reference, body, levels[:depth], near, others, abort, through.get(number))
        if again.status != "failed" and found[number].status == "failed":
            kept = {n: pair for n, pair in found.items() if pair.status != "failed"}
            again = _one_in_each_place(bodies, kept | {number: again}, misfits | {number: np.inf})[number]
        found[number] = again if again.status != "failed" or found[number].status != "failed" else found[number]
    return found


def _one_in_each_place(
    bodies: Mapping[int, Body], found: Mapping[int, PairRegistration], misfits: Mapping[int, float]
) -> dict[int, PairRegistration]:
    """Fail particles that were found where another lies that fits better: one of the two is not there."""
    kept: dict[int, PairRegistration] = {}
    for number in sorted(found, key=lambda n: misfits[n]):
        pair = found[number]
        if pair.status != "failed":
            there = {n: (bodies[n], other.matrix) for n, other in kept.items() if other.status != "failed"}
            if (taken := covered_by(bodies[number], pair.matrix, there)) is not None:
                pair = failure(f"Particle {number} was not found: what lies there is particle {taken}.", UNKNOWN, 3)
        kept[number] = pair
    return {number: kept[number] for number in found}


def _particle(
    reference: Reference,
    body: Body,
    levels: list[Level],
    starts: list[Matrix],
    others: Mapping[int, tuple[Body, Matrix]],
    abort: threading.Event | None,
    through: tuple[list[Level], Matrix] | None,
) -> tuple[PairRegistration, float]:
    """Look for a particle; give what was found, and how much of its shape stays unexplained (over what is explained)."""
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
        why = "clear of the others" if len(body.clear(1.0)) < len(body.voxels) or others else "there"
        return failure(f"Too little of particle {body.number}'s surface is {why} to look for it.", UNKNOWN, 3), np.inf
    ended, samples = solved
    explained = ended.gain * float(np.std(samples.values))
    misfit = float(np.sqrt(max(ended.residual, 0.0))) / explained if explained > 0 else np.inf
    if not misfit < LARGEST_MISFIT:
        return failure(f"Particle {body.number} was not found: nothing there has its shape.", UNKNOWN, 3), np.inf
    error = expected_error(samples, levels[0], ended, basis)
    flag = "" if error < DOUBTFUL_ERROR else f"Particle {body.number} is known to {error:.1f} voxel only."
    nan = float("nan")
    pair = PairRegistration(
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
    return pair, misfit


def _refined(
    reference: Reference,
    body: Body | None,
    pair: PairRegistration,
    others: Mapping[int, tuple[Body, Matrix]],
    grey: npt.NDArray[np.float32],
    abort: threading.Event | None,
    link: Link | None,
) -> PairRegistration:
    """Go on from the masks' transform on the grey volumes, where that leaves less and is known no worse."""
    if pair.status == "failed" or (samples := reference.grey_samples(body)) is None:
        return pair
    samples = unhidden(samples, pair.matrix, others)
    if link is not None and link.grey is not None:
        there = link.found.matrix(0 if body is None else body.number)
        samples = seen_through(samples, level_of(link.grey), there) if np.isfinite(there).all() else samples
    found = refine(
        samples,
        level_of(grey),
        pair.matrix,
        reference.basis,
        tolerance=reference.parameters.min_step,
        most=reference.parameters.max_iterations,
        abort=abort,
    )
    # noise, and chemistry that varies from place to place, may leave grey volumes knowing less than the masks do
    kept = found.kept and (found.uncertainty <= pair.uncertainty or not np.isfinite(pair.uncertainty))
    return replace(
        pair,
        matrix=found.matrix if kept else pair.matrix,
        iterations=pair.iterations + found.iterations,
        grey_masks=found.before,
        grey_refined=found.after if kept else found.before,
        refined=kept,
        uncertainty=found.uncertainty if kept else pair.uncertainty,
    )


def _others(
    number: int, bodies: Mapping[int, Body], found: Mapping[int, PairRegistration]
) -> dict[int, tuple[Body, Matrix]]:
    """Give the particles that were found and whose surroundings may meet those of one, each with its matrix."""
    body = bodies[number]
    low = body.territory.offset
    high = low + body.territory.volume.shape
    return {
        n: (other, found[n].matrix)
        for n, other in bodies.items()
        if n != number
        and found[n].status != "failed"
        and np.all(other.territory.offset < high + NEAR)
        and np.all(other.territory.offset + other.territory.volume.shape > low - NEAR)
    }


def _never_begun(whole: PairRegistration) -> PairRegistration:
    return failure(whole.reason or whole.stop_reason, UNKNOWN, 3)
