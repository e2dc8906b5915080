"""How long the event loop stands still: what a user feels as a window that does not answer."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from qtpy.QtCore import Qt, QTimer

TICK = 2
"""Milliseconds between two looks at the clock."""


class StallWatch:
    """Measures, while it is on, how long the event loop of this thread was away between two looks at the clock.

    Attributes
    ----------
    gaps : list of float
        Milliseconds that the loop was away beyond a tick, one a look.

    Examples
    --------
    >>> with StallWatch() as watch:  # doctest: +SKIP
    ...     job_that_runs_its_own_event_loop()
    >>> watch.longest  # doctest: +SKIP
    12.5
    """

    def __init__(self) -> None:
        self.gaps: list[float] = []
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK)
        self._timer.timeout.connect(self._look)
        self._last = 0.0

    @property
    def longest(self) -> float:
        """The longest stall, in milliseconds; 0 before the first look."""
        return max(self.gaps, default=0.0)

    def __enter__(self) -> Self:
        """Begin."""
        self.gaps.clear()
        self._last = time.perf_counter()
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End; a stall that has not ended counts to now."""
        self._timer.stop()
        self._look()

    def _look(self) -> None:
        now = time.perf_counter()
        self.gaps.append(max(0.0, 1e3 * (now - self._last) - TICK))
        self._last = now
