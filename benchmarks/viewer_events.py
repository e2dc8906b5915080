"""Turns the event loop while something is waited for."""

from __future__ import annotations

import time
from collections.abc import Callable

from qtpy.QtWidgets import QApplication


class Events:
    def rest(self, seconds: float) -> None:
        """Turn for so long."""
        end = time.perf_counter() + seconds
        self.until(lambda: time.perf_counter() > end)

    def until(self, done: Callable[[], bool], most: float = 120) -> None:
        """Turn until it is so."""
        app, end = QApplication.instance(), time.perf_counter() + most
        while not done():
            if time.perf_counter() > end:
                raise TimeoutError("The viewer did not come to rest.")
            app.processEvents()
            time.sleep(0.0003)
