"""How good the registration of an energy is: of masks, before it, by the transform of the whole, and as the volumes are moved."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from ...chance import SEED
from ..engine.bodies import Body
from ..engine.distances import Normals
from ..engine.pyramid import Level
from ..engine.surface import samples_at, surface_voxels
from ..overlap import Mask, Matrix
from ..overlap_sums import sums_at
from ..result.tables import MEASURES
from .found import Measures

Floats = npt.NDArray[np.float64]

VOXELS = 200_000
SURFACE_SAMPLES = 6_000
SMOOTHING = 1.2


class ParticleMeasures:
    """Of one particle: what its own voxels and those about it say.

    MSE and Dice are taken over the particle and what lies no farther than four voxels from it, voxels of other particles left out;
    of a large one, over a fixed draw of them.

    Parameters
    ----------
    body : Body
    labels : (z, y, x) int
        Of the fixed volume.
    """

    def __init__(self, body: Body, labels: npt.NDArray[np.int32]) -> None:
        start = body.territory.offset.astype(np.int64)
        box = tuple(slice(a, a + n) for a, n in zip(start, body.territory.volume.shape, strict=True))
        part = labels[box]
        voxels = np.argwhere((body.territory.volume > 0) & ((part == 0) | (part == body.number)))
        if len(voxels) > VOXELS:
            voxels = voxels[np.sort(np.random.default_rng(SEED).choice(len(voxels), VOXELS, replace=False))]
        self._values = np.ascontiguousarray(body.levels[0].volume[tuple(voxels.T)])
        self._voxels = voxels + start
        level = body.levels[0]
        self.normals = Normals(samples_at(level, body.clear(0.5), SURFACE_SAMPLES, SMOOTHING), level)

    def overlap(self, moving: Mask, matrix: Matrix) -> tuple[float, float]:
        """Give MSE and Dice of the particle with the moving mask at a matrix; NaN for a matrix that failed."""
        if not np.all(np.isfinite(matrix)):
            return np.nan, np.nan
        squares, here, there, both = sums_at(self._voxels, self._values, moving.view(np.uint8), matrix)
        return squares / max(len(self._voxels), 1), 2 * both / (here + there) if here + there else 1.0

    def measure(self, moving: Mask, whole: Matrix, own: Matrix) -> tuple[Measures, Floats]:
        """Give all measures of a particle, and the distances of its surface as registered."""
        level = Level(moving.view(np.uint8), np.ones(3), np.zeros(3))
        found: Measures = {}
        last = np.empty(0)
        for stage, matrix in (("raw", np.eye(4)), ("global", whole), ("registered", own)):
            found[f"mse_{stage}"], found[f"dice_{stage}"] = self.overlap(moving, matrix)
            last = self.normals.distances(level, matrix)
            found |= surface_measures(stage, last)
        return {name: found[name] for name in MEASURES}, last


def whole_normals(fixed: Mask) -> Normals:
    """Make the fixed mask's surface ready for `Normals.distances`."""
    level = Level(fixed.view(np.uint8), np.ones(3), np.zeros(3))
    voxels, _ = surface_voxels(fixed, SURFACE_SAMPLES)
    return Normals(samples_at(level, voxels, SURFACE_SAMPLES, SMOOTHING), level)


def surface_measures(stage: str, distances: Floats | Iterable[Floats]) -> Measures:
    """Give mean and 95th percentile of distances, in voxels; NaN where there are none."""
    every = distances if isinstance(distances, np.ndarray) else np.concatenate([np.empty(0), *distances])
    known = every[np.isfinite(every)]
    mean, most = (float(known.mean()), float(np.percentile(known, 95))) if len(known) else (np.nan, np.nan)
    return {f"surface_mean_{stage}": mean, f"surface_95_{stage}": most}
