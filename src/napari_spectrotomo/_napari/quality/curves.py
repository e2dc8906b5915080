"""What the Quality panel draws against energy: before registration, by one transform, and by a transform a particle."""

from __future__ import annotations

from typing import Any

from ..plot import Curve

RED, AMBER, BLUE, PALE = "#ff5c5c", "#f0b040", "#5ca8ff", "#d8dce2"

PAGES: dict[str, dict[str, str]] = {
    "Masks": {"mse": "MSE", "dice": "Dice"},
    "Surfaces": {"surface_mean": "mean (voxel)", "surface_95": "95 % (voxel)"},
    "Precision": {"uncertainty": "error (voxel)", "grey": "residual (step)"},
}
"""Plots by page, with what their values are."""

NAMES = {"raw": "raw", "global": "global", "registered": "a transform a particle"}
_COLORS = {"raw": RED, "global": AMBER, "registered": BLUE}


def curves_of(table: Any, measure: str, by_particle: bool) -> list[Curve]:
    """Give the curves of one plot.

    Parameters
    ----------
    table : DataFrame
        Of the whole or of one particle, a row an energy.
    measure : str
        Of `PAGES`.
    by_particle : bool
        Whether particles have transforms of their own; if not, that of the whole is the registered one.
    """
    energies = table["energy_eV"].to_numpy(float)
    if measure == "uncertainty":
        return [
            Curve(energies, table["uncertainty"].to_numpy(float), "expected error of the transform", PALE, symbols=True)
        ]
    if measure == "grey":
        kinds = {"grey_masks": ("grey residual by masks", AMBER), "grey_refined": ("refined on grey", BLUE)}
        return [
            Curve(energies, table[name].to_numpy(float), words, color, symbols=True)
            for name, (words, color) in kinds.items()
        ]
    stages = ("raw", "global", "registered") if by_particle else ("raw", "registered")
    return [
        Curve(
            energies,
            table[f"{measure}_{stage}"].to_numpy(float),
            NAMES[stage] if by_particle else stage,
            _COLORS[stage],
            symbols=True,
        )
        for stage in stages
    ]
