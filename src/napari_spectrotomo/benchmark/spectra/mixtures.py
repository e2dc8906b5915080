"""Spectra of which all is known: mixtures of the simulator's manganese oxides on a scan's energies, with noise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...data import FloatArray
from ...simulate.standards import oxide_spectrum

ENERGIES = np.array(
    [
        *(6480.0, 6495.0, 6510.0, 6525.0, 6530.0),
        *np.arange(6533.0, 6582.0, 3.0),
        *(6590.0, 6605.0, 6620.0, 6635.0, 6650.0, 6665.0, 6680.0, 6695.0, 6710.0),
    ]
)
"""The grid of a scan of 31 energies: 15 eV far from the edge, 3 eV through it."""
STEP = 3.0
FINE_STEP = 0.25
"""Step (eV) of a grid on which nothing is lost between energies."""
PAIR = ("Mn2O3", "MnO2")
"""The oxides mixed where edge energies are judged, by rising valence."""
VALENCES = {"MnO": 2.0, "Mn3O4": 8 / 3, "Mn2O3": 3.0, "MnO2": 4.0}
BEFORE, EDGE = 2.0, 6539.0
"""Absorption before the edge in edge steps, and the energy (eV) at which both are taken."""


def attenuation(energies: FloatArray, oxides: Sequence[str], fractions: FloatArray) -> FloatArray:
    """Give the noise-free absorption of mixtures, its edge step about one.

    Before and after the edge it falls with E to the power -3 (Victoreen).

    Parameters
    ----------
    energies : (E,), eV
    oxides : sequence of R str
    fractions : (R, N)
        Of each oxide, summing to one.

    Returns
    -------
    (E, N) float64
    """
    spectra = np.stack([oxide_spectrum(oxide, energies) for oxide in oxides], axis=1)
    falling = (EDGE / np.asarray(energies, np.float64)) ** 3
    return np.asarray(falling[:, None] * (BEFORE + spectra @ fractions))


def with_noise(absorption: FloatArray, snr: float, rng: np.random.Generator) -> FloatArray:
    """Add noise of an edge step over `snr` to every value: float32."""
    noise = rng.standard_normal(absorption.shape, dtype=np.float32)
    noise /= np.float32(snr)
    noise += absorption.astype(np.float32)
    return noise


def random_fractions(count: int, oxides: int, rng: np.random.Generator) -> FloatArray:
    """Give fractions (R, N) that sum to one, all mixtures as likely."""
    return np.ascontiguousarray(rng.dirichlet(np.ones(oxides), count).T)
