"""Shifts of views from sums over them, before anything is reconstructed.

In a parallel beam every view of a sample that is seen whole has the same mass in each row, and its centre of mass goes round the
axis on a sine (the consistency conditions of S. Helgason and D. Ludwig, of order 0 and 1).
"""

from __future__ import annotations

import numpy as np

from ..data import FloatArray
from .gauge import around_axis, without_position
from .working_copy import WorkingCopy

_ROUNDS = 4
_CUT = 0.3
"""Optical density at an edge, over the highest, that air beside the sample never has."""


def seen_whole(copy: WorkingCopy) -> bool:
    """Whether there is air on either side of the sample in all but a few views."""
    views = copy.views
    edge = max(2, views.shape[2] // 20)
    highest = float(np.percentile(views, 99))
    return all(float(np.percentile(side, 98)) < _CUT * highest for side in (views[:, :, :edge], views[:, :, -edge:]))


def shifts_from_profiles(copy: WorkingCopy) -> FloatArray:
    """Give shifts (A, 2) of a working copy's views, pixels, from their mass in each row and their centres of mass.

    They hold where the sample is seen whole from left to right, to what uneven beams let them: a pixel or so.
    """
    views = copy.views.astype(np.float64)
    edge = max(2, views.shape[2] // 20)
    beside = np.median(np.concatenate([views[:, :, :edge], views[:, :, -edge:]], axis=2), axis=(1, 2))
    views -= beside[:, None, None]
    shifts = np.zeros((len(views), 2))
    if copy.vertical:
        shifts[:, 0] = _along(views.sum(2))
    mass = views.sum((1, 2))
    if np.all(mass > 0.2 * np.median(mass)):
        shifts[:, 1] = _about_axis((views.sum(1) @ np.arange(views.shape[2])) / mass, copy)
    return without_position(shifts, copy.angles)


def _about_axis(mass_at: FloatArray, copy: WorkingCopy) -> FloatArray:
    """How far centres of mass (A,), columns, are off a sine about the rotation axis; views far off do not bend it."""
    around = around_axis(copy.angles)
    weight = np.ones_like(mass_at)
    for _ in range(_ROUNDS):
        root = np.sqrt(weight)[:, None]
        off = mass_at - around @ np.linalg.lstsq(around * root, mass_at * root[:, 0], rcond=None)[0]
        scatter = max(1.4826 * float(np.median(np.abs(off))), 1e-6)
        weight = 1 / (1 + (off / (2 * scatter)) ** 2)
    sine = np.linalg.lstsq(around * root, mass_at * root[:, 0], rcond=None)[0]
    return mass_at - around[:, 1:] @ sine[1:] - copy.center


def _along(profiles: FloatArray) -> FloatArray:
    """Displacement (A,) of profiles (A, r) against their median, sub-pixel."""
    count = profiles.shape[1]
    shifts = np.zeros(len(profiles))
    row = np.arange(count, dtype=np.float64)
    limit = count // 3
    for _ in range(_ROUNDS):
        moved = np.array([np.interp(row + s, row, p) for s, p in zip(shifts, profiles, strict=True)])
        slope = np.gradient(np.median(moved, axis=0))
        likeness = np.fft.irfft(
            np.fft.rfft(np.gradient(profiles, axis=1), 2 * count) * np.conj(np.fft.rfft(slope, 2 * count)), 2 * count
        )
        likeness = np.concatenate([likeness[:, -limit:], likeness[:, : limit + 1]], axis=1)
        best = np.clip(likeness.argmax(1), 1, 2 * limit - 1)
        before, at, after = (likeness[np.arange(len(best)), best + k] for k in (-1, 0, 1))
        bend = before - 2 * at + after
        part = np.divide(before - after, 2 * bend, out=np.zeros_like(bend), where=bend < 0)
        shifts = best - limit + np.clip(part, -0.5, 0.5)
        shifts -= np.median(shifts)
    return shifts
