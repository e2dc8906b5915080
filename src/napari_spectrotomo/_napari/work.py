"""Long work beside the GUI thread: one generator worker, reports as it goes, and a Cancel that reaches the core."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from typing import Any

from napari.qt.threading import GeneratorWorker, create_worker
from psygnal import Signal

from ..errors import Aborted, SpectrotomoError
from ..progress import Progress
from . import collecting
from .turns import Turns

log = logging.getLogger(__name__)

Steps = Callable[[threading.Event], Any]
"""Makes a generator of `Progress`, given the event that stops it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How long work ended.

    Attributes
    ----------
    result : object
        What the work returned.
    error : str
        The sentence of what went wrong; empty when nothing did.
    details : str
        Where in the code an error came from, for those who can mend it.
    cancelled : bool
    """

    result: Any = None
    error: str = ""
    details: str = ""
    cancelled: bool = False


class _Worker(GeneratorWorker):
    """A generator worker whose `quit` reaches into the step at hand: Cancel, and napari when its window is closed, call it."""

    abort: threading.Event

    def quit(self) -> None:
        """Ask the core to stop within its step, and the worker before its next one."""
        self.abort.set()
        super().quit()

    def work(self) -> Any:
        """Run, and let the generator tidy up in this thread however it ends."""
        try:
            return super().work()
        finally:
            self._gen.close()

    def _relay_warning(self, show_warn_args: tuple[Any, ...]) -> None:
        log.warning("%s", show_warn_args[0])


class Job:
    """One piece of long work of a viewer.

    Parameters
    ----------
    title : str
        What is done, as the panels say it.
    steps : callable(abort) -> generator
        Yields a `Progress` after each step; what it returns becomes the outcome's result.

    Attributes
    ----------
    progressed : Signal(Progress)
    ended : Signal(Outcome)
    released : Signal()
        All in the GUI thread, the last when all have heard how it ended.
    companions : list
        What lives as long as the job, such as listeners.
    turns : Turns
        What shows results, a step a turn of the event loop; the job is released when all is shown.
    expected : dict
        Seconds that stages should take, by their name, in order; empty where it is not known.
    """

    progressed = Signal(object)
    ended = Signal(object)
    released = Signal()

    def __init__(self, title: str, steps: Steps) -> None:
        self.title = title
        self.last: Progress | None = None
        self.outcome: Outcome | None = None
        self.companions: list[Any] = []
        self.expected: dict[str, float] = {}
        self.turns = Turns()
        self.abort = threading.Event()
        self._stage_began = time.monotonic()
        self._stage_steps = 0
        self.worker = create_worker(
            _guarded, steps, self.abort, _worker_class=_Worker, _start_thread=False, _ignore_errors=True
        )
        self.worker.abort = self.abort
        # partials keep the job alive until its worker is done, also where the viewer is gone: PySide6 would crash, and PyQt6
        # not call what ends it
        self.worker.yielded.connect(partial(self._on_yielded))
        self.worker.returned.connect(partial(self._on_returned))
        self.worker.errored.connect(partial(self._on_errored))
        self.worker.finished.connect(partial(self._on_finished))

    def start(self) -> Job:
        """Begin."""
        collecting.hold()
        self.worker.start()
        return self

    def cancel(self) -> None:
        """Stop as soon as the core can; what is finished is kept."""
        self.worker.quit()

    def seconds_left(self) -> float | None:
        """Give the time the work will still take: the present stage by its steps so far, later ones by `expected`.

        None before the second step of the first stage.
        """
        if self.last is None:
            return None
        later = self._later()
        if self._stage_steps < 2:
            present = self.expected.get(self.last.stage)
        else:
            spent = time.monotonic() - self._stage_began
            present = spent / self._stage_steps * (self.last.total - self.last.done)
        return None if present is None else present + later

    def _later(self) -> float:
        """Give what the stages after the present one should take."""
        names = list(self.expected)
        at = names.index(self.last.stage) + 1 if self.last is not None and self.last.stage in names else len(names)
        return sum(self.expected[name] for name in names[at:])

    def _on_yielded(self, progress: Progress) -> None:
        if self.last is None or progress.stage != self.last.stage:
            if self.last is not None:
                self._stage_began = time.monotonic()
            self._stage_steps = 0
        self._stage_steps += 1
        self.last = progress
        collecting.collect()
        self.progressed.emit(progress)

    def _on_returned(self, outcome: Outcome) -> None:
        self.outcome = outcome

    def _on_errored(self, error: Exception) -> None:
        log.error("%s failed", self.title, exc_info=error)
        self.outcome = Outcome(
            error=f"{self.title} stopped at an unforeseen error ({type(error).__name__}: {error}). What was finished is kept.",
            details="".join(traceback.format_exception(error)),
        )

    def _on_finished(self) -> None:
        collecting.release()
        self.outcome = self.outcome or Outcome(cancelled=True)
        try:
            self.ended.emit(self.outcome)
        finally:  # whatever a listener does wrong, the viewer is free again
            self.turns.then(self.released.emit)


def _guarded(steps: Steps, abort: threading.Event) -> Generator[Progress, None, Outcome]:
    try:
        result = yield from steps(abort)
    except Aborted:
        return Outcome(cancelled=True)
    except SpectrotomoError as error:
        log.info("%s", error, exc_info=True)
        return Outcome(error=str(error), details="".join(traceback.format_exception(error)))
    return Outcome(result=result)
