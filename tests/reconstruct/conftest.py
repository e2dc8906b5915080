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
