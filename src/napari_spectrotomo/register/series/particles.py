"""A transform a particle: each looked for by its own surface alone, and no two of them in one place."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import numpy as np

from ..engine.bodies import Body, covered_by, solve_body
from ..engine.pyramid import Level, levels_of
from ..engine.uncertainty import expected_error
from ..overlap import Mask, Matrix
from ..pair import PairRegistration, failure
from .found import UNKNOWN
from .reference import Reference

PARTICLE_SAMPLES = 80_000
DOUBTFUL_ERROR = 0.5
LARGEST_MISFIT = 2.0
"""A particle of whose shape so many times as much stays unexplained as is explained was not found."""

NEAR = 10
"""Voxels by which particles may come nearer to each other than they are in the fixed volume."""


def find_particles(
    reference: Reference,
    moving: Mask,
    whole: Matrix,
    starts: Mapping[int, Matrix],
    abort: threading.Event | None,
    link: tuple[Mask, Mapping[int, Matrix]] | None,
) -> dict[int, PairRegistration]:
    """Look for every particle by itself, tell which of two lies where both seem to, then heed what others hide.

    Parameters
    ----------
    reference : Reference
    moving : (z, y, x) bool
    whole : (4, 4)
        Of everything together.
    starts : mapping of number to (4, 4)
        Where particles were at a neighbour.
    abort : Event or None
    link : (mask, {number: (4, 4)}), or None
        A neighbour in a chain and the transforms of the particles that were found there: those are looked for as they are seen
        there.

    Returns
    -------
    dict of number to PairRegistration
        Those that were not found are 'failed', with a reason.

    Raises
    ------
    Aborted
        If `abort` was set.
    """
    factors = reference.prepared.factors
    levels = levels_of(np.ascontiguousarray(moving).view(np.uint8), factors, abort)
    through: dict[int, tuple[list[Level], Matrix]] = {}
    if link is not None:
        theirs = levels_of(np.ascontiguousarray(link[0]).view(np.uint8), factors, abort)
        through = {number: (theirs, matrix) for number, matrix in link[1].items()}
    bodies = reference.bodies
    found: dict[int, PairRegistration] = {}
    misfits: dict[int, float] = {}
    for number, body in bodies.items():
        begin = [matrix for matrix in (starts.get(number), whole) if matrix is not None and np.all(np.isfinite(matrix))]
        found[number], misfits[number] = _particle(reference, body, levels, begin, {}, abort, through.get(number))
    found = _one_in_each_place(bodies, found, misfits)
    for number, body in bodies.items():
        others = others_of(number, bodies, found)
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


def others_of(
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
