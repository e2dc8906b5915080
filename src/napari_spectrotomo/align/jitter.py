"""Jitter: by how much each view of a tomogram lies displaced, found from the views themselves."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..data import FloatArray
from ..parameters import checked
from ..progress import Progress, ProgressCallback
from ..reconstruct import check_views, view_warnings
from .gauge import axis_shift, without_position
from .likeness import EDGE
from .parameters import AlignParameters, JitterMethod
from .profiles import seen_whole, shifts_from_profiles
from .reprojection import Found, Surroundings, lie, margin_for, refine
from .working_copy import WorkingCopy, working_copy

_COARSE, _FINE = 64, 128
"""Columns of the working copies."""
_FAR = 0.5
"""Pixels (of the coarse copy) that profiles must show for their shifts to be tried as a start."""
_SURE = 3.0
_LEAST = 0.05
"""Jitter that is used is so many times its uncertainty, and so many pixels, root mean square."""
_BETTER = 0.98
"""What re-projection leaves must fall to this share of what it was."""
_CHANCE, _PATCH = 6.0, 3.5
"""Pure noise is fitted up to 4.5 times as well as independent values would be, of which each stands for so many pixels squared."""
_BEYOND, _OFF = 0.25, 0.02
"""Shares of the columns: by it views are continued where the sample is cut; so far off the middle the axis may be without."""
_CORRECTIONS = 3
_STILL = 0.02
"""Pixels of a working copy, root mean square, that are nothing to start from."""
_MUCH, _AXIS_OFF, _NAMED = 0.1, 0.5, 5


@dataclass(frozen=True, slots=True)
class Jitter:
    """Jitter of the views of one tomogram.

    Attributes
    ----------
    shifts : (A, 2) float64, pixels
        By how much (row, column) each view's image lies displaced. What moving the whole sample does, and a column shift of all
        views, which is the axis', are not in them.
    center : float
        Column of the rotation axis that belongs to the shifts; where they are not applied, that which was given.
    residual_before, residual_after : float
        What re-projection leaves of the views' detail without and with the shifts, root mean square over that of the detail itself.
    uncertainty : (2,) float64, pixels
        Standard error of one view's shift (row, column); NaN where it was not looked for.
    applied : bool
        Whether reconstructing with the shifts is better than without.
    doubts : tuple of str
    """

    shifts: FloatArray
    center: float
    residual_before: float
    residual_after: float
    uncertainty: FloatArray
    applied: bool
    doubts: tuple[str, ...] = ()

    @property
    def size(self) -> FloatArray:
        """Root mean square (row, column) of the shifts, pixels."""
        return np.sqrt(np.mean(self.shifts**2, axis=0))

    @property
    def used(self) -> FloatArray | None:
        """Shifts to reconstruct with: None where they are not applied."""
        return self.shifts if self.applied else None

    def to_plain(self) -> dict[str, Any]:
        """Give it as numbers, lists and strings that JSON can hold; None stands for what is unknown."""
        return {
            "shifts": np.round(self.shifts, 4).tolist(),
            "center": self.center,
            "residual_before": _known(self.residual_before),
            "residual_after": _known(self.residual_after),
            "uncertainty": [_known(float(u)) for u in self.uncertainty],
            "applied": self.applied,
            "doubts": list(self.doubts),
        }


def find_jitter_of(
    projections: npt.NDArray[np.floating],
    angles: FloatArray,
    center: float,
    *,
    tilt: float = 0.0,
    method: JitterMethod = "auto",
    abort: threading.Event | None = None,
    progress: ProgressCallback | None = None,
) -> Jitter:
    """Find by how much each view of a tomogram lies displaced.

    Views are reconstructed with the shifts known so far in the geometry, the volume is projected as each view sees it, and
    the view is laid against that, to a small part of a pixel, until nothing moves. All is done on binned copies of 64 columns
    at most and then, unless 'auto' saw surely that there is nothing, of 128. Large shifts start from the mass in each row, which is
    the same in all views, and from the centre of mass, which goes round the axis, where re-projection agrees with them.

    Parameters
    ----------
    projections : (A, R, C) array
        Optical density of one energy.
    angles : (A,), degrees
    center : float
        Column of the rotation axis in the middle row; 0 is the middle of column 0.
    tilt : float
        Of the axis in the plane of the detector, degrees.
    method : 'auto', 'none' or 'reprojection'
        'auto' applies shifts that are beyond their own uncertainty and let the views agree better, 'reprojection' applies
        what it finds, 'none' finds none.
    abort : threading.Event
    progress : callable
        Called with a `Progress` after each of the two sizes.

    Returns
    -------
    Jitter

    Raises
    ------
    ReconstructionError
        If there are too few views, or optical densities are no numbers.
    Aborted
        Once `abort` is set.

    References
    ----------
    D. Gürsoy et al. (2017), Scientific Reports 7, 11818.
    """
    check_method(method)
    check_views(angles)
    angles = np.asarray(angles, np.float64)
    if method == "none":
        nothing, unknown = np.zeros((len(angles), 2)), float("nan")
        return Jitter(nothing, center, unknown, unknown, np.full(2, unknown), False)
    wedge = bool(view_warnings(angles))
    shifts: FloatArray = np.zeros((len(angles), 2))
    for done, columns in enumerate((_COARSE, _FINE)):
        copy = working_copy(projections, angles, center, tilt, columns)
        around = _surroundings(copy, wedge)
        found = _refined(copy, shifts, around, around.whole and done == 0, abort)
        shifts = copy.on_detector(found.shifts)
        if progress is not None:
            progress(Progress("align", done + 1, 2, f"views laid against {copy.views.shape[2]} re-projected columns"))
        if method == "auto" and done == 0 and _is_nothing(copy, found):
            break
    return _judged(copy, found, around, center, method, abort)


def check_method(method: str) -> None:
    """Raise `ParameterError` if there is no such way to find jitter."""
    checked(AlignParameters, {"jitter": method}, where="align")


def _is_nothing(copy: WorkingCopy, found: Found) -> bool:
    """Whether the coarse copy tells, surely enough, that there is no jitter that would be used."""
    errors = found.last.errors[found.last.alike] if found.last.alike.all() else np.full((1, 2), np.inf)
    beyond = np.sqrt(np.mean(found.shifts**2, axis=0)) + np.sqrt(np.nanmedian(errors**2, axis=0))
    return bool(copy.vertical and found.at_rest and np.all(copy.factor * beyond < _LEAST))


def _surroundings(copy: WorkingCopy, wedge: bool) -> Surroundings:
    columns = copy.views.shape[2]
    off = 2 * abs(copy.center - (columns - 1) / 2) / columns
    whole = seen_whole(copy)
    beyond = max(off if off > _OFF else 0.0, 0.0 if whole else _BEYOND)
    return Surroundings(whole, wedge, beyond, _CORRECTIONS if wedge or not whole else 0)


def _refined(
    copy: WorkingCopy, shifts: FloatArray, around: Surroundings, profiles: bool, abort: threading.Event | None
) -> Found:
    """Refine from `shifts`, or from what profiles show where that lets views agree better at once."""
    start: FloatArray = copy.in_copy(shifts)
    if _rms(start) < _STILL:
        start = np.zeros_like(start)
    if profiles:
        shown = shifts_from_profiles(copy)
        if _rms(shown) > _FAR:
            margin = margin_for(copy, shown)
            as_given, as_shown = (lie(copy, s, around, margin, abort).left for s in (start, shown))
            start = shown if as_shown < as_given else start
    return refine(copy, start, around, abort)


def _judged(
    copy: WorkingCopy,
    found: Found,
    around: Surroundings,
    center: float,
    method: JitterMethod,
    abort: threading.Event | None,
) -> Jitter:
    """Tell jitter from the sample's place and the axis', and whether it is worth applying."""
    margin = margin_for(copy, found.shifts)
    before, after = found.first.left, found.last.left
    if margin or found.start.any():
        nothing = np.zeros_like(found.shifts)
        before, after = (lie(copy, s, around, margin, abort).left for s in (nothing, found.shifts))
    moved = copy.on_detector(found.shifts)
    axis = axis_shift(moved, copy.angles)
    shifts = without_position(moved - [0.0, axis], copy.angles)
    shifts[~found.last.alike] = 0.0
    uncertainty = np.full(2, np.nan)
    if found.last.alike.any():
        uncertainty = copy.factor * np.sqrt(np.nanmedian(found.last.errors**2, axis=0))
    if not copy.vertical:
        uncertainty[0] = np.nan
    size = np.sqrt(np.mean(shifts**2, axis=0))
    beyond = bool(np.any(size > np.maximum(_SURE * np.nan_to_num(uncertainty, nan=np.inf), _LEAST)))
    applied = method == "reprojection" or (beyond and _fits(copy, before, after, margin))
    return Jitter(
        shifts,
        center + axis if applied else center,
        before,
        after,
        uncertainty,
        applied,
        tuple(_doubts(copy, found, around, size, axis, applied, beyond)),
    )


def _fits(copy: WorkingCopy, before: float, after: float, margin: int) -> bool:
    """Whether views agree better than shifts would make noise agree, which lies wherever it is most like what it was put into."""
    edge = 2 * (margin + EDGE)
    rows = max(1.0, (copy.views.shape[1] - edge) / _PATCH) if copy.vertical else 1.0
    chance = (1 + copy.vertical) / (rows * (copy.views.shape[2] - edge) / _PATCH)
    return after**2 < min(_BETTER**2, 1 - _CHANCE * chance) * before**2


def _doubts(
    copy: WorkingCopy,
    found: Found,
    around: Surroundings,
    size: FloatArray,
    axis: float,
    applied: bool,
    beyond: bool,
) -> Iterator[str]:
    if not around.whole:
        yield (
            "The sample reaches over the left or right edge of the detector: neither its mass in each row nor its centre of "
            "mass tells shifts, and re-projection tells them less surely."
        )
    if not copy.vertical:
        yield f"{copy.views.shape[1]} rows are too few to tell vertical shifts, which were not looked for."
    strange = np.flatnonzero(~found.last.alike)
    if len(strange):
        named = ", ".join(f"{i} ({copy.angles[i]:g}°)" for i in strange[:_NAMED]) + (
            " …" if len(strange) > _NAMED else ""
        )
        yield (
            f"{len(strange)} view{'s' * (len(strange) != 1)} do not look like the others re-projected: {named}. Their shifts "
            "were not found; look at them, and leave them out if the beam was lost or the sample hidden."
        )
    if not found.at_rest and beyond:
        yield "The shifts did not come to rest: look at a slice before you trust them."
    if size.max() > _MUCH * copy.factor * min(copy.views.shape[1:]):
        yield f"The views lie {size.max():.1f} pixels apart, a large part of the field: what left it is not seen."
    if beyond and not applied:
        yield (
            f"Shifts of {size[0]:.2f} (rows) and {size[1]:.2f} (columns) pixels were found, but views agree no better with "
            "them than chance explains: they were not applied."
        )
    if abs(axis) > _AXIS_OFF:
        yield (
            f"Re-projection puts the rotation axis {abs(axis):.1f} pixels to the {'right' if axis > 0 else 'left'} of the column "
            f"given{', and there it was taken to be' if applied else ': look at a slice'}."
        )


def _rms(shifts: FloatArray) -> float:
    return float(np.sqrt(np.mean(shifts**2)))


def _known(value: float) -> float | None:
    return value if np.isfinite(value) else None
