"""What the report shows of the chemistry beyond edge energies: only what was asked for is there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from ..spectra import Clusters, Components, Composition, ValenceMap


@dataclass(frozen=True, slots=True, eq=False)
class Chemistry:
    """Valence, composition, components and clusters of a project; None where they were not asked for.

    Attributes
    ----------
    energy_shift : dict
        ``shift_eV``, ``uncertainty_eV`` and ``origin`` of what was added to the scan's energies; empty where nothing was.
    profiles : DataFrame or None
        Edge energies against depth, as in ``profiles.csv``.
    comparisons : DataFrame or None
        Pairs of particles, as in ``comparisons.csv``.
    valence : ValenceMap or None
    composition : Composition or None
    fractions : DataFrame or None
        A row a particle, as in ``composition.csv``.
    components : Components or None
    components_by : 'pca' or 'nmf'
    clusters : Clusters or None
    """

    energy_shift: dict[str, Any] = field(default_factory=dict)
    profiles: pd.DataFrame | None = None
    comparisons: pd.DataFrame | None = None
    valence: ValenceMap | None = None
    composition: Composition | None = None
    fractions: pd.DataFrame | None = None
    components: Components | None = None
    components_by: str = "pca"
    clusters: Clusters | None = None

    @property
    def shift(self) -> float:
        """What was added to the scan's energies, eV."""
        return float(self.energy_shift.get("shift_eV", 0.0))
