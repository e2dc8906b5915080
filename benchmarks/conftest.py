"""What the benchmarks work on: simulated, so that they run anywhere."""

import numpy as np
import pytest

from napari_spectrotomo import simulate_scan


@pytest.fixture(scope="session")
def simulated():
    """The demo's scan and its truth."""
    return simulate_scan()


@pytest.fixture(scope="session")
def spectra():
    """Energies (31,) and 200,000 noisy edges (31, N)."""
    energies = np.r_[6480:6526:15, 6530:6578:3, 6590:6711:12].astype(float)
    rng = np.random.default_rng(0)
    middle = rng.uniform(6548, 6552, 200_000)
    mu = 1 + 0.5 + np.arctan((energies[:, None] - middle) / 2) / np.pi
    return energies, (mu + 0.01 * rng.standard_normal(mu.shape)).astype(np.float32)
