"""A smooth displacement on top of the placement, from the coarsest level to the finest."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ...errors import Aborted, RegistrationError
from ...progress import raise_if_aborted
from ..overlap import Matrix
from ..parameters import Status
from ..resampling.deformation import Deformation, control_points
from ..solution import Report
from .bending import Bend, grid_of, learn, pulls_at, refine
from .bent_points import BentPoints, Placing, bent_points, surface_points
from .pyramid import Level, halvings, levels_of
from .smoothness import Smoothness
from .surface import samples_at

Floats = npt.NDArray[np.float64]

COARSE_SAMPLES = 15_000
COARSER = 2
"""Levels beside the finest: what is left to find is a few voxels."""

LENGTH = 32.0
"""Voxels over which displacements stay alike."""

EXPECTED = 2.0
"""Voxels by which particles bend, before anything is learnt from them."""

TOLERANCE = 0.01
COARSE_ITERATIONS, FINE_ITERATIONS = 8, 12
LEAST_POINTS = 100
EXACT = 1e-9
"""Residual of volumes that already agree."""


@dataclass(frozen=True, slots=True, eq=False)
class BentSolution:
    """A displacement and how it was found.

    Attributes
    ----------
    coefficients : (3, cz, cy, cx) float32, voxels of the moving volume
        As in `Deformation`; zeros where nothing is displaced.
    iterations : int
    residual_before, residual_after : float
        Root mean square difference of the smoothed volumes at the surface, in units of the moving one; NaN when unknown.
    folded : float
        Share of fixed voxels where the transform folds.
    uncertainty : float
        Expected error of the displacement at the surface, in voxels (root mean square); NaN when unknown.
    status : 'converged', 'limit' (of iterations), 'aborted' or 'failed'
    flag : str
        What is doubtful about it.
    """

    coefficients: npt.NDArray[np.float32]
    iterations: int
    residual_before: float
    residual_after: float
    folded: float
    uncertainty: float
    status: Status
    flag: str = ""


def solve_deformation(
    fixed: npt.NDArray[Any],
    moving: npt.NDArray[Any],
    matrix: Matrix,
    *,
    particles: Mapping[int, Matrix] | None = None,
    labels: npt.NDArray[np.integer] | None = None,
    spacing: int = 16,
    stiffness: float = 1.0,
    smoothing: float = 0.8,
    samples: int = 60_000,
    abort: threading.Event | None = None,
    report: Report | None = None,
) -> BentSolution:
    """Find the smooth displacement u by which the moving volume lies off its placement: ``T(p) = placement(p) + u(p)``.

    Parameters
    ----------
    fixed, moving : (z, y, x)
        Masks, or grey values with NaN where unknown; shapes may differ. A volume of one slice is not displaced across it.
    matrix : (4, 4)
        From a fixed voxel to the moving one; with particles, of what is none of them.
    particles : mapping of particle number to (4, 4), or None
    labels : (z, y, x) int, or None
        Particles of the fixed volume, wanted with `particles`.
    spacing : int
        Voxels between control points: how fine a displacement may be.
    stiffness : float
        Above 1, deformations are taken to be that much weaker than the volumes say they are.
    smoothing : float
        Standard deviation of the Gaussian, in voxels of every level.
    samples : int
        Points about the surface at most.
    abort : Event or None
        Ends with nothing displaced.
    report : callable or None
        Called after every level with how many are done, how many there are, and words.

    Raises
    ------
    RegistrationError
        If spacing or stiffness are not positive.
    """
    if spacing < 1 or not stiffness > 0:
        raise RegistrationError(
            f"Control points are one voxel or more apart and the stiffness is positive; found {spacing} and {stiffness}."
        )
    try:
        placing = Placing.of(np.asarray(matrix, np.float64), particles, labels)
        still, other, voxels = _prepared(fixed, moving, labels, samples, abort)
        if len(voxels) == 0 or not np.isfinite(placing.matrices).all(axis=(1, 2)).any():
            return _nothing(fixed.shape, spacing, "failed", "There is no surface whose place is known.")
        return _solve(still, other, voxels, placing, spacing, stiffness, smoothing, samples, abort, report)
    except Aborted:
        return _nothing(fixed.shape, spacing, "aborted", "Stopped on request.")


def _prepared(
    fixed: npt.NDArray[Any],
    moving: npt.NDArray[Any],
    labels: npt.NDArray[np.integer] | None,
    most: int,
    abort: threading.Event | None,
) -> tuple[list[Level], list[Level], Floats]:
    """Make levels of both volumes, and pick voxels at the fixed surface."""
    factors = halvings(fixed.shape, moving.shape)[:COARSER]
    voxels, _ = surface_points(_mask(fixed, labels), most, abort)
    still, other = (levels_of(_countable(volume), factors, abort) for volume in (fixed, moving))
    return still, other, voxels


def _mask(volume: npt.NDArray[Any], labels: npt.NDArray[np.integer] | None) -> npt.NDArray[np.bool_]:
    """Say what is sample: the volume itself where it is a mask, the labels, or else what is brighter than Otsu's threshold."""
    if volume.dtype == bool:
        return np.ascontiguousarray(volume)
    if labels is not None:
        return np.asarray(labels > 0)
    from skimage.filters import threshold_otsu

    known = volume[np.isfinite(volume)]
    return np.asarray(volume > threshold_otsu(known)) if known.size and np.ptp(known) else np.zeros(volume.shape, bool)


