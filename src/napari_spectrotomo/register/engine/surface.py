"""Where the information is: points about the surface of the fixed volume, and what the fixed volume is there."""

import itertools
import threading
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ...chance import SEED
from ...progress import raise_if_aborted
from ...threads import in_threads
from .pyramid import Level, pieces, pieces_of_points
from .sampling_kernels import sample_fixed
from .surface_kernels import count_surface, pick_surface

Floats = npt.NDArray[np.float64]

SPREAD = 1.5
"""Points lie up to this many voxels of the level from a surface voxel, along every axis."""

MOST_REPEATS = 16
EVERY = 4
"""How much there is of a surface is told from every so many slices."""

THIN = 8.0
"""The smoothing is no wider than an axis over this."""

LEAST_GRADIENT = 0.02
NOISY = 1e-3
"""Share of voxels that differ from all their neighbours, which in a mask of bodies are next to none."""


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """The fixed volume at points about its surface, at one level.

    Attributes
    ----------
    points : (N, 3) float64, voxels of the full grid
    strewn : (N, 3) float64
        The points, each off by up to half a voxel of the level: where the moving volume is looked up.
    values : (N,) float64
        Smoothed fixed volume.
    gradients : (N, 3) float64, per voxel of the full grid
    weights : (N,) float64
    nodes : (K, 3) float64, and node_weights (K,)
        The smoothing: steps from a point and their weights.
    steps : (3, 3) float64, and step_weights (3, 3)
        The same along every axis.
    center : (3,), radius : float
        Of the points; displacements are solved for in ``(point - center) / radius``.
    interpolated : bool
        Whether the moving volume is interpolated linearly at the points, rather than looked up in the voxels nearest to the strewn
        ones; with no axis of one voxel.
    """

    points: Floats
    strewn: Floats
    values: Floats
    gradients: Floats
    weights: Floats
    nodes: Floats
    node_weights: Floats
    steps: Floats
    step_weights: Floats
    center: Floats
    radius: float
    interpolated: bool = False

    def subset(self, chosen: npt.NDArray[np.bool_] | slice) -> "Samples":
        """Give the samples at some of the points."""
        return replace(
            self,
            points=self.points[chosen],
            strewn=self.strewn[chosen],
            values=self.values[chosen],
            gradients=self.gradients[chosen],
            weights=self.weights[chosen],
        )


def surface_voxels(
    mask: npt.NDArray[np.bool_], most: int, abort: threading.Event | None = None
) -> tuple[Floats, float]:
    """Pick about `most` of the voxels at the surface of a mask.

    Returns
    -------
    voxels : (N, 3) float64
        In an order that scatters over the mask, so that the first of them are a fair sample too.
    lonely : float
        Share of all voxels that differ from all their neighbours.
    """
    view = mask.view(np.uint8)
    counts = [count_surface(view, z) for z in range(0, len(view), EVERY)]
    surface = sum(count for count, _ in counts) * len(view) / len(counts)
    share = min(1.0, most / max(surface, 1.0))

    def pick(piece: tuple[int, int]) -> Floats:
        raise_if_aborted(abort)
        room = 1000
        while True:
            out = np.empty((room, 3))
            found = pick_surface(view, *piece, share, out)
            if found <= room:
                return out[:found]
            room = found

    voxels = np.concatenate(in_threads(pick, pieces(len(view))))
    lonely = sum(alone for _, alone in counts) / (len(counts) * mask[0].size)
    order = np.random.default_rng(SEED).permutation(len(voxels))
    return voxels[order], lonely


def samples_at(
    level: Level, voxels: Floats, most: int, smoothing: float, *, spread: float = SPREAD, seed: int = SEED
) -> Samples:
    """Smooth the fixed volume at points strewn about surface voxels.

    Parameters
    ----------
    level : Level
        Of the fixed volume.
    voxels : (N, 3)
        Voxels of the full grid, in scattered order.
    most : int
        Points at most; where there are fewer voxels, several points lie about each.
    smoothing : float
        Standard deviation of the Gaussian, in voxels of the level.
    spread : float
        How far from its voxel a point may lie, in voxels of the level.
    seed : int
        Of the points' places.
    """
    flat = np.array(level.volume.shape) == 1
    repeats = int(np.clip(most // max(len(voxels), 1), 1, MOST_REPEATS))
    points = np.repeat(voxels[:most], repeats, axis=0)
    random = np.random.default_rng(seed)
    reach = np.where(flat, 0.0, level.scale)
    points += reach * random.uniform(-spread, spread, points.shape)
    strewn = points + reach * random.uniform(-0.5, 0.5, points.shape)
    steps, parts = _quadrature(smoothing, level)
    values, gradients, steepness = np.empty(len(points)), np.zeros((len(points), 3)), np.empty(len(points))

    def sample(piece: tuple[int, int]) -> None:
        sample_fixed(points, level.volume, level.scale, level.offset, steps, parts, values, gradients, *piece)
        slopes = gradients[slice(*piece)] * level.scale
        steepness[slice(*piece)] = np.einsum("ij,ij->i", slopes, slopes)

    in_threads(sample, pieces_of_points(len(points)))
    known = np.isfinite(values)
    contrast = np.ptp(values[known]) if known.any() else 0.0
    keep = known & (steepness > (LEAST_GRADIENT * contrast) ** 2)
    points = points[keep]
    nodes = np.array(list(itertools.product(*steps)))
    node_weights = np.array([np.prod(part) for part in itertools.product(*parts)])
    return Samples(
        points=points,
        strewn=strewn[keep],
        values=values[keep],
        gradients=gradients[keep],
        weights=np.ones(len(points)),
        nodes=nodes[node_weights > 0],
        node_weights=node_weights[node_weights > 0],
        steps=steps,
        step_weights=parts,
        center=points.mean(axis=0) if len(points) else np.zeros(3),
        radius=(float(np.sqrt(3) * points.std(axis=0).max()) or 1.0) if len(points) else 1.0,
    )


def _quadrature(sigma: float, level: Level) -> tuple[Floats, Floats]:
    """Give three nodes along every axis, (3, 3), with their weights: right up to the fifth power (Gauss and Hermite).

    Along an axis of few voxels they lie closer together: most points would else be too near the field's end.
    """
    length = np.array(level.volume.shape)
    flat = length == 1
    reach = np.where(flat, 0.0, np.sqrt(3) * np.minimum(sigma, (length - 1) / THIN) * level.scale)
    weights = np.where(flat[:, None], (0.0, 1.0, 0.0), (1 / 6, 2 / 3, 1 / 6))
    return np.outer(reach, (-1.0, 0.0, 1.0)), weights
