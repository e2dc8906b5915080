"""Two masks from the coarsest level to the finest."""

import threading
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ...errors import Aborted
from ..overlap import Mask, Matrix
from ..parameters import RegisterParameters
from ..solution import Solution
from .descent import Descent, descend
from .motions import motions, nearest
from .pyramid import Level, halvings, levels_of
from .start import find_start
from .surface import NOISY, Samples, samples_at, surface_voxels
from .uncertainty import expected_error

SMOOTHING = 0.8
"""Standard deviation of the smoothing, in voxels of every level, beside the voxel's own width."""

COARSE_SAMPLES = 4_000
COARSE_ITERATIONS = 12
ROUGHLY = 0.02
"""Of a voxel of the level: where a coarse level stops."""

LEAST_CONTRAST = 0.25
LARGEST_SCALE = 4.0
NEAR = 0.25
"""So near to a shift by whole voxels, that shift is looked at."""

Report = Callable[[int, int, str], None]


def solve_masks(
    fixed: Mask,
    moving: Mask,
    start: Matrix | None,
    parameters: RegisterParameters,
    spacing: npt.NDArray[np.float64],
    abort: threading.Event | None = None,
    report: Report | None = None,
) -> Solution:
    """Register a mask to another.

    Parameters
    ----------
    fixed, moving : (z, y, x) or (y, x) masks with a surface; shapes may differ
    start : (n + 1, n + 1) or None
        A neighbour's matrix; None looks everywhere.
    parameters : RegisterParameters
    spacing : (n,)
        Voxel size, which says what a rotation is.
    abort : Event or None
    report : callable or None
        Called after every level with how many are done, how many there are, and words.
    """
    n = fixed.ndim
    reached = _solid(start) if start is not None else np.eye(4)
    try:
        solution = _solve(
            fixed.reshape((1,) * (3 - n) + fixed.shape),
            moving.reshape((1,) * (3 - n) + moving.shape),
            None if start is None else reached,
            parameters,
            np.r_[(1.0,) * (3 - n), spacing],
            abort,
            report,
        )
    except Aborted:
        solution = Solution(reached, 0, "Stopped on request.", "aborted")
    matrix = solution.matrix[3 - n :, 3 - n :]
    return Solution(
        matrix,
        solution.iterations,
        solution.stop_reason,
        solution.status,
        solution.reason,
        solution.flag,
        solution.uncertainty,
    )


def _solve(
    fixed: Mask,
    moving: Mask,
    start: Matrix | None,
    parameters: RegisterParameters,
    spacing: npt.NDArray[np.float64],
    abort: threading.Event | None,
    report: Report | None,
) -> Solution:
    smoothing = SMOOTHING if parameters.smoothing is None else parameters.smoothing
    factors = halvings(fixed.shape, moving.shape)
    still, other = (levels_of(mask.view(np.uint8), factors, abort) for mask in (fixed, moving))
    voxels = _surface(fixed, still, parameters.samples, abort)
    basis = motions(parameters.transform, spacing, np.array(fixed.shape) == 1)
    coarse = samples_at(still[-1], voxels, COARSE_SAMPLES, max(smoothing, 1.0))
    if len(coarse.points) < basis.shape[1]:
        return _failed("The fixed mask has too little surface to register anything to.")
    starts = [np.eye(4)] if start is None else [start, np.eye(4)]
    matrix, _ = find_start(still[-1], other[-1], coarse, starts, parameters.transform, spacing, abort=abort)
    iterations = 0
    ended: Descent | None = None
    for depth in reversed(range(len(still))):
        few = samples_at(still[depth], voxels, COARSE_SAMPLES * (1 if depth else 8), smoothing, seed=depth + 1)
        matrix = nearest(matrix, parameters.transform, spacing, np.array(fixed.shape) == 1, few.center)
        most = min(COARSE_ITERATIONS, parameters.max_iterations)
        ended = _descend(few, other[depth], matrix, basis, ROUGHLY, most, abort)
        iterations += ended.iterations
        matrix = ended.matrix
        if report is not None:
            report(len(still) - depth, len(still) + 1, f"{other[depth].scale.max():g} voxels a step")
    all_of_it = samples_at(still[0], voxels, parameters.samples, smoothing)
    ended = _descend(all_of_it, other[0], matrix, basis, parameters.min_step, parameters.max_iterations, abort)
    return _judged(ended, all_of_it, fixed, other[0], basis, iterations)


