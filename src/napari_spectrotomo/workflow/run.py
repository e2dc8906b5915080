"""Doing what the recipe says: every stage that is not done, in order, resumably."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import Aborted, DataError, ParameterError, SpectrotomoError
from ..parameters import as_plain
from ..progress import Progress, ProgressCallback
from ..reconstruct import check_views
from ..spectra import FEWEST_ENERGIES
from .aligning import align_steps
from .checked import DamagedError
from .chemistry import composition_steps, spectra_steps
from .cluster import executor_for
from .estimate import plan, refuse_what_cannot_fit
from .executor import Executor, Workplace, on_threads
from .hold import alone, logging_to, writing
from .job import Job
from .memory import arrays_of, bytes_of, give_memory_back
from .mending import check_all, check_descriptions, clear_away, mend_found
from .motion import register_steps
from .planar import align_image_steps, correct_image_steps, take_images_steps
from .project import Project
from .recipe import STAGES, Recipe
from .record import check_unchanged
from .shapes import binarize_steps, label_steps
from .source import check_spectra_named
from .summary import report_steps
from .volumes import check_inputs, correct_steps, read_steps, reconstruct_steps

_STEPS: dict[str, Callable[[Job], Iterator[Progress]]] = {
    "read": read_steps,
    "correct": correct_steps,
    "align": align_steps,
    "reconstruct": reconstruct_steps,
    "binarize": binarize_steps,
    "label": label_steps,
    "register": register_steps,
    "spectra": spectra_steps,
    "composition": composition_steps,
    "report": report_steps,
}
_STEPS_OF_IMAGES: dict[str, Callable[[Job], Iterator[Progress]]] = {
    "correct": correct_image_steps,
    "align": align_image_steps,
    "reconstruct": take_images_steps,
}
"""What is done instead for a 2-D XANES scan."""


def run(
    source: str | Path,
    output: str | Path,
    recipe: Recipe | str | Path | dict[str, Any] | None = None,
    *,
    until: str = "report",
    restart: bool = False,
    verify: bool = False,
    threads: int | None = None,
    memory: int | str | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: ProgressCallback | None = None,
    abort: threading.Event | None = None,
) -> Project:
    """Take a scan, or a stack of volumes, to an edge-energy map and a report.

    Parameters
    ----------
    source : path
        A scan or a stack.
    output : path
        The project folder; a folder of the same source is continued.
    recipe : Recipe, path of a YAML file, or dict by stage, optional
        Parameters of every stage; by default the project's own, else the defaults.
    until : str
        Last stage to do.
    restart : bool
        Whether to do again what is done.
    verify : bool
        Whether to read all that is done first, and do again what is damaged.
    threads : int, optional
        Threads to use, of a worker where there are workers; all cores by default.
    memory : int or str, optional
        Bytes that a process may take, such as ``'4GB'``; by default what the stages ask for.
    workers : int, optional
        Processes of this machine that work on energies side by side; none by default, only threads.
    scheduler : str, optional
        Address of a dask scheduler, whose workers work on energies side by side.
    progress : callable, optional
        Called after every step.
    abort : threading.Event, optional
        Stops the work when set; what was finished is kept.

    Returns
    -------
    Project

    Raises
    ------
    SpectrotomoError
        If the source, a parameter or the output folder is wrong; `Aborted` when stopped.
    """
    project = Project.planned(output, source, recipe)
    shared = workers is not None or scheduler is not None
    refuse_what_cannot_fit(project, until, restart=restart, memory=bytes_of(memory), workers=shared)
    project.begin()
    means: dict[str, Any] = {"threads": threads, "memory": memory, "workers": workers, "scheduler": scheduler}
    for step in run_steps(project, until, restart=restart, verify=verify, **means, abort=abort):
        if progress is not None:
            progress(step)
    return project


def run_steps(
    project: Project,
    until: str = "report",
    *,
    restart: bool = False,
    verify: bool = False,
    threads: int | None = None,
    memory: int | str | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    abort: threading.Event | None = None,
    by: str | None = None,
) -> Iterator[Progress]:
    """Do every stage up to `until` that is not done, and report after each step; a generator, stopped by closing it or by `abort`.

    Parameters
    ----------
    project : Project
    until : str
        Last stage to do.
    restart : bool
        Whether to do again what is done.
    verify : bool
        Whether to read all that is done first, and do again what is damaged.
    threads, memory, workers, scheduler
        As in `run`.
    abort : threading.Event, optional
    by : str, optional
        What started it, for the record; by default the command line of this process.

    Yields
    ------
    Progress
        When a stage begins, and after each of its energies or steps.

    Raises
    ------
    SpectrotomoError
        If a stage cannot be done; those before it are kept.
    """
    if until not in STAGES:
        raise ParameterError(f"There is no stage {until!r}; the stages are {', '.join(STAGES)}.")
    allowed, shared = bytes_of(memory), workers is not None or scheduler is not None
    if allowed is not None:
        give_memory_back()
    with (
        alone(project.path) as mine,
        logging_to(project.path) as log,
        writing(project.path),
        on_threads(threads),
        project.record.remembered(until, by),
        executor_for(workers, scheduler, threads, log) as executor,
    ):
        log.info("run until %s: %s", until, project.source)
        clear_away(project)
        check_descriptions(project, log)
        check_inputs(project, restart)
        _check_energies(project, until)
        if STAGES.index(until) >= STAGES.index("spectra"):
            check_spectra_named(project.recipe)
        expected = plan(project, until, restart=restart, memory=allowed, threads=threads, workers=shared)
        expected.check()
        for sentence in expected.warnings():
            log.warning("%s", sentence)
        if restart:
            project.discard("read")
        check_all(project, log, verify)

        def do(stage: str) -> Iterator[Progress]:
            return _do(Workplace(project, stage, "", arrays_of(allowed, workers=shared), abort), log, executor)

        for step in _mending(project, log, do, until):
            mine()
            yield step
        log.info("run until %s: done", until)


def _mending(
    project: Project, log: logging.Logger, do: Callable[[str], Iterator[Progress]], until: str
) -> Iterator[Progress]:
    """Do the stages in order; where one cannot read what an earlier one made, that is made again first."""
    mended: set[tuple[str, int]] = set()
    stages = list(STAGES[: STAGES.index(until) + 1])
    while stages:
        try:
            yield from do(stages[0])
            stages.pop(0)
        except DamagedError as found:
            mend_found(project, log, found, mended)
            stages = list(STAGES[: STAGES.index(until) + 1])


def _check_energies(project: Project, until: str) -> None:
    """Refuse at once what must fail hours later."""
    n, last = len(project.energies), STAGES.index(until)
    if project.kind == "scan" and not project.planar and last >= STAGES.index("reconstruct"):
        scan = project.scan()
        for energy, angles in zip(scan.energies, scan.angles, strict=True):
            check_views(angles, f"At {energy:.2f} eV: ")
    if last >= STAGES.index("register") and n < 2:
        raise DataError(
            f"{project.source} has one energy ({project.energies[0]:.2f} eV): registering volumes and mapping an edge need "
            "several. It can be reconstructed, binarized and labelled: stop there with --until label."
        )
    if last >= STAGES.index("spectra") and n < FEWEST_ENERGIES and not project.planar:
        raise DataError(
            f"{project.source} has {n} energies: an edge needs at least {FEWEST_ENERGIES}, on both sides of it. "
            "They can be registered: stop there with --until register."
        )


def _do(place: Workplace, log: logging.Logger, executor: Executor) -> Iterator[Progress]:
    project, stage = place.project, place.stage
    if project.state(stage) == "done":
        log.info("%s: found done", stage)
        yield Progress(stage, 1, 1, "found done")
        return
    place.check()
    fingerprint = project.record.fingerprint(stage, project.recipe)
    if project.record.stage(stage).get("fingerprint", fingerprint) != fingerprint:
        log.info("%s: changed, so its results and those made from them are taken away", stage)
        aside = project.discard(stage)
    else:
        aside = project.set_aside(stage)
    recipe = project.recipe
    entry = project.record.begin(stage, fingerprint, as_plain(getattr(recipe, stage)))
    if aside:
        project.record.warn(stage, aside, "files")
    project.record.save()
    log.info("%s: begun", stage)
    yield Progress(stage, 0, 1, "begun")
    start = time.perf_counter()
    try:
        steps = _STEPS | (_STEPS_OF_IMAGES if project.planar else {})
        for step in steps[stage](Job(replace(place, fingerprint=fingerprint), entry, log, executor)):
            now = time.perf_counter()
            entry["seconds"], start = round(entry["seconds"] + now - start, 3), now
            project.record.save()
            yield step
    except Aborted:
        log.info("%s: stopped on request", stage)
        raise
    except SpectrotomoError as error:
        log.error("%s: %s", stage, error)
        raise
    _check_nothing_changed(project, stage, fingerprint, recipe)
    project.note_files(stage)
    project.record.finish(stage)
    project.save_recipe()
    log.info("%s: done in %.1f s", stage, entry["seconds"])


def _check_nothing_changed(project: Project, stage: str, fingerprint: str, recipe: Recipe) -> None:
    """Refuse to call a stage done that read files, of the scan or named by a parameter, while they changed."""
    check_unchanged(project.record.content["inputs"])
    if project.record.fingerprint(stage, recipe) != fingerprint:
        raise DataError(
            f"A file that the parameters of the {stage} stage name changed while the stage read it: give the same command again."
        )
