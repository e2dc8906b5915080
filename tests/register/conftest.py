"""Two particles of known shape, moved by known matrices."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import ndimage as ndi


@pytest.fixture(scope="session")
def grey() -> np.ndarray:
    """Two rough and cracked particles, one above the other, (40, 44, 48), from 0 to 1."""
    rng = np.random.default_rng(5)
    shape = (40, 44, 48)
    z, y, x = np.meshgrid(*[np.linspace(-1, 1, n) for n in shape], indexing="ij")
    rough, fine = (ndi.gaussian_filter(rng.standard_normal(shape), width) for width in (2.5, 1.5))
    rough *= 0.12 / rough.std()
    upper = (x / 0.42) ** 2 + (y / 0.36) ** 2 + ((z - 0.40) / 0.33) ** 2 + rough < 1
    lower = (x / 0.36) ** 2 + (y / 0.46) ** 2 + ((z + 0.40) / 0.33) ** 2 + rough < 1
    return ndi.gaussian_filter(((upper | lower) & (np.abs(fine / fine.std()) > 0.12)).astype(float), 0.8)


@pytest.fixture(scope="session")
def moved() -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """What a mask looks like when a fixed point p is found at matrix p."""

    def mask(grey: np.ndarray, matrix: np.ndarray) -> np.ndarray:
        return ndi.affine_transform(grey, np.linalg.inv(matrix), order=3) > 0.4

    return mask


@pytest.fixture(scope="session")
def error() -> Callable[..., float]:
    """Mean target registration error in voxels over a mask's voxels."""

    def mean(estimate: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> float:
        points = np.argwhere(mask)
        points = np.c_[points, np.ones(len(points))]
        return float(np.linalg.norm((points @ (estimate - truth).T)[:, :-1], axis=1).mean())

    return mean
