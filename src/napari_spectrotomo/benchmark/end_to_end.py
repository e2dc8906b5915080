"""The whole chain on one scan, as a user runs it: seconds and peak memory a stage, each way in processes of their own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..atomic import write_text
from ..errors import Aborted, DataError, ParameterError
from ..progress import Progress, ProgressCallback, raise_if_aborted
from ..simulate import simulate_scan, write_simulation
from .machine import environment
from .table import Table, csv_text, number

NAME = "end_to_end"
ENGINES = {"threads": (), "workers": ("--workers", "2")}
"""Ways to run the chain, with what they add to the command."""
QUICK: dict[str, Any] = {"rows": 24, "columns": 36, "n_angles": 45}
_LOOK = 0.2  # s between two looks at whether a run has ended or is to stop
_MIB = 2.0**20


@dataclass(frozen=True, slots=True)
class StageCost:
    """What a stage took, or the run as a whole.

    Attributes
    ----------
    engine : str
    stage : str
        'in all' for the run, from the start of its process to its end.
    seconds : float
        By the clock.
    peak_mib : float
        Resident memory at its peak of the run's process, by the system's account of it.
    worker_mib : float
        Of the largest worker; NaN without workers.
    """

    engine: str
    stage: str
    seconds: float
    peak_mib: float
    worker_mib: float


def available(engines: Sequence[str] | None) -> tuple[str, ...]:
    """Give the ways to run that were asked for; by default on threads.

    Raises
    ------
    ParameterError
        If one is not known, or needs what is not installed.
    """
    wanted = tuple(engines or ("threads",))
    for name in wanted:
        if name not in ENGINES:
            raise ParameterError(f"There is no engine {name!r} here; the engines are {', '.join(ENGINES)}.")
    if "workers" in wanted and find_spec("distributed") is None:
        raise ParameterError("Workers need dask.distributed: pip install 'napari-spectrotomo[cluster]'.")
    return wanted


def write_end_to_end(
    folder: str | Path,
    scan: str | Path | None = None,
    engines: Sequence[str] | None = None,
    *,
    quick: bool = False,
    seed: int = 1,
    progress: ProgressCallback | None = None,
    abort: threading.Event | None = None,
) -> tuple[tuple[StageCost, ...], Table]:
    """Run the chain from a scan to its report each way, and write ``end_to_end.csv`` and ``.md``.

    Parameters
    ----------
    folder : path
        Made where it is missing.
    scan : path or None
        None simulates one, with a particle that tilts.
    engines : sequence of 'threads' or 'workers', optional
    quick : bool
        Whether a simulated scan is a small one.
    seed : int
        Of a simulated scan.
    progress, abort
        Called after each run; stops within one, and nothing is written then.

    Raises
    ------
    ParameterError, DataError
        If an engine is not known, or the scan cannot be run.
    Aborted
    """
    wanted = available(engines)
    with TemporaryDirectory() as place:
        source = Path(scan) if scan is not None else _simulated(Path(place) / "scan", quick, seed)
        rows: list[StageCost] = []
        for count, engine in enumerate(wanted, 1):
            project = Path(place) / engine
            rows += _run(source, project, engine, abort)
            shutil.rmtree(project)
            if progress is not None:
                progress(Progress("end-to-end", count, len(wanted), f"run on {engine}"))
    table = table_of(rows, "a simulated scan" if scan is None else source.name)
    Path(folder).mkdir(parents=True, exist_ok=True)
    write_text(Path(folder) / f"{NAME}.csv", csv_text(StageCost, rows))
    write_text(Path(folder) / f"{NAME}.md", table.markdown())
    return tuple(rows), table


def table_of(rows: Sequence[StageCost], scan: str) -> Table:
    """Give the table a reader sees."""
    cells = tuple(
        (r.engine, r.stage, number(r.seconds, ".1f"), number(r.peak_mib, ".0f"), number(r.worker_mib, ".0f"))
        for r in rows
    )
    heads = ("engine", "stage", "seconds", "peak (MiB)", "largest worker (MiB)")
    caption = f"{scan}, from files to report. {'. '.join(environment())}."
    return Table(heads, 2, cells, tuple(k for k, r in enumerate(rows) if r.stage == "in all"), 2, caption)


def _simulated(folder: Path, quick: bool, seed: int) -> Path:
    scan, truth = simulate_scan(**(QUICK if quick else {}) | {"seed": seed})
    write_simulation(scan, truth, folder)
    return folder


def _run(source: Path, project: Path, engine: str, abort: threading.Event | None) -> list[StageCost]:
    """Run the command in a process of its own, and read what its stages took off its record."""
    raise_if_aborted(abort)
    command = [sys.executable, "-m", "napari_spectrotomo", "run", str(source), "--output", str(project)]
    with (project.parent / f"{engine}.log").open("w+", encoding="utf-8") as said:
        began = time.perf_counter()
        process = subprocess.Popen([*command, *ENGINES[engine]], stdout=said, stderr=said)
        peak = _ended(process, abort)
        seconds = time.perf_counter() - began
        if process.returncode:
            said.seek(0)
            raise DataError(f"{source} could not be run on {engine}: {said.read().strip().splitlines()[-1]}")
    stages = json.loads((project / "run.json").read_text(encoding="utf-8"))["stages"]
    rows = [
        StageCost(engine, name, float(e["seconds"]), e["peak_memory_bytes"] / _MIB, _worker(e))
        for name, e in stages.items()
    ]
    workers = max((row.worker_mib for row in rows if row.worker_mib > 0), default=float("nan"))
    return [*rows, StageCost(engine, "in all", seconds, peak, workers)]


def _worker(entry: dict[str, float]) -> float:
    return entry["worker_peak_memory_bytes"] / _MIB if "worker_peak_memory_bytes" in entry else float("nan")


def _ended(process: subprocess.Popen[bytes], abort: threading.Event | None) -> float:
    """Wait for a process, or stop it; give its peak resident memory in MiB by the system's account, NaN where there is none."""
    if not hasattr(os, "wait4"):
        while process.poll() is None:
            _stop_if_asked(process, abort)
            time.sleep(_LOOK)
        return float("nan")
    while True:
        found, status, usage = os.wait4(process.pid, os.WNOHANG)
        if found:
            process.returncode = os.waitstatus_to_exitcode(status)
            return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / _MIB
        _stop_if_asked(process, abort)
        time.sleep(_LOOK)


def _stop_if_asked(process: subprocess.Popen[bytes], abort: threading.Event | None) -> None:
    if abort is not None and abort.is_set():
        process.send_signal(signal.SIGINT)
        process.wait()
        raise Aborted("The benchmark was stopped, and nothing was written.")
