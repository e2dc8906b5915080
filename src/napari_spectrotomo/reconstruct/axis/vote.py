"""The vote of methods that do not depend on each other."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...data import FloatArray
from .estimate import Found

AGREE = 0.5
"""Pixels within which methods are said to agree."""
_UNSURE = 3.0
"""Pixels (or a fiftieth of the detector) of uncertainty from which on a method knows nothing."""


def vote(found: Mapping[str, Found], columns: int) -> tuple[float, float, float, tuple[str, ...]]:
    """Combine what the methods found.

    Each method gives its weight, which falls with its uncertainty s as 1 / (1 + (s/0.5 px)²), to what lies within half a pixel
    or three standard deviations of it. The column that most weight stands behind is taken, refined by the mean of the methods that
    agree with it, each weighed by the inverse square of its uncertainty. Its own uncertainty is that mean's, or that of their
    scatter if that is larger (Birge's ratio). The others are left out, with a sentence.

    Parameters
    ----------
    found : mapping of str to Found
    columns : int
        Width of the detector, pixels.

    Returns
    -------
    center, uncertainty : float
        Pixels; NaN where no method knows.
    confidence : float
        As `AxisEstimate` says.
    doubts : tuple of str
    """
    limit = max(_UNSURE, 0.02 * columns)
    names = [n for n, f in found.items() if f.known and f.uncertainty <= limit and 0 <= f.column <= columns - 1]
    if not names:
        return float("nan"), float("nan"), 0.0, ()
    at = np.array([found[n].column for n in names])
    error = np.array([found[n].uncertainty for n in names])
    weight = 1 / (1 + (error / AGREE) ** 2)
    behind = _agrees(at[:, None], at[None], np.hypot(error[:, None], error[None])) @ weight
    first = int(np.argmax(behind + 1e-6 * weight))
    agree = _agrees(at, at[first], np.hypot(error, error[first])) > 0.5
    center, uncertainty = _mean(at[agree], error[agree])
    support = weight * _agrees(at, center, error)
    confidence = float((support.sum() / weight.sum()) ** 2 * (1 - 2.0 ** -support.sum()))
    doubts = tuple(
        f"By the {name} method the rotation axis would be at column {column:.2f}, {abs(column - center):.1f} pixels from the "
        f"{center:.2f} that {'the other methods give' if agree.sum() > 1 else 'was taken'}."
        for name, column, agrees in zip(names, at, agree, strict=True)
        if not agrees
    )
    return center, uncertainty, confidence, doubts


def _agrees(a: FloatArray, b: FloatArray | float, error: FloatArray) -> FloatArray:
    """How far columns agree, 0..1: a half where they are apart by half a pixel or three standard deviations."""
    return 0.5 ** ((a - b) ** 2 / np.maximum(AGREE, 3 * error) ** 2)


def _mean(at: FloatArray, error: FloatArray) -> tuple[float, float]:
    weight = 1 / error**2
    center = float(np.sum(weight * at) / weight.sum())
    own = float(np.sqrt(1 / weight.sum()))
    if len(at) == 1:
        return center, own
    ratio = float(np.sqrt(np.sum(weight * (at - center) ** 2) / (len(at) - 1)))
    return center, own * max(1.0, ratio)
