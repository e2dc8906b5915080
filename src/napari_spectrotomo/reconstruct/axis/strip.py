"""Slices about a candidate axis, for a person to see which is sharp."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ...arrays import as_array, as_numbers
from ...data import FloatArray
from ...errors import ReconstructionError
from ...progress import raise_if_aborted
from ..geometry import check_center, check_views
from ..parameters import ReconstructParameters
from ..volume import reconstruct_volume
from .sharpness import entropies, grey_limits

Float32 = npt.NDArray[np.float32]
_D = ReconstructParameters()
_MARGIN = 8
"""Pixels about what is seen that stay in a cut."""
_SEEN = 0.05


@dataclass(frozen=True, slots=True)
class CenterStrip:
    """One slice reconstructed about several axes.

    Attributes
    ----------
    columns : (K,) float64
        The axes, columns of the detector in its middle row.
    slices : (K, N, N) float32
        The slice about each, attenuation a voxel, the axis in its middle, cut to what is seen.
    sharpness : (K,) float64
        From 0 (the most blurred) to 1 (the sharpest): how low the entropy of the grey values is. NaN where all are alike.
    row : int
        Detector row of the slice.
    """

    columns: FloatArray
    slices: Float32
    sharpness: FloatArray
    row: int

    @property
    def best(self) -> int:
        """Index of the sharpest slice."""
        return int(np.nanargmax(self.sharpness)) if np.isfinite(self.sharpness).any() else len(self.columns) // 2


def center_strip(
    projections: npt.NDArray[np.floating],
    angles: FloatArray,
    row: int | None,
    center: float,
    span: float = 4.0,
    count: int = 9,
    parameters: ReconstructParameters = _D,
    tilt: float = 0.0,
    magnification: float = 1.0,
    shifts: FloatArray | None = None,
    abort: threading.Event | None = None,
) -> CenterStrip:
    """Reconstruct one slice about several axes beside a candidate.

    Only that slice is reconstructed, and of it only the square about the axis in which something is seen.

    Parameters
    ----------
    projections : (A, R, C) array
        Optical density.
    angles : (A,), degrees
    row : int or None
        Slice of the volume; None takes the one in whose row most is seen.
    center : float
        Candidate, a column in the middle row.
    span : float
        Pixels to either side.
    count : int
        Slices in all, evenly over the span.
    parameters : ReconstructParameters
        Of which axis, tilt, magnification and region are not looked at.
    tilt : float
        Of the axis, degrees.
    magnification : float
        Size of the image relative to that at the fixed energy, whose grid the slice is on.
    shifts : (A, 2) or None
        By how much each view's image is displaced, (row, column), pixels.
    abort : threading.Event

    Returns
    -------
    CenterStrip

    Raises
    ------
    ReconstructionError
        If there are too few views, no such row, or the axes are not on the detector.
    """
    projections, angles = as_array(projections, "projections"), as_numbers(angles, "angles")
    if projections.ndim != 3 or angles.shape != projections.shape[:1]:
        raise ReconstructionError(
            f"Projections are (angle, row, column) with one angle each; found shape {projections.shape} and "
            f"{angles.size} angles."
        )
    check_views(angles)
    if count < 1 or not span >= 0:
        raise ReconstructionError(f"A strip has one slice or more, over 0 pixels or more; found {count} over {span:g}.")
    rows, columns = projections.shape[1:]
    row = _fullest(projections) if row is None else row
    if not 0 <= row < rows:
        raise ReconstructionError(f"There is no row {row}: the detector has {rows}.")
    axes = center + (np.linspace(-span, span, count) if count > 1 else np.zeros(1))
    for axis in axes:
        check_center(float(axis), columns)
    middle = (rows - 1) / 2
    imaged = middle + magnification * (row - middle)
    here = center + float(np.tan(np.deg2rad(tilt))) * (imaged - middle)
    radius = _seen_radius(projections[:, int(np.clip(round(imaged), 0, rows - 1))], here, span) / magnification
    low = max(0, int((columns - 1) / 2 - radius))
    part = replace(parameters, region=(row, row + 1, low, columns - low, low, columns - low))
    slices = []
    for axis in axes:
        raise_if_aborted(abort)
        volume = reconstruct_volume(
            projections, angles, float(axis), magnification, None, part, abort, tilt=tilt, shifts=shifts
        )
        slices.append(volume[0])
    strip = np.stack(slices)
    return CenterStrip(axes, strip, _sharpness(strip), row)


def _fullest(projections: npt.NDArray[np.floating]) -> int:
    """The row in which most is seen."""
    some = np.asarray(projections[:: max(1, len(projections) // 12)], np.float32)
    return int(np.argmax(np.nan_to_num(some.var(axis=2)).mean(0)))


def _seen_radius(sinogram: npt.NDArray[np.floating], center: float, span: float) -> float:
    """How far from the axis something is seen in a sinogram (A, C), with room for the axes of a strip, pixels."""
    profile = np.asarray(sinogram, np.float64).mean(0)
    profile -= profile.min()
    seen = np.flatnonzero(profile > _SEEN * profile.max())
    if not len(seen):
        return float(len(profile))
    return max(abs(float(seen[0]) - center), abs(float(seen[-1]) - center)) + span + _MARGIN


def _sharpness(strip: Float32) -> FloatArray:
    entropy = entropies(strip, np.broadcast_to(grey_limits(strip[len(strip) // 2][None]), (len(strip), 2)))
    spread = float(np.ptp(entropy))
    return (entropy.max() - entropy) / spread if spread > 0 else np.full(len(strip), np.nan)
