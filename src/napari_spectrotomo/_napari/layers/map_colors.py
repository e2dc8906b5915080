"""Colours of maps that can be told apart by the colour-blind, and the values between which they run."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from napari.utils.colormaps import AVAILABLE_COLORMAPS, Colormap, CyclicLabelColormap

from ..plot import COLORS
from .tuples import limits

SEQUENTIAL = ("viridis", "cividis", "plasma", "magma", "inferno")
DIVERGING = ("blue-orange", "purple-green")
MAP_COLORS = (*SEQUENTIAL, *DIVERGING)
"""Names of the colours of a map. Diverging ones are white at a value of their own, by default the median."""

_OWN = {
    # Nuñez, Anderton & Renslow, PLoS ONE 13, e0199239, 2018
    "cividis": (
        "#00224e #002e6a #1a386f #32436d #434e6c #535a6d #61656f #6f7073 #7d7c78 "
        "#8c8878 #9b9476 #aba072 #bcae6c #cdbb63 #dec958 #f0d846 #fee838"
    ),
    # both arms rise evenly in lightness, and neither ends near black: the canvas may be black
    "blue-orange": "#1f4e9c #4b7fc4 #8fb4e0 #c9dcf0 #f7f7f7 #fbd3ab #f2a35c #d9731f #a84a06",
    "purple-green": "#6a3d9a #8f68b8 #b79ad3 #dccdea #f7f7f7 #c8e4c4 #8fc98c #4fa455 #1b7837",
}


def map_colormap(name: str) -> Colormap:
    """Give the colours with a name of `MAP_COLORS`, or another of napari's; what is unknown (NaN) is left out."""
    if name in _OWN:
        return Colormap(_OWN[name].split(), name=name, nan_color="transparent")
    return AVAILABLE_COLORMAPS[name]


def is_diverging(name: str) -> bool:
    """Say whether colours run two ways from a value in the middle."""
    return name in DIVERGING


def map_limits(values: npt.NDArray[Any], low: float, high: float, middle: float | None = None) -> tuple[float, float]:
    """Give the values of the first and the last colour.

    Parameters
    ----------
    values : (z, y, x)
        NaN where unknown.
    low, high : float, per cent
        Percentiles of the known values.
    middle : float, optional
        The value of the middle colour: both ends are then as far from it as the farther percentile.
    """
    first, last = limits(values, low, high)
    if middle is None:
        return first, last
    away = max(abs(first - middle), abs(last - middle))
    return middle - away, middle + away


def median_of(values: npt.NDArray[Any]) -> float:
    """Give the median of the known values; NaN where there is none."""
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else float("nan")


def label_colors() -> CyclicLabelColormap:
    """Give numbered particles and clusters the colours they have in plots."""
    return CyclicLabelColormap(colors=[(0.0, 0.0, 0.0, 0.0), *map(_rgba, COLORS)])


def _rgba(color: str) -> tuple[float, float, float, float]:
    """Give a colour written as ``#rrggbb`` in 0..1, opaque."""
    red, green, blue = (int(color[k : k + 2], 16) / 255 for k in (1, 3, 5))
    return red, green, blue, 1.0
