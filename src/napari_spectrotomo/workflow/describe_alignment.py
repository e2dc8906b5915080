"""What the alignment of views found, in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..data import FloatArray
from .alignment import Alignment


def axis_in_words(centers: Sequence[float] | FloatArray, tilt: float) -> str:
    """Say where the rotation axes of some energies are, and how they lean (degrees)."""
    low, high = min(centers), max(centers)
    where = f"column {low:.2f}" if high - low < 0.005 else f"columns {low:.2f} to {high:.2f}"
    return f"{where}, {f'tilted by {tilt:.2f}°' if tilt else 'upright'}"


def alignment_in_words(alignment: Alignment) -> list[str]:
    """Say in a sentence each what was found of axis and tilt, of jitter, and of motion within tomograms."""
    given = not np.isfinite(alignment.of_axis("center")).any()
    said = [f"Rotation axis{' as given,' if given else ''} at {axis_in_words(alignment.centers, alignment.tilt)}."]
    jitter = alignment.jitter
    moved = np.array([s is not None for s in alignment.shifts])
    if moved.any():
        down, across = np.nanmax(jitter, axis=0)
        where = "all" if moved.all() else f"{moved.sum()} of {len(moved)}"
        said.append(
            f"Single views are shifted at {where} energies, by up to {down:.2f} rows and {across:.2f} columns (rms)."
        )
    elif np.isfinite(jitter).any():
        said.append("Single views stand in their place.")
    whole = alignment.displacement
    if np.isfinite(whole).any():
        k = int(np.nanargmax(whole))
        said.append(
            f"The sample moves by at most {whole[k]:.2f} pixels during a tomogram ({alignment.energies[k]:.1f} eV)."
        )
    return said