def _descend(
    samples: Samples,
    moving: Level,
    matrix: Matrix,
    basis: npt.NDArray[np.float64],
    tolerance: float,
    most: int,
    abort: threading.Event | None,
) -> Descent:
    return descend(
        samples,
        moving,
        matrix,
        basis,
        tolerance=tolerance * float(moving.scale.max()),
        most=most,
        abort=abort,
    )


def _surface(fixed: Mask, levels: list[Level], most: int, abort: threading.Event | None) -> npt.NDArray[np.float64]:
    """Pick surface voxels; in a noisy mask, where every voxel is at a surface, those of blocks of voxels."""
    voxels, lonely = surface_voxels(fixed, most, abort)
    if lonely <= NOISY or len(levels) == 1:
        return voxels
    coarse = levels[1]
    blocks, _ = surface_voxels(np.ascontiguousarray(coarse.volume > 0.5), most, abort)
    return blocks * coarse.scale + coarse.offset


def _judged(
    ended: Descent,
    samples: Samples,
    fixed: Mask,
    moving: Level,
    basis: npt.NDArray[np.float64],
    iterations: int,
) -> Solution:
    """Say what happened."""
    mask = moving.volume.view(bool)
    iterations += ended.iterations
    scales = np.linalg.svd(ended.matrix[:3, :3], compute_uv=False)
    if not (scales.max() < LARGEST_SCALE and scales.min() > 1 / LARGEST_SCALE):
        return _failed("The solver left every sensible size: the two masks have no shape in common.", iterations)
    spread = float(np.sqrt(max(ended.residual, 0.0)))
    step = ended.gain * float(np.std(samples.values))
    if ended.gain <= 0 or step < LEAST_CONTRAST * spread:
        return _failed(
            "The two masks have nothing in common: none of the fixed surface is in the moving mask.", iterations
        )
    if (exact := _whole_shift(ended.matrix, samples, fixed, mask)) is not None:
        return Solution(exact, iterations, "The masks agree voxel by voxel.", "converged", uncertainty=0.0)
    settled = "steps are shorter than the tolerance" if ended.settled else "iterations are used up"
    reason = f"The {settled} after {iterations} iterations." if ended.settled else f"All {settled}."
    return Solution(
        matrix=ended.matrix,
        iterations=iterations,
        stop_reason=reason,
        status="converged" if ended.settled else "limit",
        uncertainty=expected_error(samples, moving, ended, basis),
    )


def _whole_shift(matrix: Matrix, samples: Samples, fixed: Mask, moving: Mask) -> Matrix | None:
    """Give the shift by whole voxels that a matrix comes close to, where the masks agree with it in every voxel of both fields."""
    shift = np.rint(matrix[:3, :3] @ samples.center + matrix[:3, 3] - samples.center).astype(int)
    exact = np.eye(4)
    exact[:3, 3] = shift
    corners = samples.center + samples.radius * np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
    if np.abs(corners @ (matrix - exact)[:3, :3].T + (matrix - exact)[:3, 3]).max() > NEAR:
        return None
    here = tuple(slice(max(0, -s), min(n, m - s)) for s, n, m in zip(shift, fixed.shape, moving.shape, strict=True))
    there = tuple(slice(part.start + s, part.stop + s) for part, s in zip(here, shift, strict=True))
    return exact if np.array_equal(fixed[here], moving[there]) else None


def _failed(reason: str, iterations: int = 0) -> Solution:
    return Solution(np.full((4, 4), np.nan), iterations, "", "failed", reason)


def _solid(matrix: Matrix) -> Matrix:
    """Carry a matrix of 2-D indices to 3-D ones."""
    n = len(matrix) - 1
    out = np.eye(4)
    out[3 - n :, 3 - n :] = matrix
    return out
