"""What a comparison leaves: CSV, Markdown for a page, and figures, each whole or absent."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ..atomic import whole_file, write_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def write_comparison(folder: Path, name: str, *, table: str, page: str, figure: Figure) -> None:
    """Write ``name.csv``, ``.md``, ``.png`` and ``.svg``, which replace those of an earlier run.

    Parameters
    ----------
    folder : path
        It is there.
    name : str
    table : str
        CSV.
    page : str
        Markdown.
    figure : matplotlib Figure
    """
    write_text(folder / f"{name}.csv", table)
    write_text(folder / f"{name}.md", page)
    write_pictures(folder, {name: figure})
    with whole_file(folder / f"{name}.svg") as temporary:
        figure.savefig(temporary, metadata={"Date": None})


def write_pictures(folder: Path, figures: Mapping[str, Figure]) -> None:
    """Write each figure as ``name.png``."""
    for name, figure in figures.items():
        with whole_file(folder / f"{name}.png") as temporary:
            figure.savefig(temporary)
