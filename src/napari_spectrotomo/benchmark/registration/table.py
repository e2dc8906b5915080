"""A study's measurements as a table, a line a registration, the best error of each pair marked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..table import Table, number
from .engines import ENGINES
from .study import Measurement

HEADS = ("case", "noise", "in", "engine", "TRE", "95 %", "raw", "MSE", "Dice", "s")
WORDS = 4
CAPTION = "TRE in voxels, mean and 95th percentile; MSE of the clean masks, raw and registered, in thousandths."


def table_of(rows: Sequence[Measurement]) -> Table:
    """Give the table, pairs of volumes together."""
    cells: list[tuple[str, ...]] = []
    best: list[int] = []
    for group in _by_pair(rows):
        for row in group:
            if _is_best(row, group):
                best.append(len(cells))
            cells.append(_cells(row))
    return Table(HEADS, WORDS, tuple(cells), tuple(best), WORDS, CAPTION)


def _by_pair(rows: Sequence[Measurement]) -> list[list[Measurement]]:
    groups: dict[tuple[str, str, float], list[Measurement]] = {}
    for row in rows:
        groups.setdefault((row.case, row.noise_in, row.noise), []).append(row)
    return list(groups.values())


def _is_best(row: Measurement, group: list[Measurement]) -> bool:
    return len(group) > 1 and row.tre_mean <= np.nanmin([np.inf, *(other.tre_mean for other in group)])


def _cells(row: Measurement) -> tuple[str, ...]:
    return (
        row.case,
        f"{row.noise:.0%}",
        row.noise_in,
        ENGINES[row.engine].label,
        number(row.tre_mean, ".3f", row.status),
        number(row.tre_95, ".3f"),
        number(1000 * row.mse_raw, ".2f"),
        number(1000 * row.mse_registered, ".2f"),
        number(row.dice_registered, ".3f"),
        number(row.seconds, ".2f"),
    )
