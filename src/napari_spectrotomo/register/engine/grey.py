"""From masks to grey volumes: a hundredth of a voxel, where masks give three or four.

A mask is cut off at a threshold; the volume it was made from still has the shape of every surface. Contrast differs between
energies, so that a gain and an offset are fitted with the transform; near the edge chemistry changes it from place to place too,
so that the gain varies slowly with the place, and points that disagree with the rest count less.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ..overlap import Matrix
from .descent import Descent, descend, equations, residual_of, rms_displacement
from .pyramid import Level
from .surface import Samples
from .uncertainty import expected_error

Floats = npt.NDArray[np.float64]

TAIL = 3.0
"""Residuals of so many times their root mean square count half (Cauchy's weights)."""

FARTHEST = 1.0
"""Voxels: a refinement that goes farther than this from what masks gave has left the surface it began at."""

LEAST_SHARE = 0.5
MOST_SHADE = 3.0
SHADE_SAMPLES = 8_000
SURER = 0.8
"""A contrast that varies is believed where the expected error comes down to this part: it has a price where it does not vary."""


@dataclass(frozen=True, slots=True, eq=False)
class Refinement:
    """What grey volumes made of a transform.

    Attributes
    ----------
    matrix : (4, 4)
        The refined one, or that of the masks where it was not kept.
    kept : bool
    before, after : float
        Root mean square of the grey residual about the surface, over the contrast there; NaN when unknown.
    gain : float
        Contrast at this energy over that at the fixed one.
    uncertainty : float
        Expected error at the surface, voxels.
    iterations : int
    """

    matrix: Matrix
    kept: bool
    before: float
    after: float
    gain: float
    uncertainty: float
    iterations: int


def refine(
    samples: Samples,
    moving: Level,
    matrix: Matrix,
    basis: Floats,
    *,
    tolerance: float,
    most: int,
    abort: threading.Event | None = None,
) -> Refinement:
    """Go on from a transform of masks on the grey volumes.

    Parameters
    ----------
    samples : Samples
        Of the grey fixed volume, about the surface.
    moving : Level
        The grey moving volume at full resolution; NaN where unknown.
    matrix : (4, 4)
    basis : (12, P)
    tolerance : float, voxels
    most : int
        Iterations.
    abort : Event or None
    """
    nothing = Refinement(matrix, False, np.nan, np.nan, np.nan, np.nan, 0)
    if len(samples.points) < 4 * basis.shape[1]:
        return nothing
    contrast = float(np.subtract(*np.percentile(samples.values, (95, 5))))
    first = equations(samples, moving, matrix, samples.weights)
    gain, _, _ = residual_of(first)
    if first.known < LEAST_SHARE * len(samples.points) or not gain > 0 or not contrast > 0:
        return nothing

    def down(fixed: Samples, start: Matrix) -> tuple[Descent, float]:
        limits = {"tolerance": tolerance, "expected_gain": gain}
        ended = descend(fixed, moving, start, basis, most=most, reweigh=_cauchy, abort=abort, **limits)
        return ended, expected_error(fixed, moving, ended, basis)

    ended, error = down(samples, matrix)
    iterations = ended.iterations
    shaded = _shaded(samples, ended.moved, ended.weights)
    anew, other = down(shaded, ended.matrix)
    iterations += anew.iterations
    if not other > SURER * error:
        ended, error, samples = anew, other, shaded
    before, after = (_residual(samples, moving, at) for at in (matrix, ended.matrix))
    was, now = (float(np.sqrt(value)) / (gain * contrast) for value in (before, after))
    moved = np.linalg.inv(matrix) @ ended.matrix - np.eye(4)
    step = np.c_[moved[:3, :3] * samples.radius, moved[:3, :3] @ samples.center + moved[:3, 3]]
    far = rms_displacement(step.ravel()) > FARTHEST
    if far or not after < before or not ended.gain > 0 or ended.share < LEAST_SHARE:
        return Refinement(matrix, False, was, now, gain, np.nan, iterations)
    return Refinement(ended.matrix, True, was, now, ended.gain, error, iterations)


def _shaded(samples: Samples, moved: Floats, weights: Floats) -> Samples:
    """Give the samples the contrast that the moving volume has from place to place, up to second order in the position.

    The contrast is fitted together with a small displacement, so that neither is taken for the other.
    """
    where = np.c_[np.ones(len(moved)), (samples.points - samples.center) / samples.radius]
    shades = np.c_[where, where[:, 1:] ** 2, where[:, 1:] * np.roll(where[:, 1:], 1, axis=1)]
    few = np.flatnonzero(np.isfinite(moved))[:: max(1, len(moved) // SHADE_SAMPLES)]
    shifts = (samples.gradients[few, :, None] * where[few, None, :]).reshape(len(few), 12)
    rows = np.c_[shades[few] * samples.values[few, None], np.ones(len(few)), shifts]
    weighed = rows * weights[few, None]
    found = np.linalg.lstsq(weighed.T @ rows, weighed.T @ moved[few], rcond=1e-9)[0]
    contrast = shades @ found[: shades.shape[1]]
    usual = float(np.median(contrast))
    if not usual > 0:
        return samples
    part = np.clip(contrast / usual, 1 / MOST_SHADE, MOST_SHADE)
    return replace(samples, values=part * samples.values, gradients=part[:, None] * samples.gradients)


def _residual(samples: Samples, moving: Level, matrix: Matrix) -> float:
    """Mean square of what gain and offset leave, every point counted alike, so that it can be compared."""
    return residual_of(equations(samples, moving, matrix, samples.weights))[2]


def _cauchy(residuals: Floats) -> Floats:
    known = np.isfinite(residuals)
    scale = TAIL * np.sqrt(np.mean(residuals[known] ** 2)) if known.any() else 0.0
    if not scale > 0:
        return known.astype(np.float64)
    return np.where(known, 1 / (1 + (np.where(known, residuals, 0.0) / scale) ** 2), 0.0)
