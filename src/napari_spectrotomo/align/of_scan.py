"""Jitter and motion of one energy of a scan, as scripts ask for them."""

from __future__ import annotations

import threading

import numpy as np
import numpy.typing as npt

from ..data import FloatArray, Scan, require
from ..errors import ReconstructionError
from ..progress import ProgressCallback
from ..reconstruct import check_views, find_center
from ..reconstruct.geometry import check_center
from .jitter import Jitter, check_method, find_jitter_of
from .motion import Motion, measure_motion_of
from .parameters import AlignParameters, JitterMethod

_D = AlignParameters()


def find_jitter(
    od: Scan,
    energy_index: int = -1,
    center: float | None = None,
    *,
    tilt: float = 0.0,
    jitter: JitterMethod = _D.jitter,
    abort: threading.Event | None = None,
    progress: ProgressCallback | None = None,
) -> Jitter:
    """Find by how much each view of one energy lies displaced; `find_jitter_of` says how.

    Parameters
    ----------
    od : Scan
        Of optical density.
    energy_index : int
    center : float or None
        Column of the rotation axis; None finds it.
    tilt : float
        Of the axis in the plane of the detector, degrees.
    jitter : 'auto', 'none' or 'reprojection'
        'auto' applies what is beyond its own uncertainty and lets the views agree better, 'reprojection' whatever is found.
    abort : threading.Event
    progress : callable
        Called with a `Progress`.

    Returns
    -------
    Jitter
        `shifts` (A, 2) in pixels, `center`, the axis that belongs to them, residuals, uncertainty, and whether it is `applied`.

    Raises
    ------
    ReconstructionError
        If the scan is not one of optical density, has no such energy or too few views, or no axis is found.
    ParameterError
        If there is no such way to find jitter.
    DataError
        If it is no scan.
    """
    check_method(jitter)
    views, angles, column = _energy_of(od, energy_index, center, "find_jitter")
    return find_jitter_of(views, angles, column, tilt=tilt, method=jitter, abort=abort, progress=progress)


def measure_motion(
    od: Scan,
    energy_index: int = -1,
    center: float | None = None,
    *,
    tilt: float = 0.0,
    abort: threading.Event | None = None,
) -> Motion:
    """Measure how far the sample moved during the tomogram of one energy; `measure_motion_of` says how.

    Parameters
    ----------
    od : Scan
        Of optical density.
    energy_index : int
    center : float or None
        Column of the rotation axis; None finds it.
    tilt : float
        Of the axis in the plane of the detector, degrees.
    abort : threading.Event

    Returns
    -------
    Motion
        In pixels and degrees, with sentences where it is too much to register the volume.

    Raises
    ------
    ReconstructionError
        If the scan is not one of optical density, has no such energy or too few views, or no axis is found.
    DataError
        If it is no scan.
    """
    views, angles, column = _energy_of(od, energy_index, center, "measure_motion")
    return measure_motion_of(views, angles, column, tilt=tilt, abort=abort)


def _energy_of(
    od: Scan, energy_index: int, center: float | None, what: str
) -> tuple[npt.NDArray[np.floating], FloatArray, float]:
    """Projections, angles and rotation axis of one energy, checked."""
    require(od, Scan, what)
    if od.kind != "optical_density":
        raise ReconstructionError(f"{what} takes optical density, not {od.kind}: correct the scan first.")
    if not isinstance(energy_index, int | np.integer):
        raise ReconstructionError(f"An energy is given by its index, a whole number; found {energy_index!r}.")
    if not -len(od) <= energy_index < len(od):
        raise ReconstructionError(f"There is no energy with index {energy_index}: the scan has {len(od)}.")
    check_views(od.angles[energy_index])
    if center is None:
        column = find_center(od, energy_index)
    elif isinstance(center, int | float | np.number) and np.isfinite(center):
        column = float(center)
    else:
        raise ReconstructionError(f"The rotation axis is one column, a number; found {center!r}.")
    check_center(column, od.projections[energy_index].shape[2])
    return np.asarray(od.projections[energy_index]), od.angles[energy_index], column
