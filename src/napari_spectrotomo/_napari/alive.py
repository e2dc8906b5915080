"""What is finished after its panel was closed finds nobody to tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qtpy.compat import isalive
from qtpy.QtWidgets import QWidget


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
