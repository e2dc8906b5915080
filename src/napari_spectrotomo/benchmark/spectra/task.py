"""What engines are timed on: the spectra of a cube of voxels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...data import FloatArray
from .mixtures import ENERGIES, FINE_STEP, attenuation, random_fractions, with_noise

OXIDES = ("MnO", "Mn2O3", "MnO2")
SNR = 50.0
E0, PRE, POST, NNORM = 6551.0, (-71.0, -20.0), (55.0, 159.0), 1
"""The windows that everybody gets: those of the edge map."""
_BLOCK = 1 << 16


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """Noisy mixtures of three oxides.

    Attributes
    ----------
    energies : (E,) float64, eV
    mu : (E, N) float32
    """

    energies: FloatArray
    mu: FloatArray

    @property
    def windows(self) -> dict[str, Any]:
        """Windows of the background lines, as keywords."""
        return {"e0": E0, "pre": PRE, "post": POST, "nnorm": NNORM}

    def cube(self) -> FloatArray:
        """Give the spectra as volumes (E, z, y, x), where they are a cube's worth; else one row of voxels."""
        edge = round(self.mu.shape[1] ** (1 / 3))
        shape = (edge, edge, edge) if edge**3 == self.mu.shape[1] else (1, 1, -1)
        return self.mu.reshape(len(self.mu), *shape)

    def references(self) -> dict[str, tuple[FloatArray, FloatArray]]:
        """Give the oxides' own spectra, noise-free on a fine grid, as `fit_references_of` takes them."""
        fine = np.arange(self.energies[0], self.energies[-1] + FINE_STEP / 2, FINE_STEP)
        spectra = attenuation(fine, OXIDES, np.eye(len(OXIDES)))
        return {oxide: (fine, spectrum) for oxide, spectrum in zip(OXIDES, spectra.T, strict=True)}

    def first(self, count: int | None) -> Task:
        """Give the task of its first spectra; all for None."""
        return self if count is None else replace(self, mu=np.ascontiguousarray(self.mu[:, :count]))


def task_of(size: int, seed: int) -> Task:
    """Give a cube's worth of spectra, size³, with noise of an edge step over 50."""
    rng, count = np.random.default_rng(seed), size**3
    mu = np.empty((len(ENERGIES), count), np.float32)
    for start in range(0, count, _BLOCK):
        part = slice(start, min(count, start + _BLOCK))
        fractions = random_fractions(part.stop - part.start, len(OXIDES), rng)
        mu[:, part] = with_noise(attenuation(ENERGIES, OXIDES, fractions), SNR, rng)
    return Task(ENERGIES, mu)
