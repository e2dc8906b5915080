"""Views of one tomogram that should show the same: an early one and a late one, at one angle or half a turn apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import ndimage as ndi

from ..data import FloatArray
from .working_copy import Float32, WorkingCopy

_THIRD = 3
_MOST = 6
_EXACT = 0.02  # degrees
_NEAR = 1.05
"""Steps from an early view to the angle asked for, at most."""


@dataclass(frozen=True, slots=True)
class ViewPair:
    """A late view (r, c) and what it should look like if nothing moved, from early views; whether those are its mirror image."""

    late: Float32
    expected: Float32
    mirrored: bool


def view_pairs(copy: WorkingCopy) -> list[ViewPair]:
    """Give pairs of views from the first and the last third of a tomogram, in order of acquisition.

    Those at the same angle come alone where there are any: a wrong rotation axis moves mirror images, too. An early view
    between the angles measured is made by a straight line through the two nearest.
    """
    same = list(_chosen(copy, 0.0))
    chosen = same or list(_chosen(copy, 180.0))
    turn = 2 * copy.center - (copy.views.shape[2] - 1)
    pairs = []
    for late, early, weights in chosen:
        expected = np.tensordot(weights, copy.views[early], 1).astype(np.float32)
        if not same:
            expected = ndi.shift(expected[:, ::-1], (0.0, turn), order=3, mode="nearest")
        pairs.append(ViewPair(copy.views[late], expected, not same))
    return pairs


def _chosen(copy: WorkingCopy, apart: float) -> Iterator[tuple[int, list[int], FloatArray]]:
    """Late view, early views and their weights, of up to six pairs `apart` degrees (modulo a turn) from each other."""
    angles, count = copy.angles, len(copy.angles)
    steps = np.abs(np.diff(np.unique(np.round(angles, 3))))
    step = float(np.median(steps)) if len(steps) else 0.0
    third = max(1, count // _THIRD)
    candidates: list[tuple[float, int, list[int], FloatArray]] = []
    for late in range(count - third, count):
        off = np.mod(angles[:third] - angles[late] - apart + 180.0, 360.0) - 180.0
        near = np.argsort(np.abs(off), kind="stable")[:2]
        least = float(abs(off[near[0]]))
        if least > _NEAR * step:
            continue
        if least < _EXACT or len(near) < 2 or abs(off[near[1]] - off[near[0]]) < _EXACT:
            candidates.append((0.0, late, [int(near[0])], np.ones(1)))
        else:
            share = -off[near[0]] / (off[near[1]] - off[near[0]])
            between = 0.0 if 0 <= share <= 1 else least
            candidates.append((between, late, [int(i) for i in near], np.array([1 - share, share])))
    if not candidates:
        return
    best = min(c[0] for c in candidates)
    good = [c for c in candidates if c[0] <= best + _EXACT]
    for k in np.unique(np.linspace(0, len(good) - 1, min(_MOST, len(good))).astype(int)):
        yield good[k][1:]
