"""Registration of one mask to another, with a record of what happened."""

import threading
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import RegistrationError
from ..parameters import checked
from .itk import Solution, solve
from .overlap import Mask, Matrix, Overlap, as_mask, mask_overlap
from .parameters import RegisterParameters, Status
from .preparation import PreparedPair, prepare, vote_noise_away

_D = RegisterParameters()
LEAST_DICE = 0.1
LARGEST_SCALE = 4.0
TOLERANCE = 1.01


@dataclass(frozen=True, slots=True, eq=False)
class PairRegistration:
    """A transform and how it was found.

    Attributes
    ----------
    matrix : (n + 1, n + 1) float64
        From a voxel (z, y, x, 1) of the fixed mask to the same point in the moving one; all NaN when it failed.
    mse_before, mse_after, dice_before, dice_after : float
        Of the masks as they were given, where they lie and with the matrix; NaN after a failure.
    iterations : int
        Of all levels together.
    stop_reason : str
        The solver's own words.
    status : 'converged', 'limit' (of iterations), 'aborted' or 'failed'
    reason : str
        Why it failed.
    flag : str
        What is doubtful about a result that is there.
    """

    matrix: Matrix
    mse_before: float
    mse_after: float
    dice_before: float
    dice_after: float
    iterations: int
    stop_reason: str
    status: Status
    reason: str = ""
    flag: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Give plain values for JSON, None for NaN."""
        plain = asdict(self) | {"matrix": [[_or_none(value) for value in row] for row in self.matrix]}
        return {name: _or_none(value) if isinstance(value, float) else value for name, value in plain.items()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "PairRegistration":
        """Build it from what `to_dict` gave."""
        numbers = ("mse_before", "mse_after", "dice_before", "dice_after")
        matrix = np.array(values["matrix"], dtype=np.float64)
        return cls(**values | {name: float(_or_nan(values[name])) for name in numbers} | {"matrix": matrix})


def register_pair(
    fixed: Any,
    moving: Any,
    transform: str = _D.transform,
    engine: str = _D.engine,
    spacing: Any = None,
    *,
    abort: threading.Event | None = None,
    **parameters: Any,
) -> PairRegistration:
    """Register a mask to another.

    Parameters
    ----------
    fixed, moving : (z, y, x) or (y, x) masks
        Bool or whole numbers (non-zero is sample), or floats from 0 to 1; shapes may differ.
    transform : 'translation', 'rigid', 'similarity' or 'affine'
    engine : 'auto' or 'simpleitk'
    spacing : float or (n,), along (z, y, x)
        Voxel size of both, in any unit; it only says what 'rigid' and 'similarity' mean.
    abort : Event or None
        Stops within one iteration: the status is 'aborted' then, and the matrix is what was reached.
    **parameters
        The others of `RegisterParameters`.

    Returns
    -------
    PairRegistration
        With status 'failed' and a reason where masks cannot be registered (empty, full, nothing in common).

    Raises
    ------
    ParameterError
        If a parameter has a value it cannot have.
    RegistrationError
        If the arrays are not two masks of 2 or of 3 axes.
    """
    chosen = checked(RegisterParameters, {"transform": transform, "engine": engine, **parameters}, where="register")
    return register_masks(as_mask(fixed, "fixed"), as_mask(moving, "moving"), chosen, spacing=spacing, abort=abort)


def register_masks(
    fixed: Mask,
    moving: Mask,
    parameters: RegisterParameters,
    *,
    start: Matrix | None = None,
    spacing: Any = None,
    abort: threading.Event | None = None,
) -> PairRegistration:
    """Register a mask to another, from a neighbour's matrix where there is one.

    The solver starts from `start`, from where the masks lie, or from one centre of mass laid on the other, whichever agrees best.
    Where it ends worse than it started, the other starts are tried; where that does not help either, the best start is kept.
    """
    n = fixed.ndim
    if n not in (2, 3) or moving.ndim != n:
        raise RegistrationError(f"Two masks of 2 or 3 axes each are registered; these have {n} and {moving.ndim}.")
    size = _spacing(spacing, n)
    before = mask_overlap(fixed, moving)
    still, other = vote_noise_away(fixed, moving)
    for mask, name in ((still, "fixed"), (other, "moving")):
        if mask.all() or not mask.any():
            what = "has no surface: it fills the whole volume" if mask.all() else "is empty"
            return failure(f"The {name} mask {what}; look at the threshold of that energy.", before, n)
    pair = prepare(still, other)
    starts = _starts(pair.fixed, pair.moving, None if start is None else pair.to_crop(start))
    least, first = starts[0]
    if least == 0:
        solution: Solution | None = Solution(first, 0, "The masks agree exactly.", "converged")
        problem = flag = ""
    else:
        solution, problem, flag = _best_solution(pair, starts, parameters, size, abort)
    if solution is None:
        return failure(problem, before, n)
    dice = mask_overlap(pair.fixed, pair.moving, solution.matrix).dice
    if dice < LEAST_DICE and solution.status != "aborted":
        return failure(f"The two masks have nothing in common (Dice {dice:.2f} at best).", before, n)
    return _record(fixed, moving, pair.from_crop(solution.matrix), before, solution, flag)


def _best_solution(
    pair: PreparedPair,
    starts: list[tuple[float, Matrix]],
    parameters: RegisterParameters,
    spacing: npt.NDArray[np.float64],
    abort: threading.Event | None,
) -> tuple[Solution | None, str, str]:
    """Solve from one start after the other until the masks agree as well as at the best start; with what failed and a doubt."""
    least, first = starts[0]
    best: Solution | None = None
    score, problem = np.inf, ""
    for _, start in starts:
        try:
            found = solve(pair, start, parameters, spacing, abort)
        except RuntimeError as error:
            problem = problem or _in_words(error)
            continue
        if found.status == "aborted":
            return found, "", ""
        if not _is_sane(found.matrix):
            problem = problem or "The solver left every sensible size: the two masks have no shape in common."
            continue
        mse = mask_overlap(pair.fixed, pair.moving, found.matrix).mse
        if mse < score:
            best, score = found, mse
        if mse <= least * TOLERANCE:
            break
    if best is not None and score > least * TOLERANCE:
        return replace(best, matrix=first), "", "The solver made the agreement worse: where it started was kept."
    return best, problem, ""


def failure(reason: str, before: Overlap, ndim: int) -> PairRegistration:
    """Give the record of a registration that failed."""
    nan = np.nan
    return PairRegistration(
        np.full((ndim + 1, ndim + 1), nan), before.mse, nan, before.dice, nan, 0, reason, "failed", reason
    )


def _record(
    fixed: Mask, moving: Mask, matrix: Matrix, before: Overlap, solution: Solution, flag: str
) -> PairRegistration:
    after = mask_overlap(fixed, moving, matrix)
    return PairRegistration(
        matrix=matrix,
        mse_before=before.mse,
        mse_after=after.mse,
        dice_before=before.dice,
        dice_after=after.dice,
        iterations=solution.iterations,
        stop_reason=solution.stop_reason,
        status=solution.status,
        flag=flag,
    )


def _starts(fixed: Mask, moving: Mask, near: Matrix | None) -> list[tuple[float, Matrix]]:
    """Matrices to start from with their MSE, the best first."""
    from scipy.ndimage import center_of_mass

    shifted = np.eye(fixed.ndim + 1)
    shifted[:-1, -1] = np.subtract(center_of_mass(moving), center_of_mass(fixed))
    candidates = [np.eye(fixed.ndim + 1), shifted] if near is None else [near, np.eye(fixed.ndim + 1), shifted]
    scored = [(mask_overlap(fixed, moving, matrix).mse, matrix) for matrix in candidates]
    return sorted(scored, key=lambda item: item[0])


def _is_sane(matrix: Matrix) -> bool:
    """Whether a matrix is finite and neither collapses nor explodes the volume."""
    if not np.all(np.isfinite(matrix)):
        return False
    scales = np.linalg.svd(matrix[:-1, :-1], compute_uv=False)
    return bool(scales.max() < LARGEST_SCALE and scales.min() > 1 / LARGEST_SCALE)


def _in_words(error: RuntimeError) -> str:
    """Translate ITK's error."""
    text = str(error)
    if "outside" in text or "valid points" in text or "No valid" in text:
        return "The masks drifted apart until nothing of them overlapped: look at the masks of that energy."
    if "NaN" in text or "nan" in text:
        return "The solver met a value that is not a number: look at the masks of that energy."
    return f"The solver (ITK) gave up: {text.strip().splitlines()[-1].strip()}"


def _spacing(spacing: Any, n: int) -> npt.NDArray[np.float64]:
    if spacing is None:
        return np.ones(n)
    size = np.asarray(spacing, np.float64)
    if size.shape not in ((), (n,)) or not np.all(np.isfinite(size) & (size > 0)):
        raise RegistrationError(f"The spacing is one positive number, or {n} of them along the axes; found {spacing}.")
    return np.broadcast_to(size, (n,)).copy()


def _or_none(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _or_nan(value: float | None) -> float:
    return np.nan if value is None else value
