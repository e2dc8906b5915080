"""How long a spectrum takes, ours and peers in one run, and whether they come to the same."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ...data import FloatArray
from ...progress import Progress, ProgressCallback, raise_if_aborted
from .engines import JOBS, Run
from .study import Study
from .task import task_of

REPEATS, ENOUGH = 5, 4.0
"""A call is timed so many times, or until so many seconds are spent."""
WARM_UP = 64


@dataclass(frozen=True, slots=True)
class Timing:
    """A job by one engine.

    Attributes
    ----------
    job : str
        Of `JOBS`.
    engine : str
    spectra : int
        How many were timed.
    seconds : float
        A spectrum; the shortest of some runs.
    of_ours : float
        That over ours; NaN where ours was not measured.
    of_sum : float
        That over one ``numpy.sum`` of all spectra over the energies, a spectrum.
    difference, typical : float
        From what ours gave for the same spectra: the largest and the median difference, eV for energies. NaN where there is none.
    """

    job: str
    engine: str
    spectra: int
    seconds: float
    of_ours: float
    of_sum: float
    difference: float
    typical: float


def timings(
    study: Study, *, progress: ProgressCallback | None = None, abort: threading.Event | None = None
) -> Iterator[Timing]:
    """Time every job by every engine that does it.

    Parameters
    ----------
    study : Study
    progress : function or None
        Called after each, a stage a job.
    abort : Event or None

    Raises
    ------
    Aborted
        Once `abort` is set; what was given before is whole.
    """
    task = task_of(study.size, study.seed)
    touch, _ = _timed(lambda: task.mu.sum(axis=0))
    for job in JOBS:
        engines = [engine for engine in study.chosen() if job in engine.calls]
        made: dict[str, FloatArray] = {}
        taken: dict[str, float] = {}
        for done, engine in enumerate(engines, 1):
            raise_if_aborted(abort)
            engine.calls[job](task.first(WARM_UP))()
            taken[engine.name], made[engine.name] = _timed(engine.calls[job](task.first(engine.sample)))
            if progress is not None:
                progress(Progress(job, done, len(engines), engine.label))
        for engine in engines:
            seconds, spectra = taken[engine.name], made[engine.name].shape[-1]
            beside = engine.name != "ours" and "ours" in made
            worst, typical = _differences(made[engine.name], made["ours"]) if beside else (np.nan, np.nan)
            yield Timing(
                job, engine.name, spectra, seconds, seconds / taken.get("ours", np.nan), seconds / touch, worst, typical
            )


def _timed(run: Run) -> tuple[float, FloatArray]:
    """Seconds a spectrum, and what came of it."""
    begun, best = time.perf_counter(), np.inf
    for _ in range(REPEATS):
        start = time.perf_counter()
        made = run()
        best = min(best, time.perf_counter() - start)
        if time.perf_counter() - begun > ENOUGH:
            break
    return best / made.shape[-1], made


def _differences(theirs: FloatArray, ours: FloatArray) -> tuple[float, float]:
    """Give the largest and the median difference of results, the last axis spectra, where both have one."""
    apart = np.abs(theirs - ours[..., : theirs.shape[-1]])
    known = apart[np.isfinite(apart)]
    return (float(known.max()), float(np.median(known))) if known.size else (np.nan, np.nan)
