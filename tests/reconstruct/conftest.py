"""An analytic phantom: a disc with smaller ones in it, whose line integrals and pixel means are known exactly."""

from collections.abc import Callable

import numpy as np
import pytest

# x, y and radius in units of half the field, added value; x to the right, y upwards
DISCS = ((0.05, -0.04, 0.75, 1.0), (0.3, 0.25, 0.2, 0.6), (-0.35, 0.1, 0.15, -0.7), (0.1, -0.45, 0.1, 0.9))


def _sinogram(columns: int, angles, center: float, magnification: float = 1.0) -> np.ndarray:
    """Line integrals in pixels, (A, C), averaged over each detector pixel."""
    theta = np.deg2rad(np.asarray(angles))[:, None]
    out = np.zeros((len(angles), columns))
    for k in range(8):
        s = (np.arange(columns) - center + (k - 3.5) / 8) / (columns / 2) / magnification
        for x, y, radius, value in DISCS:
            distance = s[None] - (x * np.cos(theta) + y * np.sin(theta))
            out += value * 2 * np.sqrt(np.clip(radius**2 - distance**2, 0, None)) * (columns / 2) / 8
    return out.astype(np.float32)


def _slice(columns: int) -> np.ndarray:
    """Pixel means, (y, x), the axis at (columns - 1) / 2."""
    s = (np.arange(4 * columns) - (4 * columns - 1) / 2) / (2 * columns)
    x, y = np.meshgrid(s, -s)
    fine = sum(value * (np.hypot(x - x0, y - y0) <= radius) for x0, y0, radius, value in DISCS)
    return fine.reshape(columns, 4, columns, 4).mean((1, 3))


@pytest.fixture(scope="session")
def sinogram() -> Callable[..., np.ndarray]:
    return _sinogram


@pytest.fixture(scope="session")
def phantom_slice() -> Callable[[int], np.ndarray]:
    return _slice


# x, y, z, semi-axes a, b, c in units of half the field, turn in degrees, added value
BODIES = (
    (0.02, -0.03, 0.0, 0.62, 0.5, 0.75, 20.0, 1.0),
    (0.25, 0.15, -0.2, 0.15, 0.22, 0.3, -30.0, 0.7),
    (-0.3, 0.1, 0.25, 0.12, 0.1, 0.35, 0.0, -0.8),
    (0.05, -0.25, 0.3, 0.1, 0.2, 0.2, 50.0, 0.9),
    (-0.1, 0.2, -0.4, 0.07, 0.05, 0.2, 10.0, 1.2),
)


def _ellipsoid_views(shape: tuple[int, int], angles, center, tilt=0.0, size=0.9, noise=0.0, bodies=BODIES, seed=0):
    """Exact views (A, R, C) of ellipsoids about an axis at column `center` of the middle row, tilted by degrees, and noise."""
    rows, columns = shape
    half, t = columns / 2, np.deg2rad(tilt)
    theta = np.deg2rad(np.asarray(angles, float))[:, None, None]
    out = np.zeros((theta.size, rows, columns))
    for part in (-1 / 3, 0.0, 1 / 3):
        dx, dy = np.arange(columns)[None] - center + part, np.arange(rows)[:, None] - (rows - 1) / 2
        u, z = (dx * np.cos(t) - dy * np.sin(t)) / half, (dy * np.cos(t) + dx * np.sin(t)) / half
        for *place, deg, value in bodies:
            x0, y0, z0, a, b, c = np.array(place) * size * np.array([1, 1, rows / columns] * 2)
            level = np.clip(1 - ((z - z0) / c) ** 2, 0, None)[None]
            width = (a * np.cos(theta - np.deg2rad(deg))) ** 2 + (b * np.sin(theta - np.deg2rad(deg))) ** 2
            distance = u[None] - (x0 * np.cos(theta) + y0 * np.sin(theta))
            out += value * 2 * a * b * np.sqrt(np.clip(width * level - distance**2, 0, None)) / width / 3
    return (out + np.random.default_rng(seed).normal(0, noise, out.shape)).astype(np.float32)


@pytest.fixture(scope="session")
def ellipsoid_views() -> Callable[..., np.ndarray]:
    return _ellipsoid_views
