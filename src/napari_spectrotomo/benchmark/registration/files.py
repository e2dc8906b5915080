"""A study that leaves files: the table, a part of a page, and the figure."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import Aborted
from ...progress import ProgressCallback
from ..files import write_comparison
from ..machine import environment
from ..table import csv_text
from .engines import ENGINES
from .figure import study_figure
from .study import Measurement, Study, measurements, warp_seconds
from .summary import PACKAGES, summary
from .table import table_of

NAME = "registration"


@dataclass(frozen=True, slots=True)
class StudyResult:
    """What was measured.

    Attributes
    ----------
    rows : tuple of Measurement
    lines : tuple of str
        A sentence an engine.
    stopped : bool
        Whether it was stopped before all was measured.
    """

    rows: tuple[Measurement, ...]
    lines: tuple[str, ...]
    stopped: bool


def write_study(
    folder: str | Path,
    study: Study,
    *,
    progress: ProgressCallback | None = None,
    abort: threading.Event | None = None,
) -> StudyResult:
    """Run a study and write it.

    Parameters
    ----------
    folder : path
        Made where it is missing; gets ``registration.csv``, ``.md``, ``.png`` and ``.svg``, which replace those of an earlier run.
    study : Study
    progress : function or None
        Called after each registration, a stage a case.
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
    warp, stopped = warp_seconds(study.size, study.seed), False
    try:
        for row in measurements(study, progress=progress, abort=abort):
            rows.append(row)
    except Aborted:
        stopped = True
        if not rows:
            raise Aborted("Stopped on request before anything was measured.") from None
    lines = tuple(one.line() for one in summary(rows, warp))
    write_comparison(
        folder, NAME, table=csv_text(Measurement, rows), page=_page(study, rows, lines, warp), figure=study_figure(rows)
    )
    return StudyResult(tuple(rows), lines, stopped)


def _page(study: Study, rows: Sequence[Measurement], lines: Sequence[str], warp: float) -> str:
    """Give the part of a page that a run writes: the machine, a line an engine, and the table."""
    machine, versions = environment(PACKAGES)
    engines = dict.fromkeys(row.engine for row in rows)
    parts = [
        f"Volumes of {study.size}³ voxels, seed {study.seed}, on {machine};\n{versions}.\n"
        f"One trilinear warp of such a volume by scipy took {warp:.3g} s.",
        "\n".join(f"- {line}" for line in lines),
        "\n".join(["The engines:", "", *(f"- {ENGINES[name].label}: {ENGINES[name].words}." for name in engines)]),
        table_of(rows).markdown(),
    ]
    return "\n\n".join(parts)
