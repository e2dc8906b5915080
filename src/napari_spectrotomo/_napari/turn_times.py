"""What the GUI thread does in each turn of its event loop, and whose code it was: for tests, and for the viewer's benchmark.

A stall of the window is wall time, which on a busy machine says little about the program. So the GUI thread's processor time is
taken, a thousand times a second, and put down to whoever's code ran: this plugin's, or napari's own (its layers, its widgets, its
drawing, which without a graphics card is done by the processor).
"""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from types import FrameType, TracebackType
from typing import Any, Literal, Self

from qtpy.QtCore import QTimer

Owner = Literal["plugin", "napari", "other"]
_EVERY = 0.001  # s between two looks
_PLUGIN = "napari_spectrotomo"
_NAPARI = ("napari", "vispy", "app_model", "superqt")


@dataclass(slots=True)
class Turn:
    """One turn of the event loop.

    Attributes
    ----------
    wall, plugin, napari, other : float
        Milliseconds: of the clock; and of processor time in this plugin's code (with what it calls but napari), in napari's, and
        in neither.
    where : Counter
        Milliseconds by function, the innermost that is the plugin's or napari's.
    """

    wall: float = 0.0
    plugin: float = 0.0
    napari: float = 0.0
    other: float = 0.0
    where: Counter[str] = field(default_factory=Counter)


class TurnTimes:
    """Takes the times of the GUI thread's turns while it is on.

    Attributes
    ----------
    turns : list of Turn
        Those longer than a millisecond.
    """

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self._now, self._began = Turn(), 0.0
        self._timer = QTimer(interval=0)
        self._timer.timeout.connect(self._end_turn)
        self._lock, self._over = threading.Lock(), threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def longest(self) -> Turn:
        """The turn with most of the plugin's own time."""
        return max(self.turns, key=lambda t: t.plugin, default=Turn())

    def __enter__(self) -> Self:
        """Begin; in the GUI thread."""
        self.turns.clear()
        self._over.clear()
        self._now, self._began = Turn(), time.perf_counter()
        gui = threading.get_ident()
        self._thread = threading.Thread(target=self._look, args=(gui, _clock_of(gui)), daemon=True)
        self._thread.start()
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""
        self._timer.stop()
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        self._end_turn()

    def _end_turn(self) -> None:
        now = time.perf_counter()
        with self._lock:
            turn, self._now = self._now, Turn()
        turn.wall = 1e3 * (now - self._began)
        self._began = now
        if turn.wall > 1:
            self.turns.append(turn)

    def _look(self, gui: int, clock: Any) -> None:
        before = clock()
        while not self._over.wait(_EVERY):
            # a frame that is held keeps its variables alive, and a painter that outlives its paint event crashes Qt
            owner, where = _owner(sys._current_frames().get(gui))
            now = clock()
            spent, before = 1e3 * (now - before), now
            with self._lock:
                setattr(self._now, owner, getattr(self._now, owner) + spent)
                if where:
                    self._now.where[where] += spent


def _clock_of(thread: int) -> Any:
    """Give the clock of a thread's processor time; the clock on the wall where the system has none."""
    if not hasattr(time, "pthread_getcpuclockid"):
        return time.perf_counter
    clock = time.pthread_getcpuclockid(thread)
    return lambda: time.clock_gettime(clock)


def _owner(frame: FrameType | None) -> tuple[Owner, str]:
    """Say whose code runs, by the innermost function that is the plugin's or napari's, and name it."""
    while frame is not None:
        package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if package == _PLUGIN and frame.f_globals["__name__"] != __name__:
            return "plugin", f"{frame.f_globals['__name__']}:{frame.f_code.co_name}"
        if package in _NAPARI:
            return "napari", f"{frame.f_globals['__name__']}:{frame.f_code.co_name}"
        frame = frame.f_back
    return "other", ""
