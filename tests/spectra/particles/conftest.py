"""Random fields whose correlation is known."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from napari_spectrotomo.spectra import EdgeMap


def _smooth_field(rng, shape, sigma):
    """White noise under a Gaussian: variance 1, correlation exp(-h² / (4 sigma²)), without any border effect."""
    pad = [0 if n == 1 else int(np.ceil(5 * sigma)) for n in shape]
    noise = rng.normal(size=[n + 2 * p for n, p in zip(shape, pad, strict=True)])
    blurred = gaussian_filter(noise, [sigma if p else 0 for p in pad], truncate=5)
    inner = tuple(slice(p, n + p) for n, p in zip(shape, pad, strict=True))
    return blurred[inner] * (4 * np.pi * sigma**2) ** (np.count_nonzero(pad) / 4)


def _ball(radius):
    z, y, x = np.indices((2 * radius + 1,) * 3) - radius
    return z**2 + y**2 + x**2 <= radius**2


def _effective_number(where, sigma, noise=0.0):
    """Of the mean of a smooth field on `where`, by summing over all pairs."""
    points = np.argwhere(where).astype(float)
    squares = ((points[:, None] - points[None]) ** 2).sum(axis=-1)
    covariance = np.exp(-squares / (4 * sigma**2)).sum() + noise**2 * len(points)
    return len(points) ** 2 * (1 + noise**2) / covariance


def _edge_map(energy, error=None, voxel_size=None):
    energy = np.asarray(energy, np.float32)
    error = np.full_like(energy, np.nan) if error is None else np.asarray(error, np.float32)
    return EdgeMap(energy, np.ones_like(energy), error, 6550.0, "half-height", voxel_size=voxel_size)


@pytest.fixture(scope="session")
def smooth_field():
    return _smooth_field


@pytest.fixture(scope="session")
def ball():
    return _ball


@pytest.fixture(scope="session")
def effective_number():
    return _effective_number


@pytest.fixture(scope="session")
def edge_map():
    return _edge_map
