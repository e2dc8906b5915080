"""What an edge map's panel shows of a map: what stays above an edge step, its colours' limits, and how its energies are spread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..layers.map_colors import is_diverging, map_limits, median_of
from ..plot import Curve
from .distribution import distributions

Volume = npt.NDArray[np.floating]
_IN_COLORS = ("edge energy", "valence")


@dataclass(frozen=True, slots=True)
class Look:
    """How maps are to be looked at.

    Attributes
    ----------
    least : float
        Voxels with an edge step below are left out; in the unit of the steps, 0 for none.
    low, high : float, per cent
        Percentiles of what is shown at the ends of the colours.
    colors : str
        Of edge energies and valences.
    middle : float or None, eV
        The edge energy that diverging colours leave white; None for the median.
    """

    least: float = 0.0
    low: float = 2.0
    high: float = 98.0
    colors: str = "viridis"
    middle: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What is shown.

    Attributes
    ----------
    look : Look
        As asked for.
    maps : dict of (z, y, x) float32
        By role; NaN where the edge step is too small. The very arrays given where nothing is left out.
    limits : dict of (low, high)
        Values of the first and the last colour, by role.
    middle : float or None, eV
        What is white, of diverging colours.
    kept : float
        Share of the voxels with an edge energy that are shown; NaN where there are none.
    curves : list of Curve
        The distribution of each particle's edge energies.
    """

    look: Look
    maps: dict[str, Volume]
    limits: dict[str, tuple[float, float]]
    middle: float | None
    kept: float
    curves: list[Curve]


def see(whole: dict[str, Volume], labels: npt.NDArray[np.integer], look: Look) -> Seen:
    """Work out what is shown of maps; tens of milliseconds, so in a worker.

    Parameters
    ----------
    whole : dict of (z, y, x) float32
        The maps as they were made, by role; 'edge energy' and 'edge step' among them.
    labels : (z, y, x) int
    look : Look
    """
    maps = whole
    if look.least > 0:
        weak = ~(whole["edge step"] >= look.least)
        maps = {role: np.where(weak, np.float32(np.nan), values) for role, values in whole.items()}
    middle: float | None = None
    bounds = {}
    for role, values in maps.items():
        white = None
        if role in _IN_COLORS and is_diverging(look.colors):
            white = look.middle if look.middle is not None and role == "edge energy" else median_of(values)
            middle = white if role == "edge energy" else middle
        bounds[role] = map_limits(values, look.low, look.high, None if white is None or np.isnan(white) else white)
    known = int(np.isfinite(whole["edge energy"]).sum())
    kept = float(np.isfinite(maps["edge energy"]).sum() / known) if known else float("nan")
    return Seen(look, maps, bounds, middle, kept, distributions(maps["edge energy"], labels))


def step_range(step: Any) -> float:
    """Give the largest edge step a slider offers: the 99th percentile, of the few voxels with extreme noise."""
    known = np.asarray(step)[np.isfinite(step)]
    return float(np.percentile(known, 99)) if known.size else 1.0
