"""The definitions of an edge energy that are compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..style import BLUE, GOLD, GREEN, ORANGE, PINK


@dataclass(frozen=True, slots=True)
class Definition:
    """One way to read an edge energy.

    Attributes
    ----------
    label : str
        What tables and figures call it.
    keywords : mapping
        What it is for `edge_energy` and `edge_energy_of`.
    colour, marker, line : str
        In figures; two ways to read the same definition share colour and marker.
    """

    label: str
    keywords: Mapping[str, Any]
    colour: str
    marker: str
    line: str = "-"


DEFINITIONS = (
    Definition("half height (lines)", {"method": "half-height", "between": "lines"}, BLUE, "o"),
    Definition("half height (fit)", {"method": "half-height", "between": "fit"}, BLUE, "o", "--"),
    Definition("derivative", {"method": "derivative"}, ORANGE, "s"),
    Definition("white line (parabola)", {"method": "white-line", "white_line": "polynomial"}, GREEN, "^"),
    Definition("white line (Gaussian)", {"method": "white-line", "white_line": "gaussian"}, GREEN, "^", "--"),
    Definition("centroid", {"method": "centroid"}, PINK, "D"),
    Definition("edge integral", {"method": "edge-integral"}, GOLD, "v"),
)
