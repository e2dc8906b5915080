"""The background lines an edge map took, taken again: for the mean spectrum of a region, and for references laid over it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...data import FloatArray
from ...errors import DataError, ParameterError
from ..parameters import SpectraParameters
from .e0 import edge_of
from .windows import FEWEST_PRE_EDGE, Windows, map_windows

_NEEDED = ("e0", "pre", "post", "nnorm")
_TOUCH = 1e-6
"""Energies (eV) so near to a window's end lie in it."""


def windows_like_map(
    energies: FloatArray, windows: Mapping[str, Any] | SpectraParameters | None, mean: FloatArray
) -> Windows:
    """Give the windows of an edge map at `energies` again, or those a map would take.

    Parameters
    ----------
    energies : (E,) float64, eV, ascending
        Those there are: an edge map's own, or fewer of them.
    windows : mapping, SpectraParameters or None
        As `EdgeMap.windows`; parameters, or None for their defaults: those a map of `mean` would take.
    mean : (E,)
        Finite.

    Raises
    ------
    DataError
        If the map has no edge, or no energy lies in one of its windows.
    ParameterError
        If something else is given for windows.
    """
    if windows is None or isinstance(windows, SpectraParameters):
        asked = windows or SpectraParameters()
        return map_windows(energies, edge_of(energies, mean, asked)[0], asked.pre, asked.post, asked.nnorm)
    if not isinstance(windows, Mapping):
        raise ParameterError("windows are those of an edge map: give EdgeMap.windows, SpectraParameters or None.")
    if any(name not in windows for name in _NEEDED) or not np.isfinite(windows["e0"]):
        raise DataError(
            "The edge map has no edge, and no windows to normalise with: give windows=None, or scan across an edge."
        )
    e0 = float(windows["e0"])
    samples = {}
    for name in ("pre", "post"):
        first, last = (float(end) for end in windows[name])
        low, high = np.searchsorted(energies, (first - _TOUCH, last + _TOUCH))
        if high <= low:
            raise DataError(
                f"No energy lies in the map's {name}-edge window, {first:.1f} to {last:.1f} eV: these energies go from "
                f"{energies[0]:.1f} to {energies[-1]:.1f} eV."
            )
        samples[name] = slice(int(low), int(high))
    below, above = samples["pre"], samples["post"]
    return Windows(
        e0=e0,
        e0_index=int(np.argmin(np.abs(energies - e0))),
        pre=(float(windows["pre"][0]) - e0, float(windows["pre"][1]) - e0),
        post=(float(windows["post"][0]) - e0, float(windows["post"][1]) - e0),
        pre_samples=below,
        post_samples=above,
        nnorm=max(0, min(int(windows["nnorm"]), above.stop - above.start - 1)),
        pre_order=int(below.stop - below.start >= FEWEST_PRE_EDGE),
    )
