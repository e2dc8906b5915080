"""Two masks from the coarsest level to the finest."""

import threading
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from ...errors import Aborted
from ..overlap import Mask, Matrix
from ..parameters import RegisterParameters
from ..solution import Report, Solution
from .descent import LEAST_KNOWN, Descent, descend
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
"""Of what two masks have in common over what they have not, at the finest level."""
CLEAR = 1.0
"""The same at a coarse level, where masks are alike at large though their surfaces differ by more than some voxels."""
AT_LARGE = "The surfaces of the two masks differ by more than some voxels: they were matched at large only."
"""The flag of masks in which nothing smaller, such as a particle by itself, can be looked for."""

LARGEST_SCALE = 4.0
NEAR = 0.25
"""So near to a shift by whole voxels, that shift is looked at."""


@dataclass(frozen=True, slots=True, eq=False)
class FixedMask:
    """A fixed mask (z, y, x), ready for any number of moving ones.

    Attributes
    ----------
    levels : list of Level
        From full resolution to the coarsest.
    factors : list of (3,) ints
        Between them.
    voxels : (N, 3) float64
        At its surface, in scattered order.
    smoothing : float
        Voxels of every level.
    """

    levels: list[Level]
    factors: list[npt.NDArray[np.int64]]
    voxels: npt.NDArray[np.float64]
    smoothing: float
    _samples: dict[tuple[int, int], Samples] = field(default_factory=dict)

    @classmethod
    def of(
        cls, fixed: Mask, moving: tuple[int, ...], parameters: RegisterParameters, abort: threading.Event | None = None
    ) -> "FixedMask":
        """Make a mask ready for moving ones of a shape."""
        factors = halvings(fixed.shape, moving)
        levels = levels_of(np.ascontiguousarray(fixed).view(np.uint8), factors, abort)
        voxels, lonely = surface_voxels(levels[0].volume.view(bool), parameters.samples, abort)
        if lonely > NOISY and len(levels) > 1:
            # in a noisy mask every voxel is at a surface; blocks of voxels are not
            blocks, _ = surface_voxels(np.ascontiguousarray(levels[1].volume > 0.5), parameters.samples, abort)
            voxels = blocks * levels[1].scale + levels[1].offset
        smoothing = SMOOTHING if parameters.smoothing is None else parameters.smoothing
        return cls(levels, factors, voxels, smoothing)

    def samples(self, depth: int, most: int) -> Samples:
        """Give about `most` samples at a level; they are kept."""
        if (depth, most) not in self._samples:
            first_look = depth == len(self.levels) - 1 and most <= COARSE_SAMPLES
            smoothing = max(self.smoothing, 1.0) if first_look else self.smoothing
            self._samples[depth, most] = samples_at(self.levels[depth], self.voxels, most, smoothing, seed=depth)
        return self._samples[depth, most]


