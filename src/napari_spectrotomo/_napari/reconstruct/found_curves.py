"""Curves of an alignment: what each method found, what was settled, which energies stand out."""

from __future__ import annotations

import numpy as np

from ...workflow.alignment import Alignment
from ..plot import Curve
from .finder import METHOD_COLORS

PAGES = {
    "Rotation axis": ("column (pixel)", 1.0),
    "Jitter of single views": ("rms (pixel)", 0.5),
    "Motion within a tomogram": ("pixel", 0.5),
}
"""What is plotted: what its values are, and the least range of them that is shown."""

WHITE, RED, BLUE, AMBER = "#f2f4f7", "#ff5c5c", "#5ca8ff", "#f0b040"


def curves_of(alignment: Alignment, page: str) -> list[Curve]:
    """Give the curves of one page."""
    energies = np.asarray(alignment.energies)
    if page == "Rotation axis":
        return _axis_curves(alignment)
    if page == "Jitter of single views":
        down, across = alignment.jitter.T
        return [
            Curve(energies, down, "rows", BLUE, symbols=True),
            Curve(energies, across, "columns", AMBER, symbols=True),
        ]
    return [
        Curve(energies, alignment.displacement, "of the whole", BLUE, symbols=True),
        Curve(energies, alignment.parts, "of parts beyond it", RED, symbols=True),
    ]


def _axis_curves(alignment: Alignment) -> list[Curve]:
    energies = np.asarray(alignment.energies)
    curves = [
        Curve(energies, columns, method, METHOD_COLORS[method], symbols=True, line=False)
        for method, columns in alignment.methods.items()
        if np.isfinite(columns).any()
    ]
    curves.append(Curve(energies, alignment.centers, "settled, used", WHITE))
    if alignment.elsewhere.any():
        vote = np.where(alignment.elsewhere, alignment.of_axis("center"), np.nan)
        curves.append(Curve(energies, vote, "found elsewhere", RED, symbols=True, line=False))
    return curves
