"""Gauss and Newton's method at one level: the squared difference of two volumes over points about the fixed surface.

At the solution ``T`` a moving volume is ``m(T p) = gain f(p) + offset``. Near it, at ``A = T exp(e)``, ``m(A p)`` is
``gain f(p) + offset + gain grad f(p) . (e p)``: linear in gain, offset and gain times displacement, which the normal equations give
at once. The displacement is undone on the fixed side (inverse composition, Baker and Matthews 2004), so that only the gradient of
the fixed volume is needed. Gain and offset take up what salt-and-pepper noise, or another energy, does to the contrast.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ...progress import raise_if_aborted
from ...threads import in_threads
from ..overlap import Matrix
from .motions import moved_by
from .normal_kernels import COLUMNS, add_left_side, add_right_side
from .pyramid import Level, pieces_of_points
from .sampling_kernels import interpolate_moving, sample_moving
from .surface import Samples

Floats = npt.NDArray[np.float64]

LEAST_GAIN = 0.2
"""Of the expected one: below it a displacement is not divided by the gain, which says nothing any more."""

LONGEST_STEP = 1.5
GRAIN = 0.05
"""Of the longest step: below it, steps that grow no shorter are the lattice's grain, round and round the solution."""

PATIENCE = 3
"""After so many of them, steps are halved, which ends where they go round."""

LEAST_KNOWN = 0.25
RIDGE = 1e-9
WORSE = 1.1
"""A level that ends with so much more residual than it had on its way went astray; less is the lattice's grain."""


class Equations(NamedTuple):
    """Normal equations at one matrix; `moved` are the moving values, NaN where the field ends."""

    matrix: Floats
    right: Floats
    squares: float
    weight: float
    known: int
    moved: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Descent:
    """Where a level ended.

    Attributes
    ----------
    matrix : (4, 4)
    gain, offset : float
    residual : float
        Weighted mean square of what gain and offset do not explain, at the matrix.
    share : float
        Of the points, those that lie in the moving field.
    iterations : int
    settled : bool
        Whether the last step was shorter than the tolerance.
    weights : (N,)
        Of the points, as last used.
    moved : (N,)
        Moving values at the matrix, NaN where the field ends.
    """

    matrix: Matrix
    gain: float
    offset: float
    residual: float
    share: float
    iterations: int
    settled: bool
    weights: Floats
    moved: Floats


def equations(
    samples: Samples, moving: Level, matrix: Matrix, weights: Floats, before: Equations | None = None
) -> Equations:
    """Look the moving volume up and build the normal equations; sums are in a fixed order, whatever the threads.

    `before` are those at another matrix with the same weights: where all points were and are in the field, their left side stays.
    """
    moved = np.empty(len(samples.points))
    about = (samples.points, samples.center, samples.radius, samples.values, samples.gradients)
    grid = (moving.volume, moving.scale, moving.offset)

    def look(piece: tuple[int, int]) -> tuple[Floats, float, int]:
        look_up = interpolate_moving if samples.interpolated else sample_moving
        where = samples.points if samples.interpolated else samples.strewn
        look_up(where, *grid, matrix, samples.nodes, samples.node_weights, moved, *piece)
        right = np.zeros(COLUMNS)
        squares, known = add_right_side(*about, moved, weights, right, *piece)
        return right, squares, known

    def build(piece: tuple[int, int]) -> tuple[Floats, float]:
        left = np.zeros((COLUMNS, COLUMNS))
        return left, add_left_side(*about, moved, weights, left, *piece)

    cuts = pieces_of_points(len(moved))
    parts = in_threads(look, cuts)
    right = np.sum([p[0] for p in parts], axis=0)
    squares, known = float(sum(p[1] for p in parts)), int(sum(p[2] for p in parts))
    if before is not None and before.known == known == len(moved):
        return Equations(before.matrix, right, squares, before.weight, known, moved)
    sides = in_threads(build, cuts)
    left = np.sum([side for side, _ in sides], axis=0)
    weight = float(sum(total for _, total in sides))
    return Equations(np.triu(left) + np.triu(left, 1).T, right, squares, weight, known, moved)


