"""A particle looked for by itself: its own surface in the fixed volume, wherever no other particle can be taken for it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...progress import raise_if_aborted
from ..overlap import Mask, Matrix
from .chain import seen_through
from .descent import Descent, descend, equations, residual_of
from .pyramid import Level, levels_of
from .surface import Samples, samples_at, surface_voxels

Floats = npt.NDArray[np.float64]

REACH = 4
"""Voxels of a level about a surface voxel that a sample there looks at."""

COARSEST_LEVEL = 2
"""A particle is looked for from its neighbour's or the whole's pose: levels coarser than this many halvings are not needed."""

LEAST_VOXELS = 60
INSIDE = 4_000
COVERED = 0.5
COARSE_SAMPLES = 6_000
COARSE_ITERATIONS = 12
ROUGHLY = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """One particle of the fixed volume, ready to be looked for at any energy.

    Attributes
    ----------
    number : int
        Its label.
    levels : list of Level
        The fixed mask about it, cut out with a margin, without the other particles.
    voxels : (N, 3) float64
        Voxels at its surface, in scattered order.
    clearance : (N,) float64
        How far each lies from the nearest other particle, in voxels (the largest of the three axes' distances).
    territory : Level
        1 where the particle is or is no farther than `REACH` voxels.
    """

    number: int
    levels: list[Level]
    voxels: Floats
    clearance: Floats
    territory: Level

    def clear(self, scale: float) -> Floats:
        """Give the surface voxels about which a sample at a level of this scale sees no other particle."""
        return self.voxels[self.clearance > REACH * scale]

    @property
    def center(self) -> Floats:
        """Give the middle of its surface."""
        return np.asarray(self.voxels.mean(axis=0))


def bodies_of(
    labels: npt.NDArray[np.integer[Any]],
    mask: Mask,
    factors: list[npt.NDArray[np.int64]],
    abort: threading.Event | None = None,
) -> list[Body]:
    """Cut every particle out of the labels (z, y, x) of the fixed volume.

    Its shape is that of the mask, which every energy has alike: labels may leave a rim out, or fill a crack.
    """
    from scipy.ndimage import find_objects

    found = []
    for number, box in enumerate(find_objects(labels), 1):
        if box is None:
            continue
        raise_if_aborted(abort)
        found.append(_body(labels, mask, number, box, factors[:COARSEST_LEVEL], abort))
    return found


def _body(
    labels: npt.NDArray[np.integer[Any]],
    mask: Mask,
    number: int,
    box: tuple[slice, ...],
    factors: list[npt.NDArray[np.int64]],
    abort: threading.Event | None,
) -> Body:
    from scipy.ndimage import binary_dilation, distance_transform_cdt

    margin = (REACH + 1) * 2 ** len(factors)
    cut = tuple(
        slice(max(0, s.start - margin), min(n, s.stop + margin)) for s, n in zip(box, labels.shape, strict=True)
    )
    start = np.array([s.start for s in cut], np.float64)
    part = labels[cut]
    own = np.ascontiguousarray(part == number)
    others = (part != 0) & ~own
    shape = np.ascontiguousarray(mask[cut] & ~others)
    levels = [
        Level(level.volume, level.scale, level.offset + start)
        for level in levels_of(shape.view(np.uint8), factors, abort)
    ]
    voxels, _ = surface_voxels(own, own.size, abort)
    clearance = np.full(len(voxels), np.inf)
    if others.any():
        distance = distance_transform_cdt(~others, "chessboard")
        clearance = distance[tuple(voxels.astype(int).T)].astype(np.float64)
    near = binary_dilation(own, np.ones((3, 3, 3), bool), iterations=REACH)
    return Body(number, levels, voxels + start, clearance, Level(near.view(np.uint8), np.ones(3), start))


def solve_body(
    body: Body,
    moving: list[Level],
    starts: Iterable[Matrix],
    basis: Floats,
    neighbours: Mapping[int, tuple[Body, Matrix]],
    *,
    smoothing: float,
    samples: int,
    tolerance: float,
    most: int,
    through: tuple[list[Level], Matrix] | None = None,
    abort: threading.Event | None = None,
) -> tuple[Descent, Samples] | None:
    """Look for a particle in a moving mask.

    Parameters
    ----------
    body : Body
    moving : list of Level
        The whole moving mask.
    starts : (4, 4) matrices
        Of which the one that agrees best on the coarsest level is followed.
    basis : (12, P)
        What may move.
    neighbours : mapping of number to (Body, matrix)
        Where other particles are known to lie: what they may cover is not looked at.
    smoothing : float
        Voxels of every level.
    samples, tolerance, most
        Of the finest level.
    through : (list of Level, (4, 4)), or None
        A neighbour's mask and the particle's matrix there: the particle is looked for as it is seen there.
    abort : Event or None

    Returns
    -------
    (Descent, Samples) or None
        None when too little of the surface is clear of the other particles.
    """
    ended: Descent | None = None
    seen: Samples | None = None
    matrix: Matrix | None = None
    for depth in reversed(range(min(len(body.levels), len(moving)))):
        level = body.levels[depth]
        voxels = body.clear(float(level.scale.max()))
        if len(voxels) < LEAST_VOXELS:
            continue
        number = samples if depth == 0 else COARSE_SAMPLES
        seen = samples_at(level, voxels, number, smoothing, seed=depth + 1)
        if through is not None:
            seen = seen_through(seen, through[0][depth], through[1])
        if len(seen.points) < 4 * basis.shape[1]:
            continue
        if matrix is None:
            matrix = _nearest_start(seen, moving[depth], starts)
        seen = unhidden(seen, matrix, neighbours)
        if len(seen.points) < 4 * basis.shape[1]:
            continue
        ended = descend(
            seen,
            moving[depth],
            matrix,
            basis,
            tolerance=ROUGHLY * float(level.scale.max()) if depth else tolerance,
            most=min(COARSE_ITERATIONS, most) if depth else most,
            abort=abort,
        )
        matrix = ended.matrix
    if ended is None or seen is None or len(seen.points) != len(ended.weights):
        return None
    return ended, seen


def covered_by(body: Body, matrix: Matrix, others: Mapping[int, tuple[Body, Matrix]]) -> int | None:
    """Give the particle, of others with their matrices, that covers more than half of this one; None where none does."""
    inside = np.argwhere((body.levels[0].volume > 0) & (body.territory.volume > 0))
    points = inside[:: max(1, len(inside) // INSIDE)] + body.levels[0].offset
    for number, (other, theirs) in others.items():
        back = np.linalg.inv(theirs) @ matrix
        if np.mean(_lies_in(other.levels[0], points @ back[:3, :3].T + back[:3, 3])) > COVERED:
            return number
    return None


def _lies_in(level: Level, points: Floats) -> npt.NDArray[np.bool_]:
    """Tell which points lie where a volume of bytes at full resolution is not 0."""
    index = np.rint(points - level.offset).astype(np.int64)
    inside = np.all((index >= 0) & (index < level.volume.shape), axis=1)
    inside[inside] = level.volume[tuple(index[inside].T)] > 0
    return np.asarray(inside)


def _nearest_start(samples: Samples, moving: Level, starts: Iterable[Matrix]) -> Matrix:
    """Give the start with the least residual where enough of the surface lies in the field."""
    best: tuple[float, Matrix] | None = None
    for start in starts:
        found = equations(samples, moving, start, samples.weights)
        gain, _, residual = residual_of(found)
        score = residual if gain > 0 and found.known > len(samples.points) / 4 else np.inf
        if best is None or score < best[0]:
            best = (score, start)
    if best is None:
        raise ValueError("a particle needs a matrix to start from")
    return best[1]


def unhidden(samples: Samples, matrix: Matrix, neighbours: Mapping[int, tuple[Body, Matrix]]) -> Samples:
    """Leave out points that lie, at this energy, where another particle is or comes close."""
    keep = np.ones(len(samples.points), bool)
    for other, theirs in neighbours.values():
        back = np.linalg.inv(theirs) @ matrix
        keep &= ~_lies_in(other.territory, samples.points @ back[:3, :3].T + back[:3, 3])
    return samples if keep.all() else samples.subset(keep)
