"""Where projections are in space, the share of the half turn each stands for, and a resampling onto the common grid."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from ..data import FloatArray
from ..errors import ReconstructionError
from ..progress import raise_if_aborted

Float32 = npt.NDArray[np.float32]
MIN_VIEWS = 6
MAX_TILT = 10.0
_WEDGE = 3.0  # a gap of more than so many steps is a missing wedge, which no view stands for


def check_views(angles: FloatArray, where: str = "") -> None:
    """Raise `ReconstructionError` where there are too few views to reconstruct from."""
    distinct = len(np.unique(np.round(np.mod(angles, 180.0), 2) % 180.0))
    if distinct < MIN_VIEWS:
        raise ReconstructionError(
            f"{where}{distinct} different view{'s' * (distinct != 1)} cannot give a volume; at least {MIN_VIEWS} are needed, "
            "over a half turn. A scan with one view an energy is a 2-D XANES scan: it needs no reconstruction."
        )


def check_center(center: float, columns: int) -> None:
    """Raise `ReconstructionError` where the axis is not on the detector."""
    if not 0 <= center <= columns - 1:
        raise ReconstructionError(
            f"The rotation axis at column {center:g} is not on the detector, whose columns go from 0 to {columns - 1}."
        )


def view_warnings(angles: FloatArray) -> tuple[str, ...]:
    """Say where the views (A,), in degrees, leave a wedge of the half turn unseen."""
    turn = np.sort(np.mod(angles, 180.0))
    gaps = np.diff(turn, append=turn[0] + 180.0)
    steps = gaps[gaps > 1e-3]
    if steps.max() <= max(_WEDGE * np.median(steps), 5.0):
        return ()
    return (
        f"A wedge of {steps.max():.0f}° was not measured: surfaces facing it are blurred, attenuation is off by tens of per cent, "
        "and the rotation axis is less certain: look at a slice.",
    )


def view_weights(angles: FloatArray) -> FloatArray:
    """Angle each view stands for, (A,), in radians; they sum to pi.

    It is half the gap to the neighbours on the half turn, on which a view and its mirror image 180° away are one: they share
    the weight. Views beside a missing wedge stand for no more of it than for an ordinary gap.
    """
    turn = np.mod(angles, 180.0)
    order = np.argsort(turn, kind="stable")
    gaps = np.diff(turn[order], append=turn[order[0]] + 180.0)  # from each to the next, round the circle
    gaps[gaps < 1e-3] = 0.0
    gaps = np.minimum(gaps, _WEDGE * np.median(gaps[gaps > 0]))
    weights = np.empty(len(angles))
    weights[order] = (gaps + np.roll(gaps, 1)) / 2
    return np.pi * weights / weights.sum()


@dataclass(frozen=True, slots=True, eq=False)
class Geometry:
    """Where the views of one energy see the volume from.

    With mid = (R - 1) / 2 of R rows, what is at height z from the middle slice and at distance u = x cos(angle) + y sin(angle)
    from the axis (y upwards, as `skimage.transform.iradon` has it) is imaged at ``row = mid + dr + m (z cos t - u sin t)`` and
    ``column = center + dc + m (u cos t + z sin t)``.

    Attributes
    ----------
    angles : (A,) float64, degrees
    center : float
        Column of the axis in the middle row.
    magnification : float
        m, the size of the image in pixels relative to that on the volume's grid.
    tilt : float
        t, degrees: the axis' column grows by tan(t) a row.
    shifts : (A, 2) float64 or None
        (dr, dc) of each view, pixels.
    """

    angles: FloatArray
    center: float
    magnification: float = 1.0
    tilt: float = 0.0
    shifts: FloatArray | None = None

    @classmethod
    def checked(
        cls,
        angles: FloatArray,
        center: float,
        magnification: float,
        tilt: float,
        shifts: npt.ArrayLike | None,
        columns: int,
    ) -> Geometry:
        """Build a geometry for views of so many columns.

        Raises
        ------
        ReconstructionError
            If there are too few views, the axis is not on the detector, or a number cannot be.
        """
        check_views(angles)
        check_center(center, columns)
        if not (np.isfinite(magnification) and magnification > 0):
            raise ReconstructionError(f"A magnification is a positive number; found {magnification:g}.")
        if not abs(tilt) < MAX_TILT:
            raise ReconstructionError(
                f"The rotation axis cannot be tilted by {tilt:g}°: up to {MAX_TILT:g}° are corrected; "
                "turn the camera or the projections first."
            )
        moved = None if shifts is None else np.asarray(shifts, np.float64)
        if moved is not None and (moved.shape != (len(angles), 2) or not np.isfinite(moved).all()):
            raise ReconstructionError(
                f"Shifts are (row, column) of every view, ({len(angles)}, 2), all finite; found shape {moved.shape}."
            )
        return cls(np.asarray(angles, np.float64), float(center), float(magnification), float(tilt), moved)

    @property
    def tilt_radians(self) -> float:
        """The tilt in radians."""
        return float(np.deg2rad(self.tilt))

    @property
    def columns_a_voxel(self) -> float:
        """Columns by which one voxel across the axis is seen, in rows that have been brought to the slices'."""
        return self.magnification * float(np.cos(self.tilt_radians))

    def axes(self, index: int) -> float:
        """Column of the axis in the middle row of one view."""
        return self.center + (0.0 if self.shifts is None else float(self.shifts[index, 1]))

    def columns_of(self) -> npt.NDArray[np.float64]:
        """Give the column in each view as ``a x + b y + c`` of a voxel's place from the axis: (A, 3), y downwards."""
        theta = np.deg2rad(self.angles)
        across = self.columns_a_voxel
        at = np.full(len(theta), self.center) if self.shifts is None else self.center + self.shifts[:, 1]
        return np.column_stack([across * np.cos(theta), -across * np.sin(theta), at])


