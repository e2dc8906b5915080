"""Edges of known energy on grids of any step."""

import numpy as np
import pytest


@pytest.fixture(scope="session")
def edge():
    """A spectrum at `energies`: rise at e0, white line 7 eV above it, wiggles after it, a sloping background."""

    def spectrum(energies, e0=6550.0, white_line=0.6, noise=0.0, seed=0):
        after = np.clip(energies - e0 - 10, 0, None)
        rise = 0.5 + np.arctan((energies - e0) / 1.5) / np.pi
        line = white_line * np.exp(-(((energies - e0 - 7) / 3) ** 2))
        wiggles = 0.05 * np.sin(after / 8) * (1 - np.exp(-after / 5))
        clean = 1.5 + rise + line + wiggles - 0.0005 * (energies - 6500)
        return clean + np.random.default_rng(seed).normal(0, noise, len(energies))

    return spectrum
