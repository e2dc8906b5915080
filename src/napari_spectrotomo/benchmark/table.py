"""Measurements as a table: on the terminal, as CSV, and in Markdown for a page."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, fields

import numpy as np

from .engines import ENGINES
from .study import Measurement

COLUMNS = tuple(field.name for field in fields(Measurement))
HEADS = ("case", "noise", "in", "engine", "TRE", "95 %", "raw", "MSE", "Dice", "s")
WORDS = 4
"""The first columns, which are no numbers to line up."""
CAPTION = "TRE in voxels, mean and 95th percentile; MSE of the clean masks, raw and registered, in thousandths."


def csv_text(rows: Sequence[Measurement]) -> str:
    """Give all columns of all measurements as CSV; empty where a value is unknown."""
    file = io.StringIO()
    writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _plain(value) for name, value in asdict(row).items()})
    return file.getvalue()


def show_rows(rows: Sequence[Measurement]) -> None:
    """Print a table on the terminal, a line a registration, the best error of each pair in bold."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, caption=CAPTION, caption_justify="left")
    for k, head in enumerate(HEADS):
        table.add_column(head, justify="left" if k < WORDS else "right", no_wrap=True)
    for group in _by_pair(rows):
        for row in group:
            table.add_row(*_cells(row), style="bold" if _is_best(row, group) else "")
    Console(highlight=False).print(table)


def markdown(rows: Sequence[Measurement]) -> str:
    """Give the same table in Markdown."""
    lines = ["| " + " | ".join(HEADS) + " |", "|" + "---|" * WORDS + "---:|" * (len(HEADS) - WORDS)]
    for group in _by_pair(rows):
        for row in group:
            cells = _cells(row)
            if _is_best(row, group):
                cells[WORDS] = f"**{cells[WORDS]}**"
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", CAPTION, ""])


def _by_pair(rows: Sequence[Measurement]) -> list[list[Measurement]]:
    groups: dict[tuple[str, str, float], list[Measurement]] = {}
    for row in rows:
        groups.setdefault((row.case, row.noise_in, row.noise), []).append(row)
    return list(groups.values())


def _is_best(row: Measurement, group: list[Measurement]) -> bool:
    return len(group) > 1 and row.tre_mean <= np.nanmin([np.inf, *(other.tre_mean for other in group)])


def _cells(row: Measurement) -> list[str]:
    def number(value: float, digits: str, unknown: str = "–") -> str:
        return format(value, digits) if np.isfinite(value) else unknown

    return [
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
    ]


def _plain(value: str | float) -> str:
    if isinstance(value, str):
        return value
    return f"{value:.6g}" if np.isfinite(value) else ""
