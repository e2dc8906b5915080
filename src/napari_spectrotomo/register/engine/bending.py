"""Gauss and Newton's method for a smooth displacement, at one level.

Where a point is displaced by ``u``, the moving value is ``gain (f + slope . (u - true u)) + offset`` near the solution, with
the slope of the fixed volume: ``residual = (moved - offset) / gain - f`` rises by ``slope . du``. Its squares, over the
variance of what a surface tells, and the energy of a smooth random field are made least together: the most probable field. The
variance is that of the residuals' pulls, summed over cells of voxels, because neighbouring points see the same voxels (as in
`uncertainty`); so it does not matter how many points there are. How strong deformations are is learnt from the data too
(MacKay, Neural Comput. 4, 415, 1992): where there is noise alone, next to none.
"""

import threading
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ...chance import SEED
from ...progress import raise_if_aborted
from .bent_points import BentPoints
from .pyramid import Level
from .smoothness import Smoothness

Floats = npt.NDArray[np.float64]

LEAST_ERROR = 0.01
"""Voxels of the level: no cell of a surface says better than that where it is."""

LONGEST_STEP = 1.5
INNER = 60
ENOUGH, ROUGHLY = 1e-3, 1e-2
"""Of the right side: what the equations of a step, and those of a draw, may leave."""

DRAWS = 4
LESSONS = 5
DOUBT = 10.0
"""So many unknowns that are not displaced are seen beside the points': without evidence deformations are weak."""

WEAKEST, STRONGEST = 0.02, 20.0
"""Voxels between which the deviation of deformations is learnt."""

SURE = 0.1
"""Of the deviation: nothing more is learnt then."""


class Pulls(NamedTuple):
    """What the points say at a displacement.

    Attributes
    ----------
    tensors : (blocks, 3, 3), pulls : (blocks, 3)
        Sums of ``slope slope`` and ``slope residual`` over the points of every block.
    variance : float
        Of a pull, over its tensor's trace.
    rms : float
        Of the residuals, in units of the moving volume.
    """

    tensors: Floats
    pulls: Floats
    variance: float
    rms: float


@dataclass(frozen=True, slots=True, eq=False)
class Bend:
    """A field and how it was found.

    Attributes
    ----------
    field : (C, 3)
        Coefficients of the control points, in voxels.
    deviation : float
        Of deformations, in voxels, as it was taken to be.
    rms : float
        Of the residuals, in units of the moving volume.
    iterations : int
    settled : bool
        Whether the last step was shorter than the tolerance.
    freedom : float
        Numbers that the points, rather than smoothness, decide.
    uncertainty : float
        Root mean square error to be expected at the points, in voxels.
    """

    field: Floats
    deviation: float
    rms: float = np.nan
    iterations: int = 0
    settled: bool = False
    freedom: float = 0.0
    uncertainty: float = np.nan


def pulls_at(points: BentPoints, moving: Level, field: Floats, freedom: float = 0.0) -> Pulls:
    """Look the moving volume up, take its gain and offset out, and sum up what is left, of which a fit takes `freedom` away."""
    displacement = points.displaced(grid_of(field, points.counts))
    moved = points.looked_up(moving, displacement)
    known = np.isfinite(moved)
    values = points.samples.values
    columns = np.stack([values[known], np.ones(int(known.sum()))], axis=1)
    left = np.einsum("ia,ib->ab", columns, columns)
    gain, offset = np.linalg.lstsq(left, np.einsum("ia,i->a", columns, moved[known]), rcond=None)[0]
    residual = np.where(known, moved - gain * values - offset, 0.0)
    rms = float(np.sqrt(np.sum(residual**2) / max(int(known.sum()), 1)))
    residual /= gain if gain > 0 else np.inf
    slopes = np.where(known[:, None], points.slopes, 0.0)
    count = points.rows.shape[0]
    tensors = np.empty((count, 3, 3))
    for a in range(3):
        for b in range(a, 3):
            tensors[:, a, b] = tensors[:, b, a] = np.bincount(points.blocks, slopes[:, a] * slopes[:, b], count)
    pulls = _sums(points.blocks, slopes * residual[:, None])
    in_cells = _sums(points.cells, slopes * residual[:, None])
    trace = float(np.trace(tensors, axis1=1, axis2=2).sum())
    floor = (LEAST_ERROR * float(moving.scale.max())) ** 2 * trace / len(in_cells)
    left_of_it = max(1 - freedom / len(in_cells), 0.3)
    variance = float(np.sum(in_cells**2)) / max(trace, 1e-300) / left_of_it
    return Pulls(tensors, pulls, max(variance, floor), rms)


