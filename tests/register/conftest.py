"""Two particles of known shape, moved by known matrices."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import ndimage as ndi
from scipy.spatial.transform import Rotation


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


def _rough(shape: tuple[int, ...], radii: tuple[float, ...]) -> np.ndarray:
    rng = np.random.default_rng(3)
    axes = np.meshgrid(*[np.linspace(-1, 1, n) for n in shape], indexing="ij")
    rough = ndi.gaussian_filter(rng.standard_normal(shape), 4)
    inside = sum((axis / radius) ** 2 for axis, radius in zip(axes, radii, strict=True)) + 0.3 * rough / rough.std() < 1
    return ndi.gaussian_filter(inside.astype(float), 0.8)


@pytest.fixture(scope="session")
def body() -> np.ndarray:
    """One rough particle without cracks, (48, 48, 48), from 0 to 1."""
    return _rough((48, 48, 48), (0.6, 0.5, 0.42))


@pytest.fixture(scope="session")
def picture() -> np.ndarray:
    """One rough particle with some holes, (56, 52), from 0 to 1."""
    holes = ndi.gaussian_filter(np.random.default_rng(3).standard_normal((56, 52)), 2)
    return np.where(holes < holes.std(), _rough((56, 52), (0.7, 0.55)), 0.0)


@pytest.fixture(scope="session")
def motion() -> Callable[..., np.ndarray]:
    """A matrix of a kind, drawn at random: up to 12 degrees about each axis, 8 % of scale, 6 % of shear, 4 voxels."""

    def draw(kind: str, shape: tuple[int, ...], seed: int, *, degrees: float = 12, shift: float = 4) -> np.ndarray:
        rng = np.random.default_rng(seed)
        n = len(shape)
        turn = Rotation.from_rotvec(rng.uniform(-degrees, degrees, 3) * (1 if n == 3 else (1, 0, 0)), degrees=True)
        linear = turn.as_matrix()[3 - n :, 3 - n :]
        if kind == "translation":
            linear = np.eye(n)
        elif kind == "similarity":
            linear = linear * rng.uniform(0.92, 1.08)
        elif kind == "affine":
            linear = linear @ (np.eye(n) + rng.uniform(-0.06, 0.06, (n, n)))
        center, matrix = (np.array(shape) - 1) / 2, np.eye(n + 1)
        matrix[:n, :n] = linear
        matrix[:n, n] = center - linear @ center + rng.uniform(-shift, shift, n)
        return matrix

    return draw


@pytest.fixture(scope="session")
def salted() -> Callable[..., np.ndarray]:
    """A mask of which a share of the voxels is drawn anew."""

    def noisy(mask: np.ndarray, share: float, seed: int = 0) -> np.ndarray:
        rng = np.random.default_rng(seed)
        return np.where(rng.random(mask.shape) < share, rng.random(mask.shape) < 0.5, mask)

    return noisy
