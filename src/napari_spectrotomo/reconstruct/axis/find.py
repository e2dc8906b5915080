"""The rotation axis of one energy: every method, and their vote."""

from __future__ import annotations

import threading

import numpy as np
import numpy.typing as npt

from ...arrays import as_array, as_numbers
from ...data import FloatArray, Scan, require
from ...errors import ReconstructionError
from ...progress import raise_if_aborted
from ..geometry import check_views
from .bands import bands_of
from .center_of_mass import axis_from_mass
from .estimate import METHODS, NOTHING, AxisEstimate, Found, significant_tilt
from .mirror import ALIKE, axis_from_mirror
from .opposite_views import opposite_views
from .shake import axis_error, shake_of
from .sharpness import axis_from_sharpness
from .vo import axis_from_vo
from .vote import vote

_SHAKEN = 0.5
"""Pixels that views stand off their place, as a standard deviation, from which on slices are visibly blurred."""
_LOW = 0.3
"""Confidence under which a person should look."""


def find_center(od: Scan, energy_index: int = -1) -> float:
    """Find the column of the rotation axis in the projections of one energy.

    Parameters
    ----------
    od : Scan
        Of optical density.
    energy_index : int

    Returns
    -------
    float
        Sub-pixel; 0 is the middle of column 0.

    Raises
    ------
    ReconstructionError
        If the scan is not one of optical density, or the axis cannot be found.
    DataError
        If it is no scan.
    """
    require(od, Scan, "find_center")
    if od.kind != "optical_density":
        raise ReconstructionError(
            f"The rotation axis is looked for in optical density, not in {od.kind}: correct the scan first."
        )
    if not isinstance(energy_index, int | np.integer):
        raise ReconstructionError(f"An energy is given by its index, a whole number; found {energy_index!r}.")
    if not -len(od) <= energy_index < len(od):
        raise ReconstructionError(f"There is no energy with index {energy_index}: the scan has {len(od)}.")
    return find_center_of(np.asarray(od.projections[energy_index]), od.angles[energy_index])


def find_center_of(projections: npt.NDArray[np.floating], angles: FloatArray) -> float:
    """Find the column of the rotation axis, in the middle row, by the vote of `find_axis`.

    Parameters
    ----------
    projections : (A, R, C) array
        Optical density.
    angles : (A,), degrees

    Returns
    -------
    float
        Sub-pixel; 0 is the middle of column 0.

    Raises
    ------
    ReconstructionError
        If there are too few views, or no axis stands out; the message asks for the column.
    """
    estimate = find_axis(projections, angles)
    if not np.isfinite(estimate.center):
        raise ReconstructionError(" ".join(estimate.doubts))
    return estimate.center


def find_axis(
    projections: npt.NDArray[np.floating], angles: FloatArray, abort: threading.Event | None = None
) -> AxisEstimate:
    """Find the rotation axis by several methods that do not depend on each other, and say how far to trust it.

    'opposite views': those half a turn apart are mirror images about the axis. 'centre of mass': it goes round the axis. 'Vo': a
    half turn completed by its mirror image must be a whole turn. 'sharpness': slices are sharpest. The first two are nothing for
    scans short of a half turn and samples that reach over the detector's edge, respectively.

    Parameters
    ----------
    projections : (A, R, C) array
        Optical density.
    angles : (A,), degrees
        In any order, over any range.
    abort : threading.Event

    Returns
    -------
    AxisEstimate

    Raises
    ------
    ReconstructionError
        If there are too few views, or their angles do not fit.
    Aborted
        Once `abort` is set.
    """
    projections, angles = as_array(projections, "projections"), as_numbers(angles, "angles")
    if projections.ndim != 3 or angles.shape != projections.shape[:1]:
        raise ReconstructionError(
            f"Projections are (angle, row, column) with one angle each; found shape {projections.shape} and "
            f"{angles.size} angles."
        )
    check_views(angles)
    projections = np.asarray(projections)
    if not np.isfinite(projections.sum(dtype=np.float64)):
        projections = np.nan_to_num(projections, posinf=0.0, neginf=0.0)
    bands = bands_of(projections, angles)
    if bands is None:
        return _unknown({}, ("Nothing is seen in the projections, so there is no rotation axis: give its column.",))
    mirror, doubts = _by_mirror(projections, angles, abort)
    height = projections.shape[1]
    tilted = significant_tilt(mirror.tilt, mirror.tilt_uncertainty, height)
    tilt = mirror.tilt if tilted else 0.0
    raise_if_aborted(abort)
    mass, wobble = axis_from_mass(projections, angles, tilt)
    bands = bands.upright(tilt)
    shake = max(wobble, shake_of(bands))
    all_views = shake * axis_error(angles)
    found = {"opposite views": mirror.shaken(shake / np.sqrt(2)), "centre of mass": mass}
    found["Vo"] = axis_from_vo(bands, [f.column for f in found.values() if f.known], abort).shaken(all_views)
    known = [f.column for f in found.values() if f.known]
    found["sharpness"] = axis_from_sharpness(bands, known, abort).shaken(all_views)
    methods = {name: found[name].column for name in METHODS}
    center, uncertainty, confidence, outliers = vote(found, projections.shape[2])
    if not np.isfinite(center):
        doubts += ("No rotation axis stands out: give its column, or leave this energy out if nothing is seen.",)
        return _unknown(methods, doubts)
    if shake > _SHAKEN:
        doubts += (f"Single views stand off their place by {shake:.1f} pixels: align them before reconstructing.",)
    if confidence < _LOW:
        doubts += (f"The methods do not agree on the rotation axis (confidence {confidence:.2f}): look at a slice.",)
    return AxisEstimate(
        center, confidence, methods, uncertainty, mirror.tilt, (*doubts, *outliers), mirror.tilt_uncertainty, height
    )


def _by_mirror(
    projections: npt.NDArray[np.floating], angles: FloatArray, abort: threading.Event | None
) -> tuple[Found, tuple[str, ...]]:
    pairs = opposite_views(projections, angles)
    if pairs is None:
        return NOTHING, ()
    mirror, likeness = axis_from_mirror(*pairs, abort)
    if mirror.known:
        return mirror, ()
    if likeness > ALIKE:
        return NOTHING, ("Views half a turn apart are too noisy to match them closely.",)
    return NOTHING, (
        f"Views half a turn apart do not look like mirror images (correlation {likeness:.2f}): the sample moved, or little is "
        "seen.",
    )


def _unknown(methods: dict[str, float], doubts: tuple[str, ...]) -> AxisEstimate:
    nan = float("nan")
    return AxisEstimate(nan, 0.0, methods or dict.fromkeys(METHODS, nan), nan, nan, doubts)
