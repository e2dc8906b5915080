"""Work that is asked for faster than it can be done: the newest request wins, and the GUI thread never waits."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from napari.qt.threading import FunctionWorker
from psygnal import Signal


class Latest:
    """Does one request at a time in a thread; of those that come meanwhile only the last is done.

    Attributes
    ----------
    done : Signal(object)
        The result of a request, in the GUI thread.
    failed : Signal(Exception)
    """

    done = Signal(object)
    failed = Signal(object)

    def __init__(self) -> None:
        self._waiting: Callable[[], Any] | None = None
        self._worker: FunctionWorker | None = None

    @property
    def busy(self) -> bool:
        """Whether something is being done or waits."""
        return self._worker is not None

    def ask(self, work: Callable[[], Any]) -> None:
        """Do `work` as soon as may be."""
        self._waiting = work
        if self._worker is None:
            self._go_on()

    def _go_on(self) -> None:
        work, self._waiting = self._waiting, None
        if work is None:
            self._worker = None
            return
        self._worker = worker = FunctionWorker(work)
        # partials keep this alive until the worker is done: PySide6 calls a method of what is gone, and crashes
        worker.returned.connect(partial(self.done.emit))
        worker.errored.connect(partial(self.failed.emit))
        worker.finished.connect(partial(self._go_on))
        worker.start()
