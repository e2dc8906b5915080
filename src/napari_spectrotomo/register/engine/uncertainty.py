"""How far a transform may be off, from both volumes' gradients and the residuals' own correlation."""

import numpy as np
import numpy.typing as npt

from ...threads import in_threads
from .descent import Descent, rms_displacement, unknowns_of
from .normal_kernels import COLUMNS, add_scores
from .pyramid import Level, pieces_of_points
from .sampling_kernels import sample_fixed
from .surface import Samples

Floats = npt.NDArray[np.float64]

CELLS = (8.0, 6.0, 4.0)
"""Sides of the cells, in voxels of the level, within which residuals may be correlated in any way: the largest of which a particle
has enough."""

ENOUGH = 3
"""Cells for every unknown."""

CURVATURE_SAMPLES = 10_000
"""About so many points tell the curvature, at least, where there are as many."""

LEAST_KNOWN = 1e-3
"""A motion of which the equations hold less than this part of what they hold of the best known is not known at all."""


def expected_error(samples: Samples, moving: Level, ended: Descent, basis: Floats) -> float:
    """Expected error of a transform at the surface, in voxels.

    Neighbouring residuals see the same voxels, so that they do not count one by one: their pulls are summed over cells of voxels,
    and the spread of the cells' sums gives the covariance of the unknowns (the sandwich estimate for clustered data, Liang and
    Zeger 1986). How much a pull moves the transform is told from the products of the fixed volume's gradients with the moving
    one's: noise and voxels make gradients in either, across a surface as along it, but not the same ones in both, so that a
    sphere's rotation is not taken for known (the moving gradients are instruments, as for errors in variables). What shifts all
    of a surface alike, as a wrong threshold would, is not in it.

    Parameters
    ----------
    samples : Samples
        Of the fixed volume.
    moving : Level
        The moving volume at the same level.
    ended : Descent
        Where the solver ended.
    basis : (12, P)
        What may move.

    Returns
    -------
    float
        Root mean square over the points; NaN where the points do not fix all that may move.
    """
    unknowns = unknowns_of(basis)
    if len(samples.points) <= unknowns.shape[1] or ended.gain <= 0:
        return float("nan")
    count = unknowns.shape[1]
    for cell in CELLS:
        scores = _scores(samples, ended, cell * float(moving.scale.max()))
        if len(scores) >= ENOUGH * count:
            break
    if len(scores) <= count:
        return float("nan")
    curved = unknowns.T @ _curvature(samples, moving, ended) @ unknowns
    if not _is_known(curved, basis):
        return float("nan")
    pulls = scores @ unknowns
    inverse = np.linalg.inv(curved)
    correction = len(scores) / (len(scores) - count)
    covariance = correction * inverse @ (pulls.T @ pulls) @ inverse.T
    spread = (unknowns @ covariance @ unknowns.T)[:12, :12] / ended.gain**2
    where = np.c_[(samples.points - samples.center) / samples.radius, np.ones(len(samples.points))]
    moment = where.T @ where / len(where)
    return float(np.sqrt(sum(np.sum(spread[4 * a : 4 * a + 4, 4 * a : 4 * a + 4] * moment) for a in range(3))))


def _scores(samples: Samples, ended: Descent, cell: float) -> Floats:
    """Sum the residuals' pulls on the unknowns over cells, (cells, 14)."""
    residuals = ended.moved - ended.gain * samples.values - ended.offset
    place = ((samples.points - samples.points.min(axis=0)) / cell).astype(np.int64)
    grid = tuple(place.max(axis=0) + 1)
    cells = np.ravel_multi_index(tuple(place.T), grid)
    scores = np.zeros((int(np.prod(grid)), COLUMNS))
    about = (samples.points, samples.center, samples.radius, samples.values, samples.gradients)
    add_scores(*about, residuals, ended.weights, cells, scores)
    return np.asarray(scores[scores.any(axis=1)])


def _curvature(samples: Samples, moving: Level, ended: Descent) -> Floats:
    """Sum the products of what a value depends on, as the fixed volume tells it, with the same as the moving one tells it."""
    linear = ended.matrix[:3, :3]
    every = slice(None, None, max(1, len(samples.points) // CURVATURE_SAMPLES))
    seen_by, weights = samples.subset(every), ended.weights[every]
    grid = (moving.volume, moving.scale, moving.offset)

    def build(piece: tuple[int, int]) -> Floats:
        part = seen_by.subset(slice(*piece))
        there = part.points @ linear.T + ended.matrix[:3, 3]
        values, slopes = np.empty(len(there)), np.zeros((len(there), 3))
        sample_fixed(there, *grid, samples.steps, samples.step_weights, values, slopes, 0, len(there))
        known = np.isfinite(values)
        here = np.c_[(part.points - part.center) / part.radius, np.ones(len(there))][known]
        told = _rows(here, part.gradients[known], part.values[known])
        seen = _rows(here, slopes[known] @ linear / ended.gain, part.values[known])
        return np.asarray((told * weights[slice(*piece)][known, None]).T @ seen)

    total = np.sum(in_threads(build, pieces_of_points(len(weights))), axis=0)
    return np.asarray(total * (len(samples.points) / len(weights)))


def _rows(where: Floats, gradients: Floats, values: Floats) -> Floats:
    """Give what values depend on: a displacement's coefficients, the gain, the offset; (N, 14)."""
    products = (gradients[:, :, None] * where[:, None, :]).reshape(len(where), 12)
    return np.c_[products, values, np.ones(len(where))]


def _is_known(curved: Floats, basis: Floats) -> bool:
    """Whether all unknowns are fixed: none is next to missing from the equations, or there with the wrong sign."""
    diagonal = np.diag(curved)
    lengths = np.array([rms_displacement(column) for column in basis.T])
    best = np.max(diagonal[: len(lengths)] / lengths**2)
    if not (np.all(np.isfinite(curved)) and best > 0 and np.all(diagonal[len(lengths) :] > 0)):
        return False
    size = np.sqrt(np.r_[best * lengths**2, diagonal[len(lengths) :]])
    even = curved / np.outer(size, size)
    return bool(np.linalg.eigvalsh((even + even.T) / 2)[0] > LEAST_KNOWN)
