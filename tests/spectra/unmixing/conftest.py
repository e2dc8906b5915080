"""A stack of mixtures of two known spectra, of many thicknesses."""

from types import SimpleNamespace

import numpy as np
import pytest

from napari_spectrotomo.data import EnergyStack

ENERGIES = np.r_[6480:6526:15, 6530:6578:3, 6590:6711:12].astype(float)
SHAPE = (4, 16, 16)


def _spectrum(edge, white_line, energies=ENERGIES):
    """A spectrum of edge step 1 with a white line 8 eV above its edge; flat far from both."""
    rise = 0.5 + np.arctan((energies - edge) / 1.0) / np.pi
    rise = (rise - 0.005) / 0.99
    return np.clip(rise, 0, 1) + white_line * np.exp(-(((energies - edge - 8) / 4) ** 2))


def _mixtures(fraction, noise, seed=0, density=None):
    """A stack (E, z, y, x) of mixtures: `fraction` of the second spectrum, the rest of the first, on a falling background."""
    rng = np.random.default_rng(seed)
    density = rng.uniform(0.5, 1.5, fraction.shape) if density is None else density
    first, second = _spectrum(6547.0, 0.4), _spectrum(6551.0, 0.9)
    mixed = first[:, None, None, None] * (1 - fraction) + second[:, None, None, None] * fraction
    background = (2 - 0.001 * (ENERGIES - 6500))[:, None, None, None]
    data = density * (mixed + background) + rng.normal(0, noise, mixed.shape)
    return EnergyStack.from_arrays(data.astype(np.float32), ENERGIES, voxel_size=100)


@pytest.fixture(scope="session")
def spectrum():
    return _spectrum


@pytest.fixture(scope="session")
def mixtures():
    return _mixtures


@pytest.fixture(scope="session")
def mixed():
    """Fractions of 0 to 1, pure voxels at either end; noise of 1 % of the mean edge step."""
    fraction = np.clip(np.random.default_rng(1).uniform(-0.3, 1.3, SHAPE), 0, 1)
    return SimpleNamespace(stack=_mixtures(fraction, 0.01), fraction=fraction)
