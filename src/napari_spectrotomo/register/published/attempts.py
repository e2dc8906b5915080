"""Where the solver starts, and whether to believe where it ends."""

import threading
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ..overlap import Mask, Matrix, mask_overlap
from ..parameters import RegisterParameters
from ..solution import Solution
from .itk import smoothing_of, solve
from .preparation import PreparedPair, prepare, vote_noise_away

LARGEST_SCALE = 4.0
TOLERANCE = 1.01
AGREED = 1e-9


LEAST_DICE = 0.1


def solve_published(
    fixed: Mask,
    moving: Mask,
    start: Matrix | None,
    parameters: RegisterParameters,
    spacing: npt.NDArray[np.float64],
    abort: threading.Event | None = None,
) -> Solution:
    """Register a mask to another, from a neighbour's matrix where there is one.

    The solver starts from `start`, from where the masks lie, or from one centre of mass laid on the other, whichever agrees best.
    Where it ends worse than it started, the other starts are tried; where that does not help either, the best start is kept.

    Parameters
    ----------
    fixed, moving : masks with a surface
    start : (n + 1, n + 1) or None
    parameters : RegisterParameters
    spacing : (n,)
    abort : Event or None
    """
    still, other = vote_noise_away(fixed, moving)
    for mask, name in ((still, "fixed"), (other, "moving")):
        if mask.all() or not mask.any():
            what = "has no surface: it fills the whole volume" if mask.all() else "is empty"
            return _failed(
                f"Without its noise the {name} mask {what}; look at the threshold of that energy.", fixed.ndim
            )
    pair = prepare(still, other)
    near = None if start is None else pair.to_crop(start)
    solution, words = best_solution(pair, near, parameters, spacing, abort)
    if solution is None:
        return _failed(words, fixed.ndim)
    dice = mask_overlap(pair.fixed, pair.moving, solution.matrix).dice
    if dice < LEAST_DICE and solution.status != "aborted":
        return _failed(f"The two masks have nothing in common (Dice {dice:.2f} at best).", fixed.ndim)
    return replace(solution, matrix=pair.from_crop(solution.matrix), flag=words)


def _failed(reason: str, ndim: int) -> Solution:
    return Solution(np.full((ndim + 1, ndim + 1), np.nan), 0, "", "failed", reason)


def best_solution(
    pair: PreparedPair,
    near: Matrix | None,
    parameters: RegisterParameters,
    spacing: npt.NDArray[np.float64],
    abort: threading.Event | None,
) -> tuple[Solution | None, str]:
    """Solve from one start after the other until the masks agree no less than at the best start.

    Parameters
    ----------
    pair : PreparedPair
    near : (n + 1, n + 1) or None
        A neighbour's matrix, between the cropped masks.
    parameters : RegisterParameters
    spacing : (n,)
    abort : Event or None

    Returns
    -------
    solution : Solution or None
        The best there is; None when the solver failed from every start.
    words : str
        Why it failed, or what is doubtful about the solution; mostly empty.
    """
    grey = _smoothed(pair, smoothing_of(parameters))
    starts = sorted(((_mean_square(grey, matrix), matrix) for matrix in _starts(pair, near)), key=lambda item: item[0])
    least, first = starts[0]
    if least < AGREED:
        return Solution(first, 0, "The masks agree exactly.", "converged"), ""
    best: Solution | None = None
    score, problem = np.inf, ""
    for _, start in starts:
        try:
            found = solve(pair, start, parameters, spacing, abort)
        except RuntimeError as error:
            problem = problem or _in_words(error)
            continue
        if found.status == "aborted":
            return found, ""
        if not _is_sane(found.matrix):
            problem = problem or "The solver left every sensible size: the two masks have no shape in common."
            continue
        mse = _mean_square(grey, found.matrix)
        if mse < score:
            best, score = found, mse
        if mse <= least * TOLERANCE:
            return found, ""
    if best is None:
        return None, problem
    return replace(best, matrix=first), "The solver made the agreement worse: where it started was kept."


def _starts(pair: PreparedPair, near: Matrix | None) -> list[Matrix]:
    """Give the neighbour's matrix, where the masks lie, and one centre of mass laid on the other."""
    from scipy.ndimage import center_of_mass

    shifted = np.eye(pair.fixed.ndim + 1)
    shifted[:-1, -1] = np.subtract(center_of_mass(pair.moving), center_of_mass(pair.fixed))
    return [*([] if near is None else [near]), np.eye(pair.fixed.ndim + 1), shifted]


def _smoothed(pair: PreparedPair, sigma: float) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Blur both masks: between 0/1 masks interpolation alone lowers the MSE, most of all at half a voxel."""
    from scipy.ndimage import gaussian_filter

    fixed, moving = (gaussian_filter(mask.astype(np.float32), sigma) for mask in (pair.fixed, pair.moving))
    return fixed, moving


def _mean_square(grey: tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]], matrix: Matrix) -> float:
    from scipy.ndimage import affine_transform

    fixed, moving = grey
    # a particle that leaves the field goes on beyond it: cut off there, every right transform would look worse than none
    moved = affine_transform(moving, matrix, output_shape=fixed.shape, order=1, mode="nearest")
    return float(np.mean((moved - fixed) ** 2, dtype=np.float64))


def _is_sane(matrix: Matrix) -> bool:
    """Whether a matrix is finite and neither collapses nor explodes the volume."""
    if not np.all(np.isfinite(matrix)):
        return False
    scales = np.linalg.svd(matrix[:-1, :-1], compute_uv=False)
    return bool(scales.max() < LARGEST_SCALE and scales.min() > 1 / LARGEST_SCALE)


def _in_words(error: RuntimeError) -> str:
    """Translate ITK's error."""
    text = str(error)
    if "outside" in text or "valid points" in text:
        return "The masks drifted apart until nothing of them overlapped: look at the masks of that energy."
    if "NaN" in text or "nan" in text:
        return "The solver met a value that is not a number: look at the masks of that energy."
    return f"The solver (ITK) gave up: {text.strip().splitlines()[-1].strip()}"
