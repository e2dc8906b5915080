"""The rows of the tables that say how good a registration is, from what was found at every energy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .found import EnergyRegistration
from .steps import Series

if TYPE_CHECKING:
    import pandas as pd


def energies_table(
    series: Series, every: Sequence[EnergyRegistration], indices: Sequence[int] | None = None
) -> pd.DataFrame:
    """Give the table with a row an energy (`tables.QUALITY`): of all of them, or of those at some indices of the series."""
    import pandas as pd

    rows = []
    for index, one in zip(indices or range(len(every)), every, strict=True):
        whole = one.whole
        lost = [pair.flag for pair in one.particles.values() if pair.flag]
        rows.append(
            {
                "energy_eV": series.energies[index],
                **one.measures,
                "grey_masks": whole.grey_masks,
                "grey_refined": whole.grey_refined,
                "uncertainty": whole.uncertainty,
                "trend": one.trend,
                "iterations": whole.iterations + sum(pair.iterations for pair in one.particles.values()),
                "stop_reason": whole.stop_reason,
                "status": whole.status,
                "flag": " ".join(dict.fromkeys(word for word in (one.flag, whole.reason or whole.flag, *lost) if word)),
            }
        )
    return pd.DataFrame(rows)


def particles_table(
    series: Series, every: Sequence[EnergyRegistration], numbers: Sequence[int], indices: Sequence[int] | None = None
) -> pd.DataFrame:
    """Give the table with a row a particle and energy (`tables.PARTICLE_QUALITY`), particle after particle."""
    import pandas as pd

    rows = []
    for number in numbers:
        for index, one in zip(indices or range(len(every)), every, strict=True):
            pair = one.particles[number]
            rows.append(
                {
                    "energy_eV": series.energies[index],
                    "particle": number,
                    **one.particle_measures.get(number, {}),
                    "grey_masks": pair.grey_masks,
                    "grey_refined": pair.grey_refined,
                    "refined": pair.refined,
                    "uncertainty": pair.uncertainty,
                    "iterations": pair.iterations,
                    "status": pair.status,
                    "flag": pair.reason or pair.flag,
                }
            )
    return pd.DataFrame(rows)
