"""Runs the stages of a viewer's project in its worker and shows what they make, energy by energy."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from functools import partial
from typing import Any
from weakref import ref

from ..errors import SpectrotomoError
from ..progress import Progress
from ..workflow import run_steps
from ..workflow.estimate import estimate
from .docks import is_open
from .layers import Ready, drop_stale, history_of, made_ready, renew, stage_steps
from .state import ViewerState, plain_viewer, state_of
from .turns import at_once
from .work import Job, Outcome, Steps

GROWING = {"reconstruct": "raw", "binarize": "mask", "register": "registered"}
"""Stages that go by energy, with the layer that grows."""


def start(viewer: Any, title: str, steps: Steps) -> Job | None:
    """Begin long work for a viewer, one at a time: None while other work is under way."""
    state = state_of(viewer)
    if state.job is not None:
        return None
    job = Job(title, steps)
    job.released.connect(partial(_free, ref(state)))
    state.job = job
    return job.start()


def busy_with(viewer: Any, wanted: str) -> str:
    """Say in a sentence that a viewer does other work, and what to do about `wanted`."""
    job = state_of(viewer).job
    doing = f" with other work ({job.title[0].lower()}{job.title[1:]})" if job is not None else ""
    return f"This viewer is busy{doing}: open {wanted} again when that is done, or cancel it in a panel."


def run_until(viewer: Any, stage: str, title: str) -> Job | None:
    """Run the project's stages up to `stage`; layers grow as energies finish, and what is finished stays when it is cancelled."""
    project = state_of(viewer).project
    finished: dict[str, Ready] = {}
    begun: dict[str, Ready] = {}

    def steps(abort: threading.Event) -> Generator[Progress, None, Ready]:
        at, worked = "", False
        for progress in run_steps(project, until=stage, abort=abort, by="napari"):
            if progress.stage != at:
                if worked:
                    finished[at] = made_ready(project, at)
                at, worked = progress.stage, False
            worked = worked or progress.message != "found done"
            if progress.energy is not None and at in GROWING and not begun.get(at):
                begun[at] = made_ready(project, at)
            yield progress
        return made_ready(project, stage)

    if state_of(viewer).job is not None:
        return None
    history_of(plain_viewer(viewer)).remember(title)
    job = start(viewer, title, steps)
    if job is not None:
        job.expected = {part.stage: part.seconds for part in _estimated(project, stage)}
        shown = _Shown(plain_viewer(viewer), project, stage, finished, begun)
        job.progressed.connect(shown.on_progress)
        job.ended.connect(shown.on_end)
        job.companions.append(shown)
    return job


class _Shown:
    """Shows what a running project makes: a stage as soon as it has one energy, the others as they come, and all at the end.

    Parameters
    ----------
    viewer : napari viewer
    project : Project
    until : str
        The last stage.
    finished : dict
        Stages that the worker has finished since, with their layers; it fills as the work goes.
    begun : dict
        Stages of which it has one energy, likewise.
    """

    def __init__(
        self, viewer: Any, project: Any, until: str, finished: dict[str, Ready], begun: dict[str, Ready]
    ) -> None:
        self._viewer, self._project, self._until = ref(viewer), project, until
        self._finished, self._begun = finished, begun
        self._growing = ""

    def on_progress(self, progress: Progress) -> None:
        viewer = self._viewer()
        if viewer is None:
            return
        for stage in list(self._finished):  # a copy: the worker adds to it meanwhile
            if stage != self._until:
                in_turns(viewer, self._show(viewer, stage, self._finished.pop(stage)))
        if progress.energy is None or progress.stage not in GROWING:
            return
        if self._growing == progress.stage:
            renew(viewer, GROWING[progress.stage], progress.energy)
        elif self._project.done(progress.stage).any():
            in_turns(viewer, self._show(viewer, progress.stage, self._begun.get(progress.stage)))
            self._growing = progress.stage

    def on_end(self, outcome: Outcome) -> None:
        viewer = self._viewer()
        if viewer is not None:
            in_turns(viewer, self._show(viewer, self._until, outcome.result))

    def _show(self, viewer: Any, stage: str, ready: Ready | None = None) -> Iterator[None]:
        drop_stale(viewer, self._project)
        yield
        yield from stage_steps(viewer, self._project, stage, ready)


def in_turns(viewer: Any, steps: Iterator[None]) -> None:
    """Do steps one a turn of the event loop where work is under way, which then ends after them; at once where there is none."""
    job = state_of(viewer).job
    if job is None:
        at_once(steps)
    else:
        job.turns.add(_while_open(plain_viewer(viewer), steps))


def _while_open(viewer: Any, steps: Iterator[None]) -> Iterator[None]:
    """Do steps until the viewer's window is closed."""
    while is_open(viewer):
        try:
            next(steps)
        except StopIteration:
            return
        yield


def _estimated(project: Any, until: str) -> list[Any]:
    """Give what is to be done; nothing where that cannot be told, which the run itself will say."""
    try:
        return estimate(project, until)
    except SpectrotomoError:
        return []


def _free(state: Callable[[], ViewerState | None]) -> None:
    shared = state()
    if shared is not None:
        shared.forget()
        shared.job = None
        shared.touch()