def solve_masks(
    fixed: Mask | FixedMask,
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
        The fixed one as it is, or made ready.
    start : (n + 1, n + 1) or None
        A neighbour's matrix; None looks everywhere.
    parameters : RegisterParameters
    spacing : (n,)
        Voxel size, which says what a rotation is.
    abort : Event or None
    report : callable or None
        Called after every level with how many are done, how many there are, and words.
    """
    lacking = 3 - moving.ndim
    other = np.ascontiguousarray(moving).reshape((1,) * lacking + moving.shape)
    metric = np.r_[(1.0,) * lacking, spacing]
    reached = _solid(start) if start is not None else np.eye(4)
    try:
        if isinstance(fixed, FixedMask):
            still = fixed
        else:
            still = FixedMask.of(fixed.reshape((1,) * lacking + fixed.shape), other.shape, parameters, abort)
        solution = _solve(still, other, None if start is None else reached, parameters, metric, abort, report)
    except Aborted:
        solution = Solution(reached, 0, "Stopped on request.", "aborted")
    return replace(solution, matrix=solution.matrix[lacking:, lacking:])


def _solve(
    fixed: FixedMask,
    moving: Mask,
    start: Matrix | None,
    parameters: RegisterParameters,
    spacing: npt.NDArray[np.float64],
    abort: threading.Event | None,
    report: Report | None,
) -> Solution:
    still, other = fixed.levels, levels_of(moving.view(np.uint8), fixed.factors, abort)
    flat = np.array(still[0].volume.shape) == 1
    basis = motions(parameters.matrix_transform, spacing, flat)
    coarse = fixed.samples(len(still) - 1, COARSE_SAMPLES)
    if len(coarse.points) < basis.shape[1]:
        return _failed("The fixed mask has too little surface to register anything to.")
    starts = [np.eye(4)] if start is None else [start, np.eye(4)]
    all_of_it = fixed.samples(0, parameters.samples)
    matrix, iterations, clearest = starts[0], 0, 0.0
    try:
        matrix, _ = find_start(still[-1], other[-1], coarse, starts, parameters.matrix_transform, spacing, abort=abort)
        for depth in reversed(range(len(still))):
            few = fixed.samples(depth, COARSE_SAMPLES) if depth else all_of_it.subset(slice(8 * COARSE_SAMPLES))
            matrix = nearest(matrix, parameters.matrix_transform, spacing, flat, few.center)
            most = min(COARSE_ITERATIONS, parameters.max_iterations)
            ended = _descend(few, other[depth], matrix, basis, ROUGHLY, most, abort)
            iterations += ended.iterations
            matrix = ended.matrix
            clearest = max(clearest, _in_common(ended, few))
            if report is not None:
                report(len(still) - depth, len(still) + 1, f"{other[depth].scale.max():g} voxels a step")
        ended = _descend(all_of_it, other[0], matrix, basis, parameters.min_step, parameters.max_iterations, abort)
    except Aborted:
        return Solution(matrix, iterations, "Stopped on request.", "aborted")
    if report is not None:
        report(len(still) + 1, len(still) + 1, "every sample")
    return _judged(ended, all_of_it, still[0].volume.view(bool), other[0], basis, iterations, clearest)


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


def _judged(
    ended: Descent,
    samples: Samples,
    fixed: Mask,
    moving: Level,
    basis: npt.NDArray[np.float64],
    iterations: int,
    clearest: float,
) -> Solution:
    """Say what happened; `clearest` is how much the masks had in common at the level where it was most."""
    mask = moving.volume.view(bool)
    iterations += ended.iterations
    scales = np.linalg.svd(ended.matrix[:3, :3], compute_uv=False)
    if not (scales.max() < LARGEST_SCALE and scales.min() > 1 / LARGEST_SCALE):
        return _failed("The solver left every sensible size: the two masks have no shape in common.", iterations)
    common = _in_common(ended, samples)
    if ended.gain <= 0 or (common < LEAST_CONTRAST and clearest < CLEAR):
        return _failed(
            "The two masks have nothing in common: none of the fixed surface is in the moving mask.", iterations
        )
    if ended.share < LEAST_KNOWN:
        return _failed(
            "Less than a quarter of the fixed surface lies in the moving volume: it left the field.", iterations
        )
    uncertainty = expected_error(samples, moving, ended, basis)
    if (exact := _whole_shift(ended.matrix, samples, fixed, mask)) is not None:
        certain = 0.0 if np.isfinite(uncertainty) else uncertainty
        return Solution(exact, iterations, "The masks agree voxel by voxel.", "converged", uncertainty=certain)
    settled = "steps are shorter than the tolerance" if ended.settled else "iterations are used up"
    reason = f"The {settled} after {iterations} iterations." if ended.settled else f"All {settled}."
    return Solution(
        matrix=ended.matrix,
        iterations=iterations,
        stop_reason=reason,
        status="converged" if ended.settled else "limit",
        flag="" if common >= LEAST_CONTRAST else AT_LARGE,
        uncertainty=uncertainty,
    )


def _in_common(ended: Descent, samples: Samples) -> float:
    """Give how much of the moving mask about the fixed surface is explained, over what is not."""
    explained, rest = ended.gain * float(np.std(samples.values)), float(np.sqrt(max(ended.residual, 0.0)))
    return explained / rest if rest > 0 else np.inf


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
    return exact if fixed[here].any() and np.array_equal(fixed[here], moving[there]) else None


def _failed(reason: str, iterations: int = 0) -> Solution:
    return Solution(np.full((4, 4), np.nan), iterations, "", "failed", reason)


def _solid(matrix: Matrix) -> Matrix:
    """Carry a matrix of 2-D indices to 3-D ones."""
    n = len(matrix) - 1
    out = np.eye(4)
    out[3 - n :, 3 - n :] = matrix
    return out
