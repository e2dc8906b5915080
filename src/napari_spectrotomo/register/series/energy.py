"""One energy: the whole, each particle by itself, then both on the grey volumes."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from ...errors import Aborted
from ..engine.bodies import Body, unhidden
from ..engine.chain import seen_through
from ..engine.grey import refine
from ..engine.masks import AT_LARGE
from ..overlap import Mask, Matrix, mask_overlap
from ..pair import PairRegistration, failure, register_masks
from .found import UNKNOWN, EnergyRegistration, Measures
from .particles import find_particles, others_of
from .reference import Reference, level_of


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
    seen = None if link is None else (link.mask, _where_found(link.found))
    if AT_LARGE in whole.flag:
        particles = dict.fromkeys(bodies, _with_the_whole(whole))
    else:
        particles = find_particles(reference, moving, whole.matrix, starts.particles, abort, seen) if bodies else {}
    if grey is not None and reference.grey is not None and AT_LARGE not in whole.flag:
        whole = _refined(reference, None, whole, {}, grey, abort, link)
        particles = {
            n: _refined(reference, bodies[n], pair, others_of(n, bodies, particles), grey, abort, link)
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
        reference.parameters,
        start=start,
        spacing=reference.spacing,
        abort=abort,
        prepared=reference.prepared if reference.parameters.engine != "simpleitk" else None,
    )


def _linked(reference: Reference, moving: Mask, link: Link, abort: threading.Event | None) -> PairRegistration:
    """Register everything together to the neighbour's mask, and compose the two transforms."""
    step = register_masks(
        link.mask, moving, reference.parameters, start=np.eye(4), spacing=reference.spacing, abort=abort
    )
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


def _where_found(one: EnergyRegistration) -> dict[int, Matrix]:
    return {number: pair.matrix for number, pair in one.particles.items() if pair.status != "failed"}


def _with_the_whole(whole: PairRegistration) -> PairRegistration:
    """Give a particle the transform of the whole, where its own shape is not to be told."""
    nan = float("nan")
    return replace(whole, mse_before=nan, mse_after=nan, dice_before=nan, dice_after=nan, iterations=0)


def _never_begun(whole: PairRegistration) -> PairRegistration:
    return failure(whole.reason or whole.stop_reason, UNKNOWN, 3)
