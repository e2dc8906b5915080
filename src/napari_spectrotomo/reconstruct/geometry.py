"""Where projections are in space: the share of the half turn each stands for, and the one resampling onto the common grid."""

import threading

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from ..data import FloatArray
from ..errors import ReconstructionError
from ..progress import raise_if_aborted

Float32 = npt.NDArray[np.float32]
MIN_VIEWS = 6
_WEDGE = 3.0  # a gap of more than so many steps is a missing wedge, which no view stands for


def check_views(angles: FloatArray, where: str = "") -> None:
    """Raise `ReconstructionError` where there are too few views to reconstruct from."""
    distinct = len(np.unique(np.round(np.mod(angles, 180.0), 2) % 180.0))
    if distinct < MIN_VIEWS:
        raise ReconstructionError(
            f"{where}{distinct} different view{'s' * (distinct != 1)} cannot give a volume; at least {MIN_VIEWS} are needed, "
            "over a half turn. A scan with one view an energy is a 2-D XANES scan: it needs no reconstruction."
        )


def view_warnings(angles: FloatArray) -> tuple[str, ...]:
    """Say where the views (A,), in degrees, leave a wedge of the half turn unseen."""
    turn = np.sort(np.mod(angles, 180.0))
    gaps = np.diff(turn, append=turn[0] + 180.0)
    steps = gaps[gaps > 1e-3]
    if steps.max() <= max(_WEDGE * np.median(steps), 5.0):
        return ()
    return (
        f"A wedge of {steps.max():.0f}° was not measured: surfaces facing it are blurred, attenuation is too low there, "
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


def resample_projections(
    projections: Float32,
    center: float,
    magnification: float,
    axis: float | FloatArray,
    abort: threading.Event | None = None,
) -> Float32:
    """Put projections on the common grid by one cubic-spline interpolation.

    Parameters
    ----------
    projections : (A, R, C) float32
    center : float
        Column of the rotation axis in them.
    magnification : float
        By how much the image is larger than on the common grid; it shrinks about the middle row and the axis.
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
    if same_size(magnification) and np.ptp(axes) < 1e-3 and abs(axes[0] - center - round(axes[0] - center)) < 1e-3:
        return _move_whole_pixels(projections, round(axes[0] - center))
    middle = (projections.shape[1] - 1) / 2
    out = np.empty_like(projections)
    for view, moved, column in zip(projections, out, axes, strict=True):
        raise_if_aborted(abort)
        offset = (middle * (1 - magnification), center - magnification * column)
        ndi.affine_transform(view, [magnification, magnification], offset, output=moved, order=3, mode="nearest")
    return out


def same_size(magnification: float) -> bool:
    """Whether the image is as large as on the common grid."""
    return abs(magnification - 1) < 1e-6


def _move_whole_pixels(projections: Float32, shift: int) -> Float32:
    if shift == 0:
        return projections
    columns = projections.shape[2]
    return np.take(projections, np.arange(columns) - shift, axis=2, mode="clip")
