"""Shifts of views by re-projection: the volume they give together is seen from each angle, and each view laid against that."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from ..data import FloatArray
from ..progress import raise_if_aborted
from ..reconstruct import ReconstructParameters, project_volume, reconstruct_volume
from ..threads import in_threads
from .gauge import without_position
from .likeness import Likeness, compare
from .working_copy import Float32, WorkingCopy

_FBP = ReconstructParameters(filter="hann")
_STEP = 2.0
"""Pixels a view moves at most in one step."""
_STILL = 0.005
"""Root mean square step, in pixels, under which all is found."""
_STEPS = 12
_REMEMBERED = 4
_TINY = 1e-4


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a reconstruction from these views must make up for.

    Attributes
    ----------
    whole : bool
        Whether the sample is seen whole from left to right.
    wedge : bool
        Whether a wedge of the half turn was not measured.
    beyond : float
        Share of the columns by which views are continued on either side, where the sample is not seen whole.
    corrections : int
        Times what re-projection leaves is reconstructed and added, nothing being less than 0: where not all is seen.
    """

    whole: bool = True
    wedge: bool = False
    beyond: float = 0.0
    corrections: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """Shifts (A, 2) of a working copy's pixels, those at first, how views lay then and lie now, and whether all came to rest."""

    shifts: FloatArray
    start: FloatArray
    first: Likeness
    last: Likeness
    at_rest: bool


def reproject(
    copy: WorkingCopy, shifts: FloatArray, around: Surroundings, abort: threading.Event | None = None
) -> Float32:
    """Reconstruct views (A, r, c) that lie displaced by `shifts` (A, 2) and project the volume as they see it."""
    columns = copy.views.shape[2]
    pad = round(around.beyond * columns)
    views = _continued(copy.views, pad)
    center = copy.center + pad
    volume = reconstruct_volume(views, copy.angles, center, parameters=_FBP, shifts=shifts, abort=abort)
    np.maximum(volume, 0, out=volume)
    seen = _seen(volume, copy.angles, center, shifts, abort)
    for _ in range(around.corrections):
        left = views - seen
        left[:, :, :pad], left[:, :, pad + columns :] = left[:, :, pad, None], left[:, :, pad + columns - 1, None]
        volume += reconstruct_volume(left, copy.angles, center, parameters=_FBP, shifts=shifts, abort=abort)
        np.maximum(volume, 0, out=volume)
        seen = _seen(volume, copy.angles, center, shifts, abort)
    return seen[:, :, pad : pad + columns]


def _seen(
    volume: Float32, angles: FloatArray, center: float, shifts: FloatArray, abort: threading.Event | None
) -> Float32:
    """Views (A, r, c) of a volume, displaced by `shifts` (A, 2): columns by the rays, rows by cubic splines."""
    views = project_volume(volume, angles, center, shifts=shifts, abort=abort)

    def down(item: int) -> None:
        if abs(shifts[item, 0]) > _TINY:
            views[item] = ndi.shift(views[item], (shifts[item, 0], 0.0), order=3, mode="nearest")

    in_threads(down, range(len(views)))
    return views


def lie(
    copy: WorkingCopy,
    shifts: FloatArray,
    around: Surroundings,
    margin: int | None = None,
    abort: threading.Event | None = None,
) -> Likeness:
    """Lay the views against their re-projection with `shifts` (A, 2); `margin` pixels at the edges are left out."""
    margin = margin_for(copy, shifts) if margin is None else margin
    return compare(copy.detail, reproject(copy, shifts, around, abort), margin, copy.vertical)


def margin_for(copy: WorkingCopy, shifts: FloatArray) -> int:
    """Pixels at the edges that most of the views displaced by `shifts` (A, 2) do not fill."""
    far = int(np.ceil(np.percentile(np.abs(shifts), 98) - 0.5))
    return max(0, min(far, min(copy.views.shape[1 + (not copy.vertical) :]) // 8))


def refine(copy: WorkingCopy, shifts: FloatArray, around: Surroundings, abort: threading.Event | None = None) -> Found:
    """Refine shifts (A, 2) of a working copy's views until they come to rest.

    Every step lays the views against their re-projection. What many views have in common is partly taken for the sample's own
    shape by the reconstruction, so that single steps find only part of it: the steps before say how much of it
    (Anderson's mixing).

    References
    ----------
    D. Gürsoy et al. (2017), Scientific Reports 7, 11818 (iterative re-projection); D. G. Anderson (1965), J. ACM 12, 547.
    """
    start = shifts
    first = last = lie(copy, shifts, around, abort=abort)
    taken: list[FloatArray] = []
    found: list[FloatArray] = []
    for count in range(_STEPS):
        raise_if_aborted(abort)
        if count:
            last = lie(copy, shifts, around, abort=abort)
        step = without_position(np.clip(last.shifts, -_STEP, _STEP), copy.angles)
        size = float(np.sqrt(np.mean(step**2)))
        if found and size > 1.5 * np.sqrt(np.mean(found[-1] ** 2)):
            taken, found = [], []
        taken, found = [*taken, shifts][-_REMEMBERED - 1 :], [*found, step][-_REMEMBERED - 1 :]
        shifts = without_position(_mixed(taken, found), copy.angles)
        if size < _STILL:
            break
    return Found(shifts, start, first, last, size < _STILL)


def _mixed(taken: list[FloatArray], found: list[FloatArray]) -> FloatArray:
    """Next shifts from those taken and the steps found at them, the last ones last (Anderson's mixing)."""
    straight = taken[-1] + found[-1]
    if len(taken) < 2:
        return straight
    apart = np.diff([t.ravel() for t in taken], axis=0).T
    change = np.diff([f.ravel() for f in found], axis=0).T
    share = np.linalg.lstsq(change, found[-1].ravel(), rcond=1e-3)[0]
    return straight - ((apart + change) @ share).reshape(straight.shape)


def _continued(views: npt.NDArray[np.float32], pad: int) -> Float32:
    """Views with `pad` columns more on either side, in which the outermost column fades."""
    if pad == 0:
        return views
    wide = np.pad(views, ((0, 0), (0, 0), (pad, pad)), mode="edge")
    fade = ((np.arange(pad) + 0.5) / pad).astype(np.float32)
    wide[:, :, :pad] *= fade
    wide[:, :, -pad:] *= fade[::-1]
    return wide
