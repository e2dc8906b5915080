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


class Particles:
    """Rough particles of known shape that move by matrices of their own; every picture of them is worked out anew from that.

    Parameters
    ----------
    shape : (z, y, x)
    ellipsoids : (center, radii) of each, voxels
    split : whether the first is cut in two by a plane of constant z through its centre
    """

    def __init__(self, shape, ellipsoids, *, split=False, seed=1):
        points = np.stack(np.meshgrid(*[np.arange(n) for n in shape], indexing="ij")).astype(float)
        rough = ndi.gaussian_filter(np.random.default_rng(seed).standard_normal(shape), 2.5)
        self.shape, self.heights = shape, []
        for center, radii in ellipsoids:
            along = (points - np.reshape(center, (3, 1, 1, 1))) / np.reshape(radii, (3, 1, 1, 1))
            self.heights.append(
                (1 - np.sqrt((along**2).sum(axis=0))) * np.min(radii) + 0.12 * np.min(radii) * rough / rough.std()
            )
        if split:
            cut = ellipsoids[0][0][0] - points[0] + 0.5
            whole = self.heights.pop(0)
            self.heights[:0] = [np.minimum(whole, cut), np.minimum(whole, -cut)]
        self.numbers = tuple(range(1, len(self.heights) + 1))

    def labels(self, numbers=None):
        """Labels of the fixed volume."""
        out = np.zeros(self.shape, np.int32)
        for number, height in zip(numbers or self.numbers, self.heights, strict=True):
            out[height > 0] = number
        return out

    def grey(self, matrices=None, *, without=(), width=0.7, shade=None):
        """The blurred volume, from 0 to 1, every particle where its matrix puts it; `shade` multiplies it in the fixed frame."""
        out = np.zeros(self.shape)
        for k, height in enumerate(self.heights):
            if k + 1 in without:
                continue
            back = np.eye(4) if matrices is None else np.linalg.inv(matrices[k])
            there = ndi.affine_transform(height, back, order=3, mode="nearest")
            value = 1 / (1 + np.exp(-np.clip(there / (0.6 * width), -40, 40)))
            if shade is not None:
                value = value * ndi.affine_transform(shade, back, order=1, mode="nearest")
            out = np.maximum(out, value)
        return out

    def mask(self, matrices=None, **rest):
        """What is sample."""
        return self.grey(matrices, **rest) > 0.5

    def errors(self, found, truth):
        """Mean target registration error of every particle, voxels."""
        return [_error(a, b, self.heights[k] > 0) for k, (a, b) in enumerate(zip(found, truth, strict=True))]


def _error(estimate, truth, mask):
    points = np.argwhere(mask)
    points = np.c_[points, np.ones(len(points))]
    return float(np.linalg.norm((points @ (np.asarray(estimate) - truth).T)[:, :-1], axis=1).mean())


@pytest.fixture(scope="session")
def particles() -> type[Particles]:
    """Makes rough particles of known shape that move by matrices of their own."""
    return Particles


@pytest.fixture(scope="session")
def turned() -> Callable[..., np.ndarray]:
    """The matrix of a turn about z (degrees) and a shift (voxels), about a centre."""

    def matrix(center, degrees=0.0, shift=(0, 0, 0), scale=1.0):
        out = np.eye(4)
        out[:3, :3] = scale * Rotation.from_euler("x", degrees, degrees=True).as_matrix()
        out[:3, 3] = np.asarray(center, float) - out[:3, :3] @ center + shift
        return out

    return matrix


@pytest.fixture(scope="session")
def apart_pair(particles) -> Particles:
    """Two particles, one above the other, eight voxels apart, (52, 40, 40)."""
    return particles((52, 40, 40), [((13, 20, 20), (8, 12, 10)), ((38, 20, 20), (8, 10, 12))])