class Balance:
    """Points against smoothness: the equations whose solution is the most probable field."""

    def __init__(self, points: BentPoints, found: Pulls, smooth: Smoothness, deviation: float) -> None:
        self.rows, self.tensors = points.rows, found.tensors / found.variance
        self.smooth, self.response = smooth, smooth.spectrum / deviation**2
        trace = np.trace(self.tensors, axis1=1, axis2=2)
        mean = float((self.rows.multiply(self.rows).T @ trace).sum()) / (3 * self.rows.shape[1])
        self.guess = 1 / (self.response + mean)

    def told(self, field: Floats) -> Floats:
        """Multiply a field (C, 3 K) by what the points say of it."""
        at = (self.rows @ field).reshape(len(self.tensors), 3, -1)
        return np.asarray(self.rows.T @ np.einsum("bij,bjk->bik", self.tensors, at).reshape(len(at), -1))

    def solve(self, right: Floats, start: Floats, left: float, abort: threading.Event | None) -> Floats:
        """Solve for a field (C, 3 K), K at a time, by conjugate gradients in the cosines' metric."""
        x = start.copy()
        r = right - self.told(x) - self.smooth.filtered(x, self.response)
        z = self.smooth.filtered(r, self.guess)
        p = z
        rz = _dots(r, z)
        enough = left**2 * _dots(right, self.smooth.filtered(right, self.guess))
        for _ in range(INNER):
            if np.all(rz <= enough):
                break
            raise_if_aborted(abort)
            q = self.told(p) + self.smooth.filtered(p, self.response)
            step = rz / np.maximum(_dots(p, q), 1e-300)
            x = x + _times(p, step)
            r = r - _times(q, step)
            z = self.smooth.filtered(r, self.guess)
            before, rz = rz, _dots(r, z)
            p = z + _times(p, rz / np.maximum(before, 1e-300))
        return x

    def draws(self, count: int, abort: threading.Event | None) -> Floats:
        """Draw fields (C, 3 count) as far from the most probable one as the true one may be."""
        random = np.random.default_rng(SEED)
        values, vectors = np.linalg.eigh(self.tensors)
        noise = np.sqrt(np.maximum(values, 0))[:, :, None] * random.standard_normal((len(values), 3, count))
        told = self.rows.T @ (vectors @ noise).reshape(len(values), -1)
        own = self.smooth.filtered(random.standard_normal((self.rows.shape[1], 3 * count)), np.sqrt(self.response))
        right = np.asarray(told + own)
        return self.solve(right, np.zeros_like(right), ROUGHLY, abort)


def refine(
    points: BentPoints,
    moving: Level,
    smooth: Smoothness,
    bend: Bend,
    *,
    tolerance: float,
    most: int,
    abort: threading.Event | None = None,
) -> Bend:
    """Displace until steps are shorter than `tolerance` voxels, with deformations of a known deviation."""
    longest = LONGEST_STEP * float(moving.scale.max())
    field, iterations, length = bend.field, 0, np.inf
    while iterations < most and length > tolerance:
        raise_if_aborted(abort)
        iterations += 1
        found = pulls_at(points, moving, field, bend.freedom)
        balance = Balance(points, found, smooth, bend.deviation)
        right = balance.told(field) - points.rows.T @ found.pulls / found.variance
        step = balance.solve(right, field, ENOUGH, abort) - field
        lengths = np.linalg.norm(points.rows @ step, axis=1)
        length = float(np.sqrt(np.mean(lengths**2)))
        field = field + step * min(1.0, longest / max(float(lengths.max(initial=0)), 1e-300))
    rms = pulls_at(points, moving, field).rms
    return replace(bend, field=field, rms=rms, iterations=iterations, settled=length <= tolerance)


def learn(
    points: BentPoints,
    moving: Level,
    smooth: Smoothness,
    bend: Bend,
    stiffness: float,
    *,
    tolerance: float,
    abort: threading.Event | None = None,
) -> Bend:
    """Learn how strong deformations are, displace accordingly, and so on; then say how far the field may be off."""
    iterations = 0
    for _ in range(LESSONS):
        balance = Balance(points, pulls_at(points, moving, bend.field, bend.freedom), smooth, bend.deviation)
        drawn = balance.draws(DRAWS, abort)
        freedom = float(np.sum(drawn * balance.told(drawn))) / DRAWS
        learnt = float(np.sqrt(smooth.energy(bend.field) / (freedom + DOUBT))) / stiffness
        ratio = learnt / bend.deviation
        ratio = ratio**2 if ratio < 1 else ratio
        deviation = float(np.clip(bend.deviation * np.clip(ratio, 0.1, 10), WEAKEST / stiffness, STRONGEST / stiffness))
        bend = replace(bend, deviation=deviation, freedom=freedom)
        bend = refine(points, moving, smooth, bend, tolerance=tolerance, most=3, abort=abort)
        iterations += bend.iterations
        if abs(np.log(max(ratio, 1e-9))) < SURE:
            break
    balance = Balance(points, pulls_at(points, moving, bend.field, bend.freedom), smooth, bend.deviation)
    spread = points.rows @ balance.draws(DRAWS, abort)
    return replace(bend, iterations=iterations, uncertainty=float(np.sqrt(3 * np.mean(spread**2))))


def grid_of(field: Floats, counts: tuple[int, ...]) -> Floats:
    """Give coefficients (C, 3) as (3, cz, cy, cx)."""
    return np.ascontiguousarray(field.T).reshape(3, *counts)


def _sums(groups: npt.NDArray[np.int64], values: Floats) -> Floats:
    return np.stack([np.bincount(groups, values[:, a]) for a in range(3)], axis=1)


def _dots(a: Floats, b: Floats) -> Floats:
    """Scalar products (K,) of fields (C, 3 K), summed in an order of their own."""
    return np.asarray((a * b).sum(axis=0).reshape(3, -1).sum(axis=0))


def _times(field: Floats, factors: Floats) -> Floats:
    return field * np.tile(factors, 3)