def resample_projections(
    projections: Float32, geometry: Geometry, axis: float | FloatArray, abort: threading.Event | None = None
) -> Float32:
    """Put projections on the common grid by one cubic-spline interpolation, for engines that know no geometry.

    Parameters
    ----------
    projections : (A, R, C) float32
    geometry : Geometry
        Where the views are.
    axis : float or (A,)
        Column at which the axis shall be, in every view or in each.
    abort : threading.Event

    Returns
    -------
    (A, R, C) float32
        Beyond the detector's edge its outermost pixels go on, so that no rim appears. Nothing is interpolated where all
        moves by whole pixels.
    """
    axes = np.broadcast_to(np.asarray(axis, np.float64), len(projections))
    m, t, middle = geometry.magnification, geometry.tilt_radians, (projections.shape[1] - 1) / 2
    still = same_size(m) and t == 0 and geometry.shifts is None
    if still and np.ptp(axes) < 1e-3 and _whole(axes[0] - geometry.center):
        return _move_whole_pixels(projections, round(axes[0] - geometry.center))
    turn = m * np.array([[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]])
    out = np.empty_like(projections)
    for i, (view, moved) in enumerate(zip(projections, out, strict=True)):
        raise_if_aborted(abort)
        down = 0.0 if geometry.shifts is None else geometry.shifts[i, 0]
        offset = np.array([middle + down, geometry.axes(i)]) - turn @ [middle, axes[i]]
        ndi.affine_transform(view, turn, offset, output=moved, order=3, mode="nearest")
    return out


def _whole(pixels: float) -> bool:
    return abs(pixels - round(pixels)) < 1e-3


def same_size(magnification: float) -> bool:
    """Whether the image is as large as on the common grid."""
    return abs(magnification - 1) < 1e-6


def _move_whole_pixels(projections: Float32, shift: int) -> Float32:
    if shift == 0:
        return projections
    columns = projections.shape[2]
    return np.take(projections, np.arange(columns) - shift, axis=2, mode="clip")
