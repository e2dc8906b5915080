"""How far the surface of a moving mask lies from the fixed one, along the fixed surface's normals and finer than voxels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..overlap import Matrix
from .pyramid import Level
from .sampling_kernels import interpolate_moving
from .surface import Samples

Floats = npt.NDArray[np.float64]

FARTHEST = 6.0
"""Voxels: a surface that is not met this near is counted as this far."""

STEP = 1.0
POINTS = 2000


class Normals:
    """Where the surface of a fixed mask is met along its normals.

    Parameters
    ----------
    samples : Samples
        Of the fixed mask, at full resolution, in scattered order.
    fixed : Level
        The fixed mask, or a particle's own.
    """

    def __init__(self, samples: Samples, fixed: Level) -> None:
        few = samples.subset(slice(POINTS))
        length = np.linalg.norm(few.gradients, axis=1, keepdims=True)
        self._samples = few
        self._normals = few.gradients / np.where(length > 0, length, 1.0)
        self._fixed = self._met(fixed, np.eye(4))

    def distances(self, moving: Level, matrix: Matrix) -> Floats:
        """Give the distances, in voxels, of the moving surface; NaN where the field ends or the fixed one is not met.

        A point whose normal meets no surface within `FARTHEST` counts as that far.
        """
        if not np.all(np.isfinite(matrix)):
            return np.full(len(self._fixed), np.nan)
        there = self._met(moving, matrix)
        met = np.isfinite(self._fixed)
        out = np.full(len(met), np.nan)
        out[met] = np.minimum(np.abs(there[met] - self._fixed[met]), FARTHEST)
        return out

    def _met(self, level: Level, matrix: Matrix) -> Floats:
        """Say where along every normal, in voxels from its point, a smoothed mask rises through a half; infinite where nowhere."""
        along = np.arange(-FARTHEST, FARTHEST + STEP / 2, STEP)
        points = self._samples.points[:, None, :] + along[:, None] * self._normals[:, None, :]
        flat = np.ascontiguousarray(points.reshape(-1, 3))
        values = np.empty(len(flat))
        interpolate_moving(
            flat,
            level.volume,
            level.scale,
            level.offset,
            matrix,
            self._samples.nodes,
            self._samples.node_weights,
            values,
            0,
            len(flat),
        )
        profile = values.reshape(len(points), len(along))
        low, high = profile[:, :-1], profile[:, 1:]
        rises = (low < 0.5) & (high >= 0.5)
        with np.errstate(divide="ignore", invalid="ignore"):
            at = np.where(rises, along[:-1] + STEP * (0.5 - low) / (high - low), np.inf)
        return np.asarray(at[np.arange(len(at)), np.abs(at).argmin(axis=1)])
