"""Work that only the GUI thread can do, in steps: one a turn of its event loop, so that the window answers in between."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from qtpy.QtCore import QTimer

_PAUSE = (
    15  # ms after a step, in which what it changed is drawn: Qt draws 5 ms after it was asked to, in a turn of its own
)


class Turns:
    """Does what it is given, a step a turn, one after the other."""

    def __init__(self) -> None:
        self._waiting: deque[Iterator[None]] = deque()
        self._then: Callable[[], object] | None = None

    def add(self, steps: Iterator[None]) -> None:
        """Do steps after those that wait: what lies between two ``yield`` in one turn."""
        self._waiting.append(steps)
        if len(self._waiting) == 1:
            QTimer.singleShot(0, self._turn)

    def then(self, function: Callable[[], object]) -> None:
        """Call a function when all is done; now, if it is."""
        if self._waiting:
            self._then = function
        else:
            function()

    def _turn(self) -> None:
        try:
            next(self._waiting[0])
        except StopIteration:
            self._waiting.popleft()
        finally:  # steps that failed have come to their end, which the next turn finds
            if self._waiting:
                QTimer.singleShot(_PAUSE, self._turn)
            elif self._then is not None:
                function, self._then = self._then, None
                function()


def at_once(steps: Iterator[None]) -> Any:
    """Do all steps now, and give what they return."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value
