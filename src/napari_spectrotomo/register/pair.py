"""Registration of one mask to another, with a record of what happened."""

import threading
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..arrays import as_numbers
from ..errors import Aborted, RegistrationError
from ..parameters import checked
from ..progress import Progress, ProgressCallback
from .overlap import Mask, Matrix, Overlap, as_mask, mask_overlap, overlap_of_moved, solid, solid_matrix
from .parameters import RegisterParameters, Status
from .solution import Report

if TYPE_CHECKING:
    from .engine import FixedMask
    from .resampling.deformation import Deformation

_D = RegisterParameters()
MOST_RISE = 1.02
LEAST_DICE = 0.1
SMALL = 0.5
"""Voxels: a motion no larger than this may be left out where masks agree better as they lie."""


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
    uncertainty : float
        Expected error of the transform at the surface, in voxels, as noise and voxels leave it; NaN when unknown.
    grey_masks, grey_refined : float
        Root mean square of the residual of the grey volumes about the surface, over the contrast there, with the transform of the
        masks and with the refined one; NaN where no grey volumes were looked at.
    refined : bool
        Whether the matrix is that of the grey volumes.
    deformation : Deformation or None
        What transform 'deformable' adds to the matrix, as that of one energy; of images, as volumes of one slice.
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
    uncertainty: float = np.nan
    grey_masks: float = np.nan
    grey_refined: float = np.nan
    refined: bool = False
    deformation: "Deformation | None" = None

    def to_dict(self) -> dict[str, Any]:
        """Give plain values for JSON, None for NaN; without the deformation."""
        plain = asdict(replace(self, deformation=None)) | {
            "matrix": [[_or_none(value) for value in row] for row in self.matrix]
        }
        del plain["deformation"]
        return {name: _or_none(value) if isinstance(value, float) else value for name, value in plain.items()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "PairRegistration":
        """Build it from what `to_dict` gave."""
        numbers = ("mse_before", "mse_after", "dice_before", "dice_after", "uncertainty", "grey_masks", "grey_refined")
        matrix = np.array(values["matrix"], dtype=np.float64)
        return cls(**values | {name: float(_or_nan(values.get(name))) for name in numbers} | {"matrix": matrix})


def register_pair(
    fixed: Any,
    moving: Any,
    transform: str = _D.transform,
    engine: str = _D.engine,
    spacing: Any = None,
    *,
    progress: ProgressCallback | None = None,
    abort: threading.Event | None = None,
    **parameters: Any,
) -> PairRegistration:
    """Register a mask to another.

    Parameters
    ----------
    fixed, moving : (z, y, x) or (y, x) masks
        Bool or whole numbers (non-zero is sample), or floats from 0 to 1; shapes may differ.
    transform : 'translation', 'rigid', 'similarity', 'affine' or 'deformable'
        'deformable' is a smooth field on top of an affine matrix: `deformation` of the result.
    engine : 'auto', 'gauss-newton' or 'simpleitk'
    spacing : float or (n,), along (z, y, x)
        Voxel size of both, in any unit; it only says what 'rigid' and 'similarity' mean.
    progress : callable or None
        Called after every level of our solver.
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
        If the arrays are not two masks of 2 or of 3 axes, or the published method is asked for a deformation.
    """
    chosen = checked(RegisterParameters, {"transform": transform, "engine": engine, **parameters}, where="register")
    said = progress

    def report(done: int, total: int, words: str) -> None:
        if said is not None:
            said(Progress("register", done, total, words))

    still, other = as_mask(fixed, "fixed"), as_mask(moving, "moving")
    bends = chosen.transform == "deformable"
    if bends and chosen.engine == "simpleitk":
        raise RegistrationError(
            "The published method ('simpleitk') bends nothing: take engine 'auto' for a deformation."
        )
    found = register_masks(still, other, chosen, spacing=spacing, abort=abort, report=report)
    return _bent(found, still, other, chosen, abort) if bends and found.status in ("converged", "limit") else found


def _bent(
    pair: PairRegistration,
    fixed: Mask,
    moving: Mask,
    parameters: RegisterParameters,
    abort: threading.Event | None,
) -> PairRegistration:
    """Lay a smooth field on top of a matrix, and compare the masks anew."""
    from .engine.deformable import solve_deformation
    from .resampling.deformation import Deformation
    from .resampling.resample import resample

    still, other, matrix = solid(fixed), solid(moving), solid_matrix(pair.matrix)
    spacing = parameters.deformation_spacing
    solved = solve_deformation(still, other, matrix, spacing=spacing, stiffness=parameters.stiffness, abort=abort)
    if solved.status == "aborted":
        return replace(pair, status="aborted")
    moved = resample(other, matrix, still.shape, order=1, coefficients=solved.coefficients, spacing=spacing)
    after = overlap_of_moved(still, moved)
    return replace(
        pair,
        mse_after=after.mse,
        dice_after=after.dice,
        iterations=pair.iterations + solved.iterations,
        flag=" ".join(word for word in (pair.flag, solved.flag if solved.folded > 0 else "") if word),
        deformation=Deformation(solved.coefficients[None], spacing, still.shape),
    )


def register_masks(
    fixed: Mask,
    moving: Mask,
    parameters: RegisterParameters,
    *,
    start: Matrix | None = None,
    spacing: Any = None,
    abort: threading.Event | None = None,
    report: Report | None = None,
    prepared: "FixedMask | None" = None,
) -> PairRegistration:
    """Register a mask to another by the engine that is chosen, from a neighbour's matrix where there is one.

    `prepared` is the fixed mask made ready for our engine, where it is used again and again.
    """
    n = fixed.ndim
    if n not in (2, 3) or moving.ndim != n:
        raise RegistrationError(f"Two masks of 2 or 3 axes each are registered; these have {n} and {moving.ndim}.")
    size = _spacing(spacing, n)
    before = _compared(fixed, moving, None, abort)
    for mask, name in ((fixed, "fixed"), (moving, "moving")):
        if mask.all() or not mask.any():
            what = "has no surface: it fills the whole volume" if mask.all() else "is empty"
            return failure(f"The {name} mask {what}; look at the threshold of that energy.", before, n)
    if parameters.engine == "simpleitk":
        from .published import solve_published

        found = solve_published(fixed, moving, start, parameters, size, abort)
    else:
        from .engine import solve_masks

        found = solve_masks(prepared or fixed, moving, start, parameters, size, abort, report)
    if found.status == "failed":
        return failure(found.reason, before, n)
    after = _compared(fixed, moving, found.matrix, abort)
    if abort is not None and abort.is_set():
        found = replace(found, status="aborted")
    matrix, flag, error = found.matrix, found.flag, found.uncertainty
    if found.status != "aborted" and after.dice < min(LEAST_DICE, before.dice):
        return failure(f"The two masks have nothing in common (Dice {after.dice:.2f} at best).", before, n)
    if found.status != "aborted" and after.mse > MOST_RISE * before.mse:
        # masks that lie on each other to a small part of a voxel agree best as they lie, voxel for voxel
        moved = _displacement(matrix, fixed.shape)
        if moved > SMALL:
            return failure(f"What was found would raise the MSE from {before.mse:.3g} to {after.mse:.3g}.", before, n)
        flag = f"Registration would raise the MSE to {after.mse:.3g}: left as it lies."
        matrix, after, error = np.eye(n + 1), before, float(np.hypot(moved, np.nan_to_num(error)))
    return PairRegistration(
        matrix=matrix,
        mse_before=before.mse,
        mse_after=after.mse,
        dice_before=before.dice,
        dice_after=after.dice,
        iterations=found.iterations,
        stop_reason=found.stop_reason,
        status=found.status,
        flag=flag,
        uncertainty=error,
    )


def _compared(fixed: Mask, moving: Mask, matrix: Matrix | None, abort: threading.Event | None) -> Overlap:
    """Compare two masks; NaN where that was stopped."""
    try:
        return mask_overlap(fixed, moving, matrix, abort=abort)
    except Aborted:
        return Overlap(np.nan, np.nan)


def _displacement(matrix: Matrix, shape: tuple[int, ...]) -> float:
    """Give the root mean square displacement of the corners of a box half as wide as a volume, in voxels."""
    middle = (np.array(shape) - 1) / 2
    corners = middle + middle / 2 * (2 * np.indices((2,) * len(shape)).reshape(len(shape), -1).T - 1)
    moved = corners @ (matrix - np.eye(len(matrix)))[:-1, :-1].T + matrix[:-1, -1]
    return float(np.sqrt(np.mean(np.sum(moved**2, axis=1))))


def failure(reason: str, before: Overlap, ndim: int) -> PairRegistration:
    """Give the record of a registration that failed."""
    nan = np.nan
    return PairRegistration(
        np.full((ndim + 1, ndim + 1), nan), before.mse, nan, before.dice, nan, 0, reason, "failed", reason
    )


def _spacing(spacing: Any, n: int) -> npt.NDArray[np.float64]:
    if spacing is None:
        return np.ones(n)
    size = as_numbers(spacing, "spacings", RegistrationError)
    if size.shape not in ((), (n,)) or not np.all(np.isfinite(size) & (size > 0)):
        raise RegistrationError(f"The spacing is one positive number, or {n} of them along the axes; found {spacing}.")
    return np.broadcast_to(size, (n,)).copy()


def _or_none(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _or_nan(value: float | None) -> float:
    return np.nan if value is None else value
