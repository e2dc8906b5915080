"""Edges whose every value is known, on a dense grid, and the grid of a scan."""

import numpy as np
import pytest

SCAN = np.r_[6480:6526:15, 6530:6582:3, 6590:6711:15].astype(float)
DENSE = np.arange(6440.0, 6760.0, 0.25)


def edge(energies, at, width=2.0, line=0.6):
    """An absorption edge with a white line, its pre-edge slope and its post-edge curve."""
    rise = 0.5 + np.arctan((energies - at) / width) / np.pi
    peak = line * np.exp(-0.5 * ((energies - at - 5) / 3.5) ** 2)
    return 0.8 - 4e-4 * (energies - 6500) + 1.3 * (rise + peak) - 5e-4 * np.maximum(energies - at, 0)


@pytest.fixture(scope="session", name="edge")
def edge_():
    """The function of energies that an edge is."""
    return edge


@pytest.fixture(scope="session")
def references():
    """Three references on a dense grid."""
    return {
        "low": (DENSE, edge(DENSE, 6544.0, line=0.5)),
        "middle": (DENSE, edge(DENSE, 6549.0, line=1.0)),
        "high": (DENSE, edge(DENSE, 6553.0, 3.0, line=0.4)),
    }


@pytest.fixture(scope="session")
def mixed():
    """A function that mixes references, read at the scan's energies, on a sloping background."""

    def mix(fractions, shift=0.0):
        from napari_spectrotomo.spectra import fit_references_of

        pure = {
            "low": edge(SCAN - shift, 6544.0, line=0.5),
            "middle": edge(SCAN - shift, 6549.0, line=1.0),
            "high": edge(SCAN - shift, 6553.0, 3.0, line=0.4),
        }
        exact = fit_references_of(SCAN, pure["low"][:, None], {k: (SCAN, v) for k, v in pure.items()}, e0=6550)
        background = 0.7 - 3e-4 * (SCAN - 6500)
        shares = np.asarray(fractions, float)
        return background.reshape(-1, *[1] * (shares.ndim - 1)) + 1.5 * np.tensordot(exact.references.T, shares, 1)

    return mix
