"""What happens after a panel was closed finds nobody to tell."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from qtpy.compat import isalive
from qtpy.QtWidgets import QWidget


def listen(widget: QWidget, signal: Any, listener: Callable[..., Any]) -> None:
    """Connect a signal of psygnal or napari for as long as a widget lives."""
    signal.connect(listener)
    widget.destroyed.connect(partial(_leave, signal, listener))


def _leave(signal: Any, listener: Callable[..., Any], *_: Any) -> None:
    signal.disconnect(listener)


def while_alive(widget: QWidget, listener: Callable[..., Any]) -> Callable[..., Any]:
    """Give a listener that does nothing once its widget is gone: Qt deletes the widgets of a closed window, and work goes on.

    Parameters
    ----------
    widget : QWidget
    listener : callable
        For a signal of what may outlive the widget, such as a `Job` or a `Latest`. It gives None from then on.
    """

    def told(*args: Any) -> Any:
        return listener(*args) if isalive(widget) else None

    return told
