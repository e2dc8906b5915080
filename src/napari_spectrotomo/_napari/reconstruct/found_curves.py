"""Curves and words of an alignment: what each method found, what was settled, which energies stand out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ...workflow.alignment import Alignment
from ..plot import Curve
from .finder import METHOD_COLORS

PAGES = {
    "Rotation axis": "column (pixel)",
    "Jitter of single views": "rms (pixel)",
    "Motion within a tomogram": "pixel",
}
"""What is plotted, with what its values are."""

WHITE, RED, BLUE, GREEN = "#f2f4f7", "#ff5c5c", "#5ca8ff", "#7ddc8b"
Floats = npt.NDArray[np.float64]


def curves_of(alignment: Alignment, page: str) -> list[Curve]:
    """Give the curves of one page."""
    energies = np.asarray(alignment.energies)
    if page == "Rotation axis":
        return _axis_curves(alignment)
    if page == "Jitter of single views":
        found = jitter_of(alignment)
        return [
            Curve(energies, found[:, 0], "rows", BLUE, symbols=True),
            Curve(energies, found[:, 1], "columns", METHOD_COLORS["centre of mass"], symbols=True),
        ]
    moved = np.hypot(*of_motion(alignment, "displacement", 2).T)
    return [
        Curve(energies, moved, "of the whole", BLUE, symbols=True),
        Curve(energies, of_motion(alignment, "parts"), "of parts beyond it", RED, symbols=True),
    ]


def _axis_curves(alignment: Alignment) -> list[Curve]:
    energies = np.asarray(alignment.energies)
    curves = []
    for method, color in METHOD_COLORS.items():
        columns = numbers([((_at(alignment, e)["axis"] or {}).get("methods") or {}).get(method) for e in energies])
        if np.isfinite(columns).any():
            curves.append(Curve(energies, columns, method, color, symbols=True, line=False))
    curves.append(Curve(energies, alignment.centers, "settled, used", WHITE))
    outlying = outliers(alignment)
    if outlying.any():
        vote = np.where(outlying, votes(alignment), np.nan)
        curves.append(Curve(energies, vote, "found elsewhere", RED, symbols=True, line=False))
    return curves


def votes(alignment: Alignment) -> Floats:
    """Give the axis that the methods voted for at each energy, (E,); NaN where it was given or none was found."""
    return numbers([(_at(alignment, e)["axis"] or {}).get("center") for e in alignment.energies])


def outliers(alignment: Alignment) -> npt.NDArray[np.bool_]:
    """Say which energies' votes were not what was settled: beyond four standard deviations and a tenth of a pixel."""
    uncertainty = numbers([(_at(alignment, e)["axis"] or {}).get("uncertainty") for e in alignment.energies])
    away = np.abs(votes(alignment) - alignment.centers)
    return np.asarray(away > np.maximum(4 * np.nan_to_num(uncertainty), 0.1))


def jitter_of(alignment: Alignment) -> Floats:
    """Give the rms of the views' shifts, (E, 2) as (row, column), pixels; 0 where views stay, NaN where it was not looked for."""
    looked = [_at(alignment, e)["jitter"] is not None for e in alignment.energies]
    sizes = [np.zeros(2) if s is None else np.sqrt(np.mean(s**2, axis=0)) for s in alignment.shifts]
    return np.where(np.array(looked)[:, None], np.array(sizes), np.nan)


def of_motion(alignment: Alignment, name: str, count: int = 1) -> Floats:
    """Give a number of the motion a tomogram, (E,), or several, (E, count); NaN where it is not known."""
    every = [(_at(alignment, e)["motion"] or {}).get(name) for e in alignment.energies]
    if count == 1:
        return numbers(every)
    return np.stack([numbers([None] * count if one is None else one) for one in every])


def in_words(alignment: Alignment) -> list[str]:
    """Say in a sentence each what was found of axis, tilt, jitter and motion."""
    low, high = float(alignment.centers.min()), float(alignment.centers.max())
    where = f"column {low:.2f}" if high - low < 0.005 else f"columns {low:.2f} to {high:.2f}"
    tilt = f"tilted by {alignment.tilt:.2f}°" if alignment.tilt else "upright"
    given = not np.isfinite(votes(alignment)).any()
    said = [f"Rotation axis{' as given,' if given else ''} at {where}, {tilt}."]
    jitter = jitter_of(alignment)
    moved = np.array([s is not None for s in alignment.shifts])
    if moved.any():
        down, across = np.nanmax(jitter, axis=0)
        said.append(
            f"Single views are shifted at {moved.sum()} of {len(moved)} energies, by up to {down:.2f} rows and "
            f"{across:.2f} columns (rms)."
        )
    elif np.isfinite(jitter).any():
        said.append("Single views stand in their place.")
    whole = np.hypot(*of_motion(alignment, "displacement", 2).T)
    if np.isfinite(whole).any():
        k = int(np.nanargmax(whole))
        said.append(
            f"The sample moves by at most {whole[k]:.2f} pixels during a tomogram ({alignment.energies[k]:.1f} eV)."
        )
    return said


def numbers(values: Any) -> Floats:
    """Give numbers, NaN for None."""
    return np.array([np.nan if v is None else float(v) for v in values])


def _at(alignment: Alignment, energy: float) -> dict[str, Any]:
    nothing: dict[str, Any] = {"axis": None, "jitter": None, "motion": None}
    return nothing | alignment.found.get(f"{energy:.4f}", {})
