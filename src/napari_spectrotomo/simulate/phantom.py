"""Two cracked particles: density and composition on the fixed grid, from smooth random fields of a seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..data import FloatArray

_FINER = 2
_BLUR = 0.5
_CRACK_WIDTH = 1.6
"""Width of a crack at the surface, voxels."""


@dataclass(frozen=True, slots=True, eq=False)
class Particle:
    """One particle on the fixed grid.

    Attributes
    ----------
    density : (z, y, x) float32, 0..1
    fraction : (z, y, x) float32
        Of the oxide of higher valence, in every voxel (where there is no particle too).
    inside : (z, y, x) bool
    centroid : (3,) float64
    """

    density: npt.NDArray[np.float32]
    fraction: npt.NDArray[np.float32]
    inside: npt.NDArray[np.bool_]
    centroid: FloatArray


def two_particles(shape: tuple[int, int, int], rng: np.random.Generator) -> tuple[Particle, Particle]:
    """Make an upper particle, richer in the high oxide, and a lower one, on a grid (z, y, x)."""
    rows, columns, _ = shape
    middle = (columns - 1) / 2
    upper = (0.285 * rows, middle + 0.04 * columns, middle - 0.05 * columns)
    lower = (0.725 * rows, middle - 0.05 * columns, middle + 0.03 * columns)
    tall, wide = min(0.175 * rows, 0.3 * columns), min(0.3 * rows, 0.24 * columns)
    half_axes = np.array([[tall, wide, 0.88 * wide], [tall, 0.85 * wide, wide]])
    return (
        _particle(shape, np.array(upper), half_axes[0], (0.45, 0.95), rng),
        _particle(shape, np.array(lower), half_axes[1], (0.25, 0.6), rng),
    )


def _particle(
    shape: tuple[int, int, int],
    center: FloatArray,
    half_axes: FloatArray,
    fractions: tuple[float, float],
    rng: np.random.Generator,
) -> Particle:
    from scipy import ndimage as ndi

    scale = float(half_axes.mean())
    fine = tuple(n * _FINER for n in shape)
    at = np.meshgrid(*((np.arange(n, dtype=np.float32) + 0.5) / _FINER - 0.5 for n in fine), indexing="ij", sparse=True)
    away = [a - c for a, c in zip(at, center)]
    rough = _random_field(fine, 0.35 * scale, rng)
    level = 1 + 0.1 * rough - np.sqrt(sum((d / h) ** 2 for d, h in zip(away, half_axes)))
    solid = level > 0
    for _ in range(2):
        solid &= ~_crack(away, scale, _random_field(fine, 0.5 * scale, rng), rng)
    solid = _largest(solid)
    density = solid.reshape(shape[0], _FINER, shape[1], _FINER, shape[2], _FINER).mean(axis=(1, 3, 5), dtype=np.float32)
    density = ndi.gaussian_filter(density, _BLUR)
    inside = _largest(density > 0.5)
    depth = ndi.gaussian_filter(ndi.distance_transform_edt(inside).astype(np.float32), 1.0)
    core, surface = fractions
    fraction = core + (surface - core) * np.exp(-depth / (0.3 * scale))
    fraction += 0.04 * _random_field(shape, 0.4 * scale, rng)
    centroid = np.array(ndi.center_of_mass(inside))
    return Particle(density, np.clip(fraction, 0, 1).astype(np.float32), inside, centroid)


def _crack(away: list[FloatArray], scale: float, bend: FloatArray, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """A bent sheet that runs from the surface towards the middle, narrower the deeper, and so leaves the particle in one piece."""
    frame, _ = np.linalg.qr(rng.standard_normal((3, 3)))
    across, along = (sum(d * float(n) for d, n in zip(away, axis)) for axis in frame.T[:2])
    offset = 0.3 * scale * rng.uniform(-1, 1)
    width = _CRACK_WIDTH * np.clip((along - 0.05 * scale) / (0.4 * scale), 0, 1)
    return np.abs(across - offset + 0.1 * scale * bend) < width / 2


def _random_field(shape: tuple[int, ...], length: float, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """A smooth random field of zero mean and unit variance, made coarsely and drawn out to `shape`."""
    from scipy import ndimage as ndi

    coarse = max(1, int(length / 2))
    small = tuple(max(4, -(-n // coarse)) for n in shape)
    field = ndi.gaussian_filter(rng.standard_normal(small).astype(np.float32), length / coarse, mode="wrap")
    field = ndi.zoom(field, [n / s for n, s in zip(shape, small)], order=3, mode="grid-wrap", grid_mode=True)
    return ((field - field.mean()) / field.std()).astype(np.float32)


def _largest(inside: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    from scipy import ndimage as ndi

    labels, n = ndi.label(inside)
    return labels == 1 + int(np.argmax(np.bincount(labels.ravel(), minlength=n + 1)[1:]))