def residual_of(found: Equations) -> tuple[float, float, float]:
    """Fit gain and offset alone; give them and the mean square that is left."""
    gain, offset = np.linalg.lstsq(found.matrix[12:, 12:], found.right[12:], rcond=None)[0]
    left = found.squares - found.right[12:] @ (gain, offset)
    return float(gain), float(offset), float(max(left, 0.0) / max(found.weight, 1e-300))


def descend(
    samples: Samples,
    moving: Level,
    start: Matrix,
    basis: Floats,
    *,
    tolerance: float,
    most: int,
    expected_gain: float = 1.0,
    reweigh: Callable[[Floats], Floats] | None = None,
    abort: threading.Event | None = None,
) -> Descent:
    """Go down from a start until steps are shorter than a tolerance.

    Parameters
    ----------
    samples : Samples
        Of the fixed volume.
    moving : Level
        The moving volume at the same level.
    start : (4, 4)
    basis : (12, P)
        What may move, as `motions` gives it.
    tolerance : float
        Root mean square displacement of the points, in voxels of the full grid.
    most : int
        Iterations.
    expected_gain : float
        Contrast of the moving volume over that of the fixed one.
    reweigh : callable or None
        Gives the points' weights, from 0 to 1, from their residuals; None leaves all at those of the samples.
    abort : Event or None

    Raises
    ------
    Aborted
        If `abort` was set.
    """
    unknowns = unknowns_of(basis)
    matrix, weights = start, samples.weights
    longest = LONGEST_STEP * float(moving.scale.max())
    best: tuple[float, Matrix] = (np.inf, start)
    length, iterations = np.inf, 0
    stride, shortest, stalled = 1.0, np.inf, 0
    found: Equations | None = None
    while iterations < most and length > tolerance:
        raise_if_aborted(abort)
        iterations += 1
        found = equations(samples, moving, matrix, weights, None if reweigh else found)
        if found.known < max(LEAST_KNOWN * len(samples.points), unknowns.shape[1]):
            break
        gain, offset, residual = residual_of(found)
        if reweigh is not None:
            weights = samples.weights * reweigh(found.moved - gain * samples.values - offset)
        elif residual < best[0]:
            best = (residual, matrix)
        left = unknowns.T @ found.matrix @ unknowns
        right = unknowns.T @ found.right
        # of the best known motion: one that nothing is known of stays as it is, and rounding does not drive it
        left[np.diag_indices_from(left)] += RIDGE * np.maximum(np.diag(left), np.diag(left)[:-2].max()) + 1e-300
        solved = unknowns @ np.linalg.solve(left, right)
        step = solved[:12] / max(solved[12], LEAST_GAIN * expected_gain)
        length = rms_displacement(step)
        stalled = 0 if length < shortest else stalled + (length < GRAIN * longest)
        shortest = min(shortest, length)
        if stalled == PATIENCE:
            stride, stalled = stride / 2, 0
        length *= stride
        matrix = moved_by(matrix, step * stride * longest / max(length, longest), samples.center, samples.radius)
    found = equations(samples, moving, matrix, weights, None if reweigh else found)
    gain, offset, residual = residual_of(found)
    share = found.known / max(len(samples.points), 1)
    if residual > WORSE * best[0] or share < LEAST_KNOWN:
        matrix = best[1]
        found = equations(samples, moving, matrix, weights)
        gain, offset, residual = residual_of(found)
        share = found.known / max(len(samples.points), 1)
    return Descent(matrix, gain, offset, residual, share, iterations, length <= tolerance, weights, found.moved)


def unknowns_of(basis: Floats) -> Floats:
    """Give what is solved for, (14, P + 2): the displacements that may be, then gain and offset."""
    unknowns = np.zeros((COLUMNS, basis.shape[1] + 2))
    unknowns[:12, :-2], unknowns[12:, -2:] = basis, np.eye(2)
    return unknowns


def rms_displacement(coefficients: Floats) -> float:
    """Root mean square length of a displacement whose coefficients are of coordinates with a variance of a third."""
    grid = coefficients.reshape(3, 4)
    return float(np.sqrt(np.sum(grid[:, :3] ** 2) / 3 + np.sum(grid[:, 3] ** 2)))
