"""How far a transform may be off, from the normal equations and the residuals' own correlation."""

import numpy as np
import numpy.typing as npt

from ..overlap import Matrix
from .descent import Descent, equations
from .kernels import COLUMNS, add_scores
from .pyramid import Level
from .surface import Samples

CELL = 8.0
"""Side of the cells, in voxels of the level, within which residuals may be correlated in any way."""


def expected_error(samples: Samples, moving: Level, ended: Descent, basis: npt.NDArray[np.float64]) -> float:
    """Expected error of a transform at the surface, in voxels.

    Neighbouring residuals see the same voxels, so that they do not count one by one: their pulls are summed over cells of voxels,
    and the spread of the cells' sums gives the covariance of the unknowns (the sandwich estimate for clustered data, Liang and
    Zeger 1986). What shifts all of a surface alike, as a wrong threshold would, is not in it.

    Returns
    -------
    float
        Root mean square over the points; NaN where the points do not fix all that may move.
    """
    matrix: Matrix = ended.matrix
    found = equations(samples, moving, matrix, ended.weights)
    residuals = found.moved - ended.gain * samples.values - ended.offset
    place = np.floor((samples.points - samples.points.min(axis=0)) / (CELL * float(moving.scale.max()))).astype(
        np.int64
    )
    grid = tuple(place.max(axis=0) + 1)
    cells = np.ravel_multi_index(tuple(place.T), grid)
    scores = np.zeros((int(np.prod(grid)), COLUMNS))
    add_scores(
        samples.points,
        samples.center,
        samples.radius,
        samples.values,
        samples.gradients,
        residuals,
        ended.weights,
        cells,
        scores,
    )
    scores = scores[np.any(scores != 0, axis=1)]
    unknowns = np.zeros((COLUMNS, basis.shape[1] + 2))
    unknowns[:12, :-2], unknowns[12:, -2:] = basis, np.eye(2)
    left = unknowns.T @ found.matrix @ unknowns
    if len(scores) <= left.shape[0] or np.linalg.matrix_rank(left, hermitian=True) < len(left) or ended.gain <= 0:
        return float("nan")
    pulls = scores @ unknowns
    inverse = np.linalg.inv(left)
    correction = len(scores) / (len(scores) - left.shape[0])
    covariance = correction * inverse @ (pulls.T @ pulls) @ inverse
    spread = (unknowns @ covariance @ unknowns.T)[:12, :12] / ended.gain**2
    where = np.c_[(samples.points - samples.center) / samples.radius, np.ones(len(samples.points))]
    moment = where.T @ where / len(where)
    return float(np.sqrt(sum(np.sum(spread[4 * a : 4 * a + 4, 4 * a : 4 * a + 4] * moment) for a in range(3))))
