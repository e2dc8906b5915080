"""Motion within one tomogram: how far the sample moved while it was taken, which registering volumes presumes to be small."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..data import FloatArray
from ..progress import raise_if_aborted
from ..reconstruct import check_views
from .jitter import Jitter, find_jitter_of
from .pair_motion import pair_motion
from .view_pairs import view_pairs
from .working_copy import working_copy

_COLUMNS = 128
_FAR = 1.0
"""Voxels beyond which registering volumes is not to be trusted."""
_SURE = 3.0
_SMOOTHED = 8
"""The drift is of shifts averaged over this part of a tomogram."""
_POOR = 0.5


@dataclass(frozen=True, slots=True)
class Motion:
    """How far the sample moved during one tomogram; NaN where it cannot be told.

    Attributes
    ----------
    displacement, uncertainty : (2,) float64, pixels
        (row, column) by which late views lie displaced against early ones that should be the same, and its standard error.
    rotation : float
        Degrees by which late views are turned in the plane of the detector; positive where lower parts moved right.
    parts : float
        Pixels that parts of the sample moved beyond the whole's motion, the largest.
    drift : (2,) float64, pixels
        From end to end of the slow part of the views' shifts (row, column), which shifts of views make up for.
    residual : float
        What re-projection leaves of the views' detail, shifts used, root mean square over that of the detail itself.
    compared : str
        'same angle', 'half a turn apart', or '' where no early and late views should be the same.
    warnings : tuple of str
    """

    displacement: FloatArray
    uncertainty: FloatArray
    rotation: float
    parts: float
    drift: FloatArray
    residual: float
    compared: str
    warnings: tuple[str, ...] = ()

    def to_plain(self) -> dict[str, Any]:
        """Give it as numbers, lists and strings that JSON can hold; None stands for what is unknown."""
        return {
            "displacement": _plain(self.displacement),
            "uncertainty": _plain(self.uncertainty),
            "rotation": _plain([self.rotation])[0],
            "parts": _plain([self.parts])[0],
            "drift": _plain(self.drift),
            "residual": _plain([self.residual])[0],
            "compared": self.compared,
            "warnings": list(self.warnings),
        }


def measure_motion_of(
    projections: npt.NDArray[np.floating],
    angles: FloatArray,
    center: float,
    *,
    tilt: float = 0.0,
    jitter: Jitter | None = None,
    abort: threading.Event | None = None,
) -> Motion:
    """Measure how far the sample moved during one tomogram.

    Late views are laid against early ones at the same angle, or against the mirror images about the axis of those half a turn
    apart, where they are taken as a whole (shift and turn) and in parts. What moved along the beam is not seen in these; the slow
    part of the views' shifts shows more of it.

    Parameters
    ----------
    projections : (A, R, C) array
        Optical density of one energy, in order of acquisition.
    angles : (A,), degrees
    center : float
        Column of the rotation axis in the middle row. Where only mirror images are compared, a wrong axis looks like motion along
        the columns, and such motion like a wrong axis.
    tilt : float
        Of the axis in the plane of the detector, degrees, which is taken out.
    jitter : Jitter
        Of these views, where it is known already; else it is found.
    abort : threading.Event

    Returns
    -------
    Motion

    Raises
    ------
    ReconstructionError
        If there are too few views, or optical densities are no numbers.
    Aborted
        Once `abort` is set.
    """
    check_views(angles)
    jitter = jitter or find_jitter_of(projections, angles, center, tilt=tilt, abort=abort)
    copy = working_copy(projections, angles, center, tilt, _COLUMNS)
    found = []
    pairs = view_pairs(copy) if copy.vertical else []
    for pair in pairs:
        raise_if_aborted(abort)
        found.append(pair_motion(pair))
    alike = [f for f in found if f is not None]
    unknown = np.full(2, np.nan)
    displacement, uncertainty, rotation, parts = unknown, unknown, float("nan"), float("nan")
    if alike:
        displacement = copy.factor * np.median([f.displacement for f in alike], axis=0)
        uncertainty = copy.factor * np.sqrt(np.median([f.error**2 for f in alike], axis=0))
        rotation = float(np.median([f.rotation for f in alike]))
        parts = copy.factor * float(np.median([f.parts for f in alike]))
    compared = ("half a turn apart" if pairs[0].mirrored else "same angle") if alike else ""
    motion = Motion(displacement, uncertainty, rotation, parts, _drift(jitter.shifts), jitter.residual_after, compared)
    reach = max(projections.shape[1:]) / 2
    warnings = _warnings(motion, jitter, reach, bool(pairs) and not alike)
    return replace(motion, warnings=tuple(warnings))


def _drift(shifts: FloatArray) -> FloatArray:
    """Span (2,) of shifts (A, 2) averaged over an eighth of the tomogram."""
    width = max(1, len(shifts) // _SMOOTHED)
    kernel = np.full(width, 1 / width)
    return np.array([np.ptp(np.convolve(s, kernel, mode="valid")) for s in shifts.T])


def _warnings(motion: Motion, jitter: Jitter, reach: float, unlike: bool) -> Iterator[str]:
    far = float(np.hypot(*motion.drift)) if jitter.applied else 0.0
    moved = float(np.hypot(*motion.displacement))
    sure = moved > _SURE * float(np.hypot(*motion.uncertainty))
    same = motion.compared == "same angle"
    between = "the first and the last views at the same angle" if same else "views half a turn apart"
    mend = (
        "reconstructing with the shifts of its views makes up for it"
        if jitter.applied
        else "shifts of its views do not make up for it, so leave this energy out, or trust it less"
    )
    if unlike:
        yield (
            "Views of the beginning and the end that should be the same do not look alike: the sample changed, or moved far, "
            "during this tomogram. Leave this energy out, or look at its views one after the other."
        )
    elif moved > _FAR and sure:
        beside = not same and abs(motion.displacement[1]) > _FAR
        axis = f" (or the rotation axis is {abs(motion.displacement[1]) / 2:.1f} pixels off)" if beside else ""
        yield (
            f"The sample moved by {motion.displacement[0]:.1f} (rows) and {motion.displacement[1]:.1f} (columns) pixels between "
            f"{between}{axis}, more than registering volumes allows for: {mend}."
        )
    elif far > _FAR:
        yield (
            f"The views drift by {motion.drift[0]:.1f} (rows) and {motion.drift[1]:.1f} (columns) pixels during the tomogram, more "
            f"than registering volumes allows for: {mend}."
        )
    if abs(np.deg2rad(motion.rotation)) * reach > _FAR:
        yield (
            f"The sample turned by {motion.rotation:.2f}° in the plane of the detector between {between} (if it is not the "
            "axis that is tilted by half of it): shifts of views do not mend that; its volume is blurred by "
            f"{abs(np.deg2rad(motion.rotation)) * reach:.1f} pixels at the rim. Give the axis' tilt, or leave this energy out."
        )
    if motion.parts > _FAR:
        yield (
            f"Parts of the sample moved by {motion.parts:.1f} pixels against each other between {between}: no shift of views mends "
            "that. Where they were is blurred; trust this energy less, or leave it out."
        )
    if motion.residual > _POOR:
        yield (
            f"Re-projection leaves {100 * motion.residual:.0f} % of the views' detail unexplained: noise, or a sample that changed "
            "during the tomogram. Look at a slice."
        )


def _plain(values: Any) -> list[float | None]:
    return [round(float(v), 4) if np.isfinite(v) else None for v in values]
