"""Where the information of a deformation is: points about the fixed surface, where they are placed, and the blocks they lie in."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ...threads import in_threads
from ..overlap import Matrix
from ..resampling.deformation import control_points
from ..resampling.placement import owners_of, placed_by_particles
from ..resampling.territory import Territory
from .bent_kernels import displacements, sample_placed, spline_rows
from .pyramid import Level, pieces_of_points
from .surface import NOISY, Samples, surface_voxels

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

BLOCKS, COARSE_BLOCKS, WIDE = 6, 3, 2.0
"""Points of one block count as if they were at its middle in the normal equations; blocks are a sixth of a control spacing wide,
or up to a third where that is less than 2 voxels."""

CELL = 8.0
"""Side of the cells, in voxels of the level, within which residuals may be correlated in any way."""


@dataclass(frozen=True, slots=True, eq=False)
class Placing:
    """Where fixed points lie before they are displaced: by one matrix, or by particle.

    Attributes
    ----------
    matrices : (K, 4, 4)
        Of the particles, or the one of all.
    whole : (4, 4)
        Of what is no particle's.
    territory : Territory or None
    """

    matrices: Floats
    whole: Matrix
    territory: Territory | None

    @classmethod
    def of(
        cls, matrix: Matrix, particles: Mapping[int, Matrix] | None, labels: npt.NDArray[np.integer] | None
    ) -> "Placing":
        """Take one matrix, or those of particles with their labels."""
        if not particles or labels is None:
            return cls(matrix[None], matrix, None)
        territory = Territory.of(labels)
        return cls(np.array([particles.get(n, matrix) for n in territory.numbers.tolist()]), matrix, territory)

    def linears(self) -> list[Floats]:
        """Give the linear parts (3, 3) that are known: that of the whole, or else those of the particles."""
        one = self.whole[None] if np.isfinite(self.whole).all() else self.matrices
        return [matrix[:3, :3] for matrix in one if np.isfinite(matrix).all()]

    def places(self, points: Floats) -> tuple[Floats, Indices]:
        """Give where points (N, 3) lie, NaN where it is not known, and the index of the matrix that turns them."""
        if self.territory is None:
            return points @ self.whole[:3, :3].T + self.whole[:3, 3], np.zeros(len(points), np.int64)
        numbers = self.territory.numbers.tolist()
        particles = dict(zip(numbers, self.matrices, strict=True))
        places = placed_by_particles(self.territory, particles, self.whole, points)
        return places.astype(np.float64), owners_of(self.territory, points)


@dataclass(frozen=True, slots=True, eq=False)
class BentPoints:
    """The samples of a level with what does not change while they are displaced.

    Attributes
    ----------
    samples : Samples
    places : (N, 3)
        Where the points are placed, before any displacement.
    owners : (N,) int64, steps : (K, nodes, 3)
        The smoothing's nodes, as the matrix of every owner turns them.
    slopes : (N, 3)
        Gradients of the fixed volume, per voxel of the moving one.
    blocks, cells : (N,) int64
        What block and what cell a point lies in.
    rows : (blocks, C) sparse
        What the middle of every block depends on.
    counts : (cz, cy, cx), spacing : int
        The control points.
    """

    samples: Samples
    places: Floats
    owners: Indices
    steps: Floats
    slopes: Floats
    blocks: Indices
    cells: Indices
    rows: "csr_matrix"
    counts: tuple[int, ...]
    spacing: int

    def displaced(self, coefficients: Floats) -> Floats:
        """Give the displacement (N, 3) of the points by coefficients (3, cz, cy, cx)."""
        out = np.empty(self.places.shape)

        def work(piece: tuple[int, int]) -> None:
            displacements(self.samples.points, coefficients, float(self.spacing), out, *piece)

        in_threads(work, pieces_of_points(len(out)))
        return out

    def looked_up(self, moving: Level, displacement: Floats) -> Floats:
        """Give the smoothed moving values (N,) at the displaced points; NaN where they are not known."""
        places = self.places + displacement
        values = np.empty(len(places))

        def work(piece: tuple[int, int]) -> None:
            grid = (moving.volume, moving.scale, moving.offset)
            sample_placed(places, self.owners, self.steps, *grid, self.samples.node_weights, values, *piece)

        in_threads(work, pieces_of_points(len(values)))
        return values


def bent_points(samples: Samples, placing: Placing, shape: tuple[int, ...], spacing: int, scale: float) -> BentPoints:
    """Place samples of a level, whose voxels are `scale` wide, and sort them into blocks and cells."""
    places, owners = placing.places(samples.points)
    linear = np.nan_to_num(placing.matrices[:, :3, :3])
    known: npt.NDArray[np.bool_] = np.asarray(np.isfinite(placing.matrices).all(axis=(1, 2)))
    inverse = np.zeros_like(linear)
    inverse[known] = np.linalg.inv(linear[known])
    slopes = np.einsum("nba,nb->na", inverse[owners], samples.gradients)
    places[~known[owners]] = np.nan
    blocks, middles = _boxes(samples.points, max(spacing / BLOCKS, min(WIDE, spacing / COARSE_BLOCKS)))
    cells, _ = _boxes(samples.points, CELL * scale)
    counts = control_points(shape, spacing)
    rows = _rows(middles, counts, spacing)
    steps = np.einsum("kab,nb->kna", linear, samples.nodes)
    return BentPoints(samples, places, owners, steps, slopes, blocks, cells, rows, counts, spacing)


def surface_points(
    mask: npt.NDArray[np.bool_], most: int, abort: threading.Event | None
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Pick voxels at the surface of a mask; of a noisy one, where every voxel is at a surface, at that of the majority about."""
    voxels, lonely = surface_voxels(mask, most, abort)
    if lonely <= NOISY:
        return voxels, mask
    from scipy.ndimage import uniform_filter

    majority = np.asarray(uniform_filter(mask.astype(np.float32), [min(3, n) for n in mask.shape]) > 0.5)
    return surface_voxels(majority, most, abort)[0], majority


def _boxes(points: Floats, side: float) -> tuple[Indices, Floats]:
    """Number the boxes that points lie in, and give the mean point of each."""
    place = np.floor(points / side).astype(np.int64)
    place -= place.min(axis=0, initial=0)
    flat = np.ravel_multi_index(tuple(place.T), tuple(place.max(axis=0, initial=0) + 1))
    _, box, count = np.unique(flat, return_inverse=True, return_counts=True)
    middles = np.stack([np.bincount(box, points[:, a]) / count for a in range(3)], axis=1)
    return box.astype(np.int64), middles


def _rows(points: Floats, counts: tuple[int, ...], spacing: int) -> Any:
    from scipy.sparse import csr_matrix

    columns, weights = np.empty((len(points), 64), np.int32), np.empty((len(points), 64))
    spline_rows(points, float(spacing), np.array(counts), columns, weights)
    starts = np.arange(0, columns.size + 1, 64, dtype=np.int32)
    return csr_matrix((weights.ravel(), columns.ravel(), starts), (len(points), int(np.prod(counts))))
