"""Two rough, cracked particles that are a function of position: a moved one is computed, not interpolated from another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
Volume = npt.NDArray[np.float32]

BODIES = (((-0.42, 0.02, -0.03), (0.33, 0.40, 0.36)), ((0.42, -0.03, 0.02), (0.33, 0.37, 0.42)))
"""Centre and half axes (z, y, x) of either particle, where the volume spans -1 to 1."""
ROUGHNESS, ROUGH_LENGTH, ROUGH_WAVES = 0.1, 0.18, 48
CRACK, CRACK_LENGTH, CRACK_WAVES = 0.2, 0.1, 64
BLUR = 0.45
"""Width of a surface in voxels: the logistic curve next to a Gaussian's of 0.8 voxel."""


@dataclass(frozen=True, slots=True, eq=False)
class Waves:
    """A smooth random field of zero mean and unit variance: many plane waves, known at every point.

    Attributes
    ----------
    numbers : (wave, 3)
        Wave vectors along (z, y, x).
    phases : (wave,)
    """

    numbers: npt.NDArray[np.float64]
    phases: npt.NDArray[np.float64]

    @classmethod
    def draw(cls, count: int, length: float, rng: np.random.Generator) -> Waves:
        """Draw waves whose field has a Gaussian correlation of a length."""
        return cls(rng.normal(0, 1 / length, (count, 3)), rng.uniform(0, 2 * np.pi, count))

    def slope(self) -> float:
        """Root mean square gradient of the field."""
        return float(np.sqrt(np.mean(np.sum(self.numbers**2, axis=1))))

    def along_axes(self, linear: Matrix, shift: npt.NDArray[np.float64], shape: tuple[int, ...]) -> list[Volume]:
        """Give the complex factors (n, wave) along each axis of a grid: an affine map leaves a plane wave a product of three."""
        numbers = self.numbers @ linear
        phases = self.phases + self.numbers @ shift
        factors = [np.exp(1j * np.outer(np.arange(n), numbers[:, axis])) for axis, n in enumerate(shape)]
        factors[0] = factors[0] * np.exp(1j * phases) * np.sqrt(2 / len(phases))
        return [factor.astype(np.complex64) for factor in factors]


@dataclass(frozen=True, slots=True, eq=False)
class Phantom:
    """Two particles, one above the other, in a cube.

    Attributes
    ----------
    size : int
        Voxels along an edge.
    rough, cracks : Waves
        What roughens the surfaces, and the field whose zeros are the cracks.
    """

    size: int
    rough: Waves
    cracks: Waves

    @classmethod
    def draw(cls, size: int, seed: int) -> Phantom:
        """Draw the particles of a seed; a finer grid shows the same ones."""
        rng = np.random.default_rng(seed)
        return cls(size, Waves.draw(ROUGH_WAVES, ROUGH_LENGTH, rng), Waves.draw(CRACK_WAVES, CRACK_LENGTH, rng))

    def grey(self, matrix: Matrix | None = None) -> Volume:
        """Give the volume in which a point p of the fixed one is found at ``matrix @ p``.

        Parameters
        ----------
        matrix : (4, 4) or None
            From fixed to moving voxels (z, y, x, 1); None for the fixed volume itself.

        Returns
        -------
        (z, y, x) float32
            0 outside and 1 inside, a half exactly at the surface.
        """
        n, half = self.size, self.size / 2
        back: Matrix = np.eye(4) if matrix is None else np.asarray(np.linalg.inv(matrix), np.float64)
        linear, shift = back[:3, :3] / half, (back[:3, 3] - (n - 1) / 2) / half
        rough = self.rough.along_axes(linear, shift, (n,) * 3)
        cracks = self.cracks.along_axes(linear, shift, (n,) * 3)
        steepness = self.cracks.slope() / half
        out = np.empty((n,) * 3, np.float32)
        rows, columns = np.ogrid[:n, :n]
        for k in range(n):
            at = [linear[a, 0] * k + linear[a, 1] * rows + linear[a, 2] * columns + shift[a] for a in range(3)]
            outer = half * _depth(at, ROUGHNESS * _plane(rough, k))
            crack = (np.abs(_plane(cracks, k)) - CRACK) / steepness
            out[k] = 1 / (1 + np.exp(-np.clip(np.minimum(outer, crack) / BLUR, -40, 40)))
        return out

    def mask(self, matrix: Matrix | None = None) -> npt.NDArray[np.bool_]:
        """Give the voxels (z, y, x) whose centres are inside."""
        return self.grey(matrix) > 0.5


def _plane(factors: list[Volume], k: int) -> Volume:
    """One slice of a field of waves, real part only."""
    left, right = factors[1] * factors[0][k], factors[2]
    return np.asarray(left.real @ right.real.T - left.imag @ right.imag.T)


def _depth(at: list[npt.NDArray[np.float64]], rough: Volume) -> npt.NDArray[np.float64]:
    """How deep points lie inside the nearer particle, about, in half edges of the volume."""
    depths = []
    for center, axes in BODIES:
        radius = np.sqrt(sum(((x - c) / a) ** 2 for x, c, a in zip(at, center, axes, strict=True)))
        depths.append((1 + rough - radius) * float(np.mean(axes)))
    return np.asarray(np.maximum(*depths))
