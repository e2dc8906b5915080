"""One energy as its reconstruction sees it: corrected views, axis, tilt, shifts and magnification, as the forms have it."""

from __future__ import annotations

import threading
from collections.abc import Generator
from dataclasses import dataclass, replace

import numpy as np

from ...data import FloatArray
from ...errors import ReconstructionError
from ...preprocess import CorrectedTomogram
from ...progress import Progress, raise_if_aborted
from ...reconstruct import AxisEstimate, given_centers, magnifications, settle_axes
from ...workflow import Project
from .kept import KeptViews


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One energy with the geometry of its views.

    Attributes
    ----------
    corrected : CorrectedTomogram
        Stripes are still in it.
    center, tilt : float
        Of the rotation axis: column in the middle row, and degrees.
    shifts : (A, 2) float64, pixels, or None
        By which views lie displaced.
    magnification : float
        Relative to the fixed energy.
    pixel_size : float, nm, or None
        Of the fixed energy, whose grid volumes are on.
    estimate : AxisEstimate or None
        The vote on the axis, where it was asked for.
    energy : float, eV
    near : bool
        Whether the shifts are those found about another axis.
    """

    corrected: CorrectedTomogram
    center: float
    tilt: float
    shifts: FloatArray | None
    magnification: float
    pixel_size: float | None
    estimate: AxisEstimate | None
    energy: float
    near: bool = False


def look_at(
    project: Project, index: int, kept: KeptViews, abort: threading.Event, *, vote: bool, quick: bool = False
) -> Generator[Progress, None, Look]:
    """Correct one energy and settle where its views see the sample from.

    Where the project's views are aligned already, that holds; else the axis and the jitter are found at this energy alone. They
    are found before stripes are taken out.

    Parameters
    ----------
    project : Project
    index : int
        Of the energy.
    kept : KeptViews
    abort : threading.Event
    vote : bool
        Whether the vote on the axis is wanted even where the axis is known.
    quick : bool
        Whether shifts of the views found about another axis will do for now: finding them takes seconds.

    Raises
    ------
    ReconstructionError
        If the axis is to be found and none stands out.
    """
    with kept.lock:
        return (yield from _look_at(project, index, kept, abort, vote, quick))


def _look_at(
    project: Project, index: int, kept: KeptViews, abort: threading.Event, vote: bool, quick: bool
) -> Generator[Progress, None, Look]:
    scan, recipe = project.scan(), project.recipe
    energy = float(scan.energies[index])
    yield Progress("correct", 0, 3, energy=energy)
    corrected = kept.corrected(scan, index, recipe.correct, abort)
    raise_if_aborted(abort)
    yield Progress("align", 1, 3, energy=energy)
    aligned = project.alignment() if project.state("align") == "done" else None
    asked = recipe.reconstruct.center
    estimate = kept.axis(corrected, abort) if vote or (asked == "auto" and aligned is None) else None
    shifts: FloatArray | None
    near = False
    if aligned is not None:
        center, tilt, shifts = float(aligned.centers[index]), aligned.tilt, aligned.shifts[index]
        kept.note_shifts(center, recipe.align.jitter, shifts)
    else:
        if asked != "auto":
            center = float(given_centers(asked, len(scan), corrected.optical_density.shape[2])[index])
        elif estimate is not None and np.isfinite(estimate.center):
            center = estimate.center
        else:
            raise ReconstructionError(" ".join(estimate.doubts) if estimate is not None else "No axis was looked for.")
        tilt = recipe.reconstruct.tilt if recipe.reconstruct.tilt != "auto" else _tilt_of(estimate, asked)
        shifts = None
        method = recipe.align.jitter
        if method != "none" and quick:
            near, shifts = kept.shifts_of_another_axis(center, method)
        if method != "none" and not near:
            jitter = kept.jitter(corrected, center, tilt, method, abort)
            kept.note_shifts(center, method, jitter.used)
            shifts, center = jitter.used, jitter.center
    raise_if_aborted(abort)
    yield Progress("reconstruct", 2, 3, energy=energy)
    fixed = project.fixed_index
    ratio, sizes, _ = magnifications(
        replace(scan, pixel_size=project.layout()[2]), recipe.reconstruct.magnification, fixed
    )
    size = None if sizes is None else float(sizes[fixed])
    return Look(corrected, center, float(tilt), shifts, float(ratio[index]), size, estimate, energy, near)


def _tilt_of(estimate: AxisEstimate | None, asked: object) -> float:
    """Give the tilt that the workflow would take: measured along with the axis only, and only where it is significant."""
    return 0.0 if estimate is None or asked != "auto" else settle_axes([0.0], None, [estimate]).tilt
