"""Which layers are empty because their slice is still being read; the canvas says so."""

from __future__ import annotations

from typing import Any
from weakref import WeakSet

from psygnal import Signal


class Waiting:
    """The layers whose slice is still being read; GUI thread.

    Attributes
    ----------
    changed : Signal()
        When a layer begins or ends to wait.
    """

    changed = Signal()

    def __init__(self) -> None:
        self._layers: WeakSet[Any] = WeakSet()

    def __contains__(self, layer: Any) -> bool:
        return layer in self._layers

    def set(self, layer: Any, waits: bool) -> None:
        """Note whether a layer waits."""
        if waits != (layer in self._layers):
            (self._layers.add if waits else self._layers.discard)(layer)
            self.changed.emit()


WAITING = Waiting()