def _countable(volume: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.ascontiguousarray(volume).view(np.uint8) if volume.dtype == bool else np.ascontiguousarray(volume)


def _solve(
    still: list[Level],
    other: list[Level],
    voxels: Floats,
    placing: Placing,
    spacing: int,
    stiffness: float,
    smoothing: float,
    most: int,
    abort: threading.Event | None,
    report: Report | None,
) -> BentSolution:
    shape = still[0].volume.shape
    smooth = Smoothness(control_points(shape, spacing), LENGTH / spacing)
    bend = Bend(np.zeros((int(np.prod(smooth.counts)), 3)), EXPECTED / stiffness)
    iterations = 0
    points: BentPoints | None = None
    for depth in reversed(range(len(still))):
        raise_if_aborted(abort)
        scale = float(still[depth].scale.max())
        taken = samples_at(still[depth], voxels, COARSE_SAMPLES if depth else most, smoothing, seed=depth + 1)
        if len(taken.points) < LEAST_POINTS:
            continue
        points = bent_points(taken, placing, shape, spacing, scale)
        limit = COARSE_ITERATIONS if depth else FINE_ITERATIONS
        bend = refine(points, other[depth], smooth, bend, tolerance=TOLERANCE * scale, most=limit, abort=abort)
        iterations += bend.iterations
        if report is not None:
            report(len(still) - depth, len(still) + 1, f"{scale:g} voxels a step")
    if points is None:
        return _nothing(shape, spacing, "failed", "The fixed volume has too little surface to bend anything to.")
    bend = learn(points, other[0], smooth, bend, stiffness, tolerance=TOLERANCE, abort=abort)
    before = pulls_at(points, other[0], np.zeros_like(bend.field)).rms
    return _judged(replace(bend, iterations=iterations + bend.iterations), before, shape, spacing, smooth, placing)


def _judged(
    bend: Bend, before: float, shape: tuple[int, int, int], spacing: int, smooth: Smoothness, placing: Placing
) -> BentSolution:
    """Say what happened."""
    if not bend.rms < before:
        flag = "" if before < EXACT else "No smooth displacement brings the surfaces closer: nothing is displaced."
        return replace(_nothing(shape, spacing, "converged", flag), residual_before=before, residual_after=before)
    coefficients = grid_of(bend.field, smooth.counts).astype(np.float32)
    record = Deformation(coefficients[None], spacing, shape)
    folded = max(record.folded(0, linear) for linear in placing.linears())
    flag = f"It folds in {folded:.2%} of the voxels: take a larger stiffness or spacing." if folded > 0 else ""
    return BentSolution(
        coefficients,
        bend.iterations,
        before,
        bend.rms,
        folded,
        bend.uncertainty,
        "converged" if bend.settled else "limit",
        flag,
    )


def _nothing(shape: tuple[int, ...], spacing: int, status: Status, flag: str) -> BentSolution:
    zeros = np.zeros((3, *control_points(shape, spacing)), np.float32)
    return BentSolution(zeros, 0, np.nan, np.nan, 0.0, np.nan, status, flag)
