"""Where one view at one energy lies beside the same view at another: a single pair, to look at."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ..arrays import as_numbers
from ..data import FloatArray
from ..errors import DataError, ParameterError
from .energies import FAR, LOCKED
from .images import Image, Placed, by_masks, by_phase, enlarged, mask_of, resized

Found = Literal["phase", "masks", "none"]


@dataclass(frozen=True, slots=True, eq=False)
class ViewAlignment:
    """How a moving view lies beside a fixed one.

    Attributes
    ----------
    matrix : (3, 3) float64
        From a pixel (row, column, 1) of the fixed view to the same point in the moving one; the magnification alone where no
        shift was found.
    shift : (2,) float64
        (row, column) in pixels of the moving view by which it lies displaced, magnification apart; NaN where none was found.
    method : 'phase', 'masks' or 'none'
        What found it.
    doubts : tuple of str
    """

    matrix: FloatArray
    shift: FloatArray
    method: Found
    doubts: tuple[str, ...] = ()


def align_views(
    fixed: Any,
    moving: Any,
    method: Literal["auto", "phase", "masks"] = "auto",
    *,
    magnification: float = 1.0,
    center: float | None = None,
    abort: threading.Event | None = None,
) -> ViewAlignment:
    """Align one view with the same view at another energy by a shift: the conventional way, for a single pair.

    Parameters
    ----------
    fixed, moving : (row, column) of the same shape
        Optical density.
    method : 'auto', 'phase' or 'masks'
        'auto' is phase correlation, unless masks say that it has locked on a pattern that does not move.
    magnification : float
        By how much the moving view is larger, about the middle row and `center`.
    center : float or None
        Column of the rotation axis; None takes the middle one.
    abort : Event or None

    Returns
    -------
    ViewAlignment

    Raises
    ------
    DataError
        If the views are no images of one shape, or hold pixels that are no numbers.
    ParameterError
        If a parameter has a value it cannot have.
    Aborted
        If `abort` was set.
    """
    still, other, middle = _checked(fixed, moving, method, magnification, center)
    phase = None if method == "masks" else by_phase(still, other, magnification, middle)
    if method == "phase" and phase is not None:
        return ViewAlignment(phase.matrix, phase.shift, "phase")
    masks = _by_masks(still, other, magnification, middle, abort)
    if phase is None:
        if masks is None:
            unknown = np.full(2, np.nan)
            return ViewAlignment(
                enlarged(magnification, middle), unknown, "none", ("A view is flat: there is no sample in it.",)
            )
        return ViewAlignment(masks.matrix, masks.shift, "masks")
    if masks is None or np.linalg.norm(phase.shift - masks.shift) <= FAR:
        return ViewAlignment(phase.matrix, phase.shift, "phase")
    apart = float(np.linalg.norm(phase.shift - masks.shift))
    if np.linalg.norm(phase.shift) < LOCKED:
        return ViewAlignment(
            masks.matrix,
            masks.shift,
            "masks",
            ("Phase correlation locked on a pattern that does not move, such as the detector's; masks were taken.",),
        )
    return ViewAlignment(
        phase.matrix,
        phase.shift,
        "phase",
        (
            f"Phase correlation and masks differ by {apart:.1f} pixels: parts of the sample move apart, or its contrast "
            "changes too much for one of them.",
        ),
    )


def _by_masks(
    still: Image, other: Image, magnification: float, middle: FloatArray, abort: threading.Event | None
) -> Placed | None:
    """Give where masks say that the moving view lies; None where they say nothing."""
    fixed, moving = mask_of(still), mask_of(resized(other, magnification, middle))
    if fixed is None or moving is None:
        return None
    found = by_masks(fixed, moving, magnification, middle, "translation", abort)
    return found if np.isfinite(found.shift).all() else None


def _checked(
    fixed: Any, moving: Any, method: str, magnification: float, center: float | None
) -> tuple[Image, Image, FloatArray]:
    still, other = (as_numbers(view, "pixels").astype(np.float32) for view in (fixed, moving))
    if still.ndim != 2 or still.shape != other.shape:
        raise DataError(
            f"Two views (row, column) of one shape are aligned; found shapes {still.shape} and {other.shape}."
        )
    if not (np.isfinite(still).all() and np.isfinite(other).all()):
        raise DataError("Some pixels of a view are no numbers: correct the scan, which fills bad pixels.")
    if method not in ("auto", "phase", "masks"):
        raise ParameterError(f"The method is 'auto', 'phase' or 'masks', not {method!r}.")
    if not (np.isfinite(magnification) and magnification > 0):
        raise ParameterError(f"A magnification is a positive number; found {magnification!r}.")
    rows, columns = still.shape
    column = (columns - 1) / 2 if center is None else float(center)
    if not 0 <= column <= columns - 1:
        raise ParameterError(f"The rotation axis is a column from 0 to {columns - 1}; found {center!r}.")
    return still, other, np.array([(rows - 1) / 2, column])
