"""What the particles absorb at each energy."""

from __future__ import annotations

from dataclasses import dataclass

from ..data import FloatArray
from .parameters import SimulateParameters
from .phantom import Particle
from .standards import oxide_spectrum

_PRE_EDGE = 2 / 3
"""Attenuation before the edge, at the first energy, over that after it, at the last."""


@dataclass(frozen=True, slots=True, eq=False)
class Chemistry:
    """Attenuation 1/µm = density (before + jump (low + fraction (high - low))), every one of them (E,)."""

    before: FloatArray
    jump: FloatArray
    low: FloatArray
    high: FloatArray

    def attenuation(self, particle: Particle, e: int) -> FloatArray:
        """Give a particle's attenuation (z, y, x) in 1/µm at energy index e."""
        spectrum = self.low[e] + particle.fraction * (self.high[e] - self.low[e])
        return particle.density * (self.before[e] + self.jump[e] * spectrum)


def chemistry_of(parameters: SimulateParameters, energies: FloatArray) -> Chemistry:
    """Give slopes with E to the power -3 (Victoreen) before and after the edge, about the model spectra."""
    p = parameters
    before = _PRE_EDGE * p.attenuation * (energies[0] / energies) ** 3
    jump = (p.attenuation - before[-1]) * (energies[-1] / energies) ** 3
    return Chemistry(before, jump, oxide_spectrum(p.low, energies), oxide_spectrum(p.high, energies))
