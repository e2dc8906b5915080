"""The comparison as a whole, and the files it leaves."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ...atomic import write_text
from ...errors import Aborted
from ...progress import ProgressCallback
from ..files import write_comparison, write_pictures
from ..machine import environment
from ..table import Table, csv_text
from .engines import ENGINES, missing
from .few_views import FewViews, few_views
from .figure import few_figure, slices_figure, time_figure
from .study import Measurement, Study, measurements
from .table import few_table, full_table, lines_of

NAME, FEW, SLICES = "reconstruction", "reconstruction_few_views", "reconstruction_slices"
PACKAGES = ("algotom", "astra-toolbox", "scikit-image")
SHOWN = 512
"""Slices of the size nearest this are drawn."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was measured.

    Attributes
    ----------
    rows : tuple of Measurement
    few : tuple of FewViews
    tables : tuple of Table
    lines : tuple of str
        What it comes to, and which engines were left out.
    stopped : bool
        Whether it was stopped before all was measured.
    """

    rows: tuple[Measurement, ...]
    few: tuple[FewViews, ...]
    tables: tuple[Table, ...]
    lines: tuple[str, ...]
    stopped: bool


def write_reconstructions(
    folder: str | Path,
    study: Study,
    few_size: int = 160,
    seed: int = 1,
    *,
    progress: ProgressCallback | None = None,
    abort: threading.Event | None = None,
) -> Comparison:
    """Compare engines and algorithms, and write what was found.

    Parameters
    ----------
    folder : path
        Made where it is missing; gets ``reconstruction.csv``, ``.md``, ``.png`` and ``.svg``, ``reconstruction_few_views.csv`` and
        ``.png``, and ``reconstruction_slices.png``, which replace those of an earlier run.
    study : Study
        Of the engines.
    few_size : int
        Columns, where algorithms are compared on few views.
    seed : int
        Of the noise there.
    progress : function or None
        Called after each measurement, a stage a size or case.
    abort : Event or None
        Stops it; what was measured before is written, and `stopped` is true.

    Raises
    ------
    Aborted
        If it was stopped before anything was measured; no file is touched then.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[Measurement] = []
    few: list[tuple[FewViews, npt.NDArray[np.float32]]] = []
    drawn: dict[str, npt.NDArray[np.floating]] = {}
    shown, stopped = min(study.sizes, key=lambda size: abs(size - SHOWN)), False
    try:
        for row, made in measurements(study, progress=progress, abort=abort):
            rows.append(row)
            if row.size == shown:
                drawn[row.engine] = made
        few.extend(few_views(few_size, seed=seed, progress=progress, abort=abort))
    except Aborted:
        stopped = True
        if not rows:
            raise Aborted("Stopped on request before anything was measured.") from None
    by_algorithm = [row for row, _ in few]
    left_out = () if study.engines else missing()
    lines = (*lines_of(rows, by_algorithm), *left_out)
    tables = (full_table(rows), *([few_table(by_algorithm)] if few else []))
    write_comparison(
        folder, NAME, table=csv_text(Measurement, rows), page=_page(rows, lines, tables), figure=time_figure(rows)
    )
    write_pictures(folder, {SLICES: slices_figure(drawn)} | ({FEW: few_figure(few)} if few else {}))
    if few:
        write_text(folder / f"{FEW}.csv", csv_text(FewViews, by_algorithm))
    return Comparison(tuple(rows), tuple(by_algorithm), tables, lines, stopped)


def _page(rows: Sequence[Measurement], lines: Sequence[str], tables: Sequence[Table]) -> str:
    """Give the part of a page that a run writes: the machine, what came out, the engines and the tables."""
    machine, versions = environment(PACKAGES)
    engines = dict.fromkeys(row.engine for row in rows)
    parts = [
        f"On {machine};\n{versions}.",
        "\n".join(f"- {line}" for line in lines),
        "\n".join(["The engines:", "", *(f"- {ENGINES[name].label}: {ENGINES[name].words}." for name in engines)]),
        *(table.markdown() for table in tables),
    ]
    return "\n\n".join(parts)
