"""What was found at one energy: the transform of the whole and of each particle, and how good they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ..overlap import Matrix, Overlap
from ..pair import PairRegistration

Measures = dict[str, float]

UNKNOWN = Overlap(np.nan, np.nan)


@dataclass(frozen=True, slots=True, eq=False)
class EnergyRegistration:
    """The transforms of one energy, with how they were found and how good they are.

    Attributes
    ----------
    whole : PairRegistration
        Of everything together.
    particles : dict of number to PairRegistration
        Of each particle, where there are any.
    measures : dict of name to float
        Columns ``mse_raw`` … of the table of energies; see `tables.MEASURES`.
    particle_measures : dict of number to such a dict
    trend : float
        Root mean square distance, in voxels, by which the transforms leave the trend of the series; NaN when unknown.
    flag : str
        What is doubtful about its place in the series.
    coefficients : (3, cz, cy, cx) float32, or None
        Of the deformation on top of the transforms.
    """

    whole: PairRegistration
    particles: dict[int, PairRegistration] = field(default_factory=dict)
    measures: Measures = field(default_factory=dict)
    particle_measures: dict[int, Measures] = field(default_factory=dict)
    trend: float = float("nan")
    flag: str = ""
    coefficients: npt.NDArray[np.float32] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give plain values for JSON, None for NaN; without the deformation."""
        return {
            "whole": self.whole.to_dict(),
            "particles": {str(number): pair.to_dict() for number, pair in self.particles.items()},
            "measures": _without_nan(self.measures),
            "particle_measures": {str(number): _without_nan(found) for number, found in self.particle_measures.items()},
            "trend": None if np.isnan(self.trend) else float(self.trend),
            "flag": self.flag,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> EnergyRegistration:
        """Build it from what `to_dict` gave."""
        return cls(
            PairRegistration.from_dict(values["whole"]),
            {int(number): PairRegistration.from_dict(pair) for number, pair in values["particles"].items()},
            _with_nan(values["measures"]),
            {int(number): _with_nan(found) for number, found in values["particle_measures"].items()},
            float("nan") if values["trend"] is None else float(values["trend"]),
            str(values["flag"]),
        )

    def matrix(self, particle: int) -> Matrix:
        """Give the matrix of a particle, or of the whole as particle 0."""
        return self.whole.matrix if particle == 0 else self.particles[particle].matrix


def _without_nan(values: Measures) -> dict[str, float | None]:
    return {name: float(value) if np.isfinite(value) else None for name, value in values.items()}


def _with_nan(values: Mapping[str, float | None]) -> Measures:
    return {name: float("nan") if value is None else float(value) for name, value in values.items()}
