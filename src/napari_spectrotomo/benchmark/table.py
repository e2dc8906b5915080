"""Measurements as a table: as CSV, in Markdown for a page, and on the terminal."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Table:
    """What a reader sees of measurements.

    Attributes
    ----------
    heads : tuple of str
    words : int
        The first columns, which are no numbers to line up.
    cells : tuple of tuple of str
        A line each.
    best : tuple of int
        Lines to be marked, in their column `marked`.
    marked : int
    caption : str
    """

    heads: tuple[str, ...]
    words: int
    cells: tuple[tuple[str, ...], ...]
    best: tuple[int, ...]
    marked: int
    caption: str

    def markdown(self) -> str:
        """Give the table in Markdown."""
        lines = [_line(self.heads), "|" + "---|" * self.words + "---:|" * (len(self.heads) - self.words)]
        for k, cells in enumerate(self.cells):
            bold = [f"**{cell}**" if k in self.best and c == self.marked else cell for c, cell in enumerate(cells)]
            lines.append(_line(bold))
        return "\n".join([*lines, "", self.caption, ""])

    def show(self) -> None:
        """Print the table on the terminal, what is best in bold."""
        from rich.console import Console
        from rich.table import Table as Lines

        lines = Lines(box=None, pad_edge=False, caption=self.caption, caption_justify="left")
        for k, head in enumerate(self.heads):
            lines.add_column(head, justify="left" if k < self.words else "right", no_wrap=True)
        for k, cells in enumerate(self.cells):
            lines.add_row(*cells, style="bold" if k in self.best else "")
        Console(highlight=False).print(lines)


def csv_text(kind: type[Any], rows: Sequence[Any]) -> str:
    """Give all fields of measurements, dataclasses of a kind, as CSV; empty where a value is unknown."""
    file = io.StringIO()
    writer = csv.DictWriter(file, [field.name for field in fields(kind)], lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _plain(value) for name, value in asdict(row).items()})
    return file.getvalue()


def number(value: float, digits: str, unknown: str = "–") -> str:
    """Write a number, or what stands for one that is unknown."""
    return format(value, digits) if np.isfinite(value) else unknown


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _plain(value: str | float) -> str:
    if isinstance(value, str):
        return value
    return f"{value:.6g}" if np.isfinite(value) else ""
