"""The comparison as a whole, and the files it leaves."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...atomic import write_text
from ...errors import Aborted
from ...progress import ProgressCallback
from ..files import write_comparison
from ..machine import environment
from ..table import Table, csv_text
from .accuracy import Accuracy, accuracies
from .engines import ENGINES, missing
from .figure import accuracy_figure
from .study import Study
from .table import accuracy_table, choice_table, lines_of, time_table
from .timing import Timing, timings

NAME, TIME = "spectra", "spectra_time"
PACKAGES = ("xraylarch",)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was measured.

    Attributes
    ----------
    rows : tuple of Accuracy
    times : tuple of Timing
    tables : tuple of Table
    lines : tuple of str
        What it comes to, and which engines were left out.
    stopped : bool
        Whether it was stopped before all was measured.
    """

    rows: tuple[Accuracy, ...]
    times: tuple[Timing, ...]
    tables: tuple[Table, ...]
    lines: tuple[str, ...]
    stopped: bool


def write_spectra_study(
    folder: str | Path,
    study: Study,
    *,
    progress: ProgressCallback | None = None,
    abort: threading.Event | None = None,
) -> Comparison:
    """Judge the definitions, time the engines, and write what was found.

    Parameters
    ----------
    folder : path
        Made where it is missing; gets ``spectra.csv``, ``.md``, ``.png`` and ``.svg``, and ``spectra_time.csv``, which replace
        those of an earlier run.
    study : Study
    progress : function or None
        Called after each measurement, a stage a noise or job.
    abort : Event or None
        Stops it; what was measured before is written, and `stopped` is true.

    Raises
    ------
    Aborted
        If it was stopped before anything was measured; no file is touched then.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[Accuracy] = []
    times: list[Timing] = []
    stopped = False
    try:
        rows.extend(accuracies(study, progress=progress, abort=abort))
        times.extend(timings(study, progress=progress, abort=abort))
    except Aborted:
        stopped = True
        if not rows:
            raise Aborted("Stopped on request before anything was measured.") from None
    lines = (*lines_of(times, rows), *(() if study.engines else missing()))
    tables = (*([time_table(times)] if times else []), choice_table(rows))
    write_comparison(
        folder,
        NAME,
        table=csv_text(Accuracy, rows),
        page=_page(study, times, lines, (*tables, accuracy_table(rows))),
        figure=accuracy_figure(rows, study.definitions),
    )
    if times:
        write_text(folder / f"{TIME}.csv", csv_text(Timing, times))
    return Comparison(tuple(rows), tuple(times), tables, lines, stopped)


def _page(study: Study, times: Sequence[Timing], lines: Sequence[str], tables: Sequence[Table]) -> str:
    """Give the part of a page that a run writes: the machine, what came out, the engines and the tables."""
    machine, versions = environment(PACKAGES)
    engines = dict.fromkeys(row.engine for row in times)
    parts = [
        f"{study.size}³ spectra timed, {study.repeats} repeats a mixture and position, seed {study.seed}; on {machine};\n"
        f"{versions}.",
        "\n".join(f"- {line}" for line in lines),
        *(
            ["\n".join(["The engines:", "", *(f"- {ENGINES[name].label}: {ENGINES[name].words}." for name in engines)])]
            if engines
            else []
        ),
        *(table.markdown() for table in tables),
    ]
    return "\n\n".join(parts)
