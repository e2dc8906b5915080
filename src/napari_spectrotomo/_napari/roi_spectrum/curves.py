"""Spectra of regions and of references as curves of a plot, on the screen or on paper."""

from __future__ import annotations

from html import escape

import numpy as np

from ...data import FloatArray
from ...report import DrawnSpectrum
from ..plot import Curve
from ..readable import color_of
from .spectra import RegionSpectrum

References = dict[str, tuple[FloatArray, FloatArray]]
"""By name: energies in eV, normalised values."""

REFERENCE_COLORS = ("#b9bec7", "#d0a9d8", "#a9cf9a", "#d9b38c", "#8fc7c6", "#c9c27a", "#e0a0a0", "#9fb3e0")
_THIN, _USUAL, _THICK = 1.2, 1.5, 2.6


def curves_of(spectra: list[RegionSpectrum], references: References) -> list[Curve]:
    """Give curves: raw dashed, registered solid, in the colours of the regions; the selected one thick; references thin."""
    named = {s.region.name: s.stack for s in spectra}  # of raw and registered the last one stands in the legend
    curves = []
    for s in spectra:
        shown = np.ones(len(s.mean), bool) if s.whole else np.isfinite(s.mean)
        curves.append(
            Curve(
                s.energies[shown],
                s.mean[shown],
                s.region.name if named[s.region.name] == s.stack else "",
                s.region.color,
                dashed=s.stack == "raw",
                band=s.error[shown] if s.whole else None,
                width=_THICK if s.region.selected else _USUAL,
                faint=not s.whole,
            )
        )
    for k, (name, (energies, values)) in enumerate(references.items()):
        curves.append(Curve(energies, values, name, REFERENCE_COLORS[k % len(REFERENCE_COLORS)], width=_THIN))
    return curves


def key_of(spectra: list[RegionSpectrum], references: References) -> str:
    """Name the curves in their colours, with the voxels of each region; HTML for a `ReadableLabel`."""
    regions = {s.region.name: s.region for s in spectra}
    words = [
        (
            color_of(region.color).name(),
            f"{name} ({region.size} voxel{'' if region.size == 1 else 's'})",
            region.selected,
        )
        for name, region in regions.items()
    ]
    words += [(REFERENCE_COLORS[k % len(REFERENCE_COLORS)], name, False) for k, name in enumerate(references)]
    return " &nbsp; ".join(
        f'<span style="color: {color};">●</span>&nbsp;{_unbroken(f"<b>{escape(name)}</b>" if bold else escape(name))}'
        for color, name, bold in words
    )


def drawn(curves: list[Curve]) -> list[DrawnSpectrum]:
    """Give curves as they are drawn on paper."""
    return [DrawnSpectrum(c.name, c.energies, c.values, c.band, _rgb(c.color), c.dashed) for c in curves]


def _unbroken(name: str) -> str:
    return name.replace(" ", "&nbsp;")


def _rgb(color: object) -> object:
    return color if isinstance(color, str) else tuple(float(c) for c in np.asarray(color)[:3])
