"""What was done to energies and volumes before edges were looked for, and what it was compared with, in words."""

from __future__ import annotations

import numpy as np

from .data import ReportData


def chemistry_facts(data: ReportData) -> dict[str, str]:
    """Give facts by name: the shift of the energies, smoothing with what it costs in resolution, standards, references."""
    seen = data.chemistry
    said = {}
    if seen.energy_shift.get("origin"):
        uncertainty = float(seen.energy_shift.get("uncertainty_eV") or 0.0)
        within = f" ± {uncertainty:.2f}" if uncertainty > 0 else ""
        said["Energies shifted by"] = f"{seen.shift:+.2f}{within} eV ({seen.energy_shift['origin']})"
    if data.edge_map.averaged:
        said["Averaged"] = data.edge_map.averaged
    if seen.valence is not None:
        line = seen.valence.line
        low, high = line.range_valence
        scatter = f"; they scatter by {line.scatter:.2f} about it" if np.isfinite(line.scatter) else ""
        said["Valence by"] = f"a line through {', '.join(line.names)}, valence {low:g} to {high:g}{scatter}"
    if seen.composition is not None:
        first, last = seen.composition.windows.get("window", (np.nan, np.nan))
        said["References"] = f"{', '.join(seen.composition.names)}, fitted from {first:g} to {last:g} eV"
    return said
