"""The spectra behind a composition: references, components or clusters, as curves of a plot."""

from __future__ import annotations

from html import escape
from typing import Any, Literal

from ..layers.show import SHARES
from ..plot import COLORS, Curve

Kind = Literal["references", "components", "clusters"]
_PICTURE = ("#ff40ff", "#ffff40", "#40ffff")
"""Colours of the first references in the picture of the composition."""


def kinds_of(project: Any) -> tuple[Kind, ...]:
    """Say which spectra a project's composition holds."""
    entry = project.record.stage("composition")
    kinds: tuple[Kind, ...] = ("references", "components", "clusters")
    return tuple(kind for kind in kinds if kind in entry)


def curves_of(project: Any, kind: Kind) -> list[Curve]:
    """Give the spectra of one kind, each in a colour of its own: references and clusters in those of their pictures."""
    if kind == "references":
        found = project.record.stage("composition")["references"]
        return [
            Curve(found["energies_eV"], spectrum, name, color)
            for name, spectrum, color in zip(
                found["names"], found["spectra"], _colors(len(found["names"])), strict=True
            )
        ]
    table = project.spectra_of(kind)
    energies = table["energy_eV"].to_numpy()
    names = [name for name in table.columns if name.startswith(kind.removesuffix("s") + "_")]
    curves: list[Curve] = []
    for name in names:
        if not name.endswith("_standard_error"):
            error = table.get(f"{name}_standard_error")
            color = COLORS[len(curves) % len(COLORS)]
            band = None if error is None else error.to_numpy()
            curves.append(Curve(energies, table[name].to_numpy(), name.replace("_", " "), color, band=band))
    return curves


def color_key(names: list[str]) -> str:
    """Name the references in their colours of the picture; HTML."""
    shown = zip(names[:SHARES], _PICTURE, strict=False)
    return " &nbsp; ".join(f'<span style="color: {color};">■</span>&nbsp;{escape(name)}' for name, color in shown)


def _colors(count: int) -> list[str]:
    """Give the colours of so many references: those in the picture have its own, the others none of these."""
    others = [color for color in COLORS if color != COLORS[0]]  # the first is yellow, as one in the picture
    return [_PICTURE[k] if k < SHARES else others[(k - SHARES) % len(others)] for k in range(count)]
