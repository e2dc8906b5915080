"""What is doubtful about a line through standards, in words."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from ...data import FloatArray

LEAST_R2 = 0.9
MOST_OFF = 0.4
"""A standard whose valence lies farther from the line is not described by it."""


def line_doubts(
    energy: FloatArray,
    valence: FloatArray,
    names: tuple[str, ...],
    residuals: FloatArray,
    r2: float,
    *,
    with_errors: bool,
) -> tuple[str, ...]:
    """Say what speaks against a line through standards of these edge energies and valences."""
    found = [*_few(len(energy), with_errors), *_disorder(energy, valence, names)]
    worst = int(np.argmax(np.abs(residuals)))
    off = float(residuals[worst])
    if len(energy) > 2 and (r2 < LEAST_R2 or abs(off) > MOST_OFF):
        found.append(
            f"The standards do not lie on a line (r² = {r2:.2f}): it gives {names[worst]} a valence of "
            f"{valence[worst] - off:.2f} instead of {valence[worst]:.2f}. Choose another definition of the edge energy, or "
            "standards whose chemistry is nearer to the sample's."
        )
    return tuple(found)


def _few(n: int, with_errors: bool) -> list[str]:
    if n > 2:
        return []
    band = (
        "the band holds only the errors given for them"
        if with_errors
        else "the band, and the error of valences, is unknown"
    )
    return [
        f"A line goes through any two standards: how far compounds scatter about it is unknown, and {band}. Add a third."
    ]


def _disorder(energy: FloatArray, valence: FloatArray, names: tuple[str, ...]) -> list[str]:
    """Name the neighbours in valence whose edge energies do not rise with it."""
    order = np.lexsort((energy, valence))
    fallen = [(a, b) for a, b in pairwise(order) if valence[b] > valence[a] and energy[b] <= energy[a]]
    if not fallen:
        return []
    said = "; ".join(
        f"{names[b]} ({valence[b]:.2f}) at {energy[b]:.2f} eV, not above {names[a]} ({valence[a]:.2f}) at {energy[a]:.2f} eV"
        for a, b in fallen
    )
    return [
        f"The edge energy does not rise with the valence of the standards: {said}. One edge energy so stands for several "
        "valences: choose another definition of it, such as half-height, or other windows."
    ]
