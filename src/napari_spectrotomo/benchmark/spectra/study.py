"""What is measured: how right each definition of the edge energy is at each noise, and how long spectra take beside peers."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .definitions import DEFINITIONS, Definition
from .engines import Engine, available
from .mixtures import STEP

SIZE, QUICK_SIZE = 100, 32
"""Edge of the cube whose voxels' spectra are timed."""
QUICK_REPEATS = 100


@dataclass(frozen=True, slots=True)
class Study:
    """What is compared on what.

    Attributes
    ----------
    size : int
        Edge of the cube whose voxels' spectra are timed.
    seed : int
        Of fractions and noise.
    engines : tuple of Engine
        Empty for all that can run here.
    definitions : tuple of Definition
    snr : tuple of float
        Edge steps over the noise of a single value.
    fractions : tuple of float
        Of the oxide of higher valence, rising from 0 to 1.
    positions : int
        Shifts of the grid against the spectra, over one energy step.
    repeats : int
        Noisy spectra a fraction, position and noise.
    """

    size: int = SIZE
    seed: int = 1
    engines: tuple[Engine, ...] = ()
    definitions: tuple[Definition, ...] = DEFINITIONS
    snr: tuple[float, ...] = (5.0, 10.0, 20.0, 50.0, 100.0)
    fractions: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75, 1.0)
    positions: int = 6
    repeats: int = 1000

    def quick(self) -> Study:
        """Give a study of fewer spectra."""
        return replace(self, size=min(self.size, QUICK_SIZE), repeats=QUICK_REPEATS)

    def chosen(self) -> tuple[Engine, ...]:
        """Give the engines, all that can run here where none are named."""
        return self.engines or available()

    def shifts(self) -> list[float]:
        """Give the shifts of the grid, eV."""
        return [STEP * k / self.positions for k in range(self.positions)]
