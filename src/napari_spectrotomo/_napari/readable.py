"""Colours that can be told from what is behind them: dark label colours on a dark plot, yellow on a white one."""

from __future__ import annotations

import re
from typing import Any

from qtpy.QtCore import QEvent
from qtpy.QtGui import QColor, QPalette
from qtpy.QtWidgets import QLabel, QWidget

LEAST_CONTRAST = 3.0
"""Of graphical objects against what is beside them (WCAG 2.2, success criterion 1.4.11)."""
_STEPS = 20
_LETTERS = {
    "w": "white",
    "k": "black",
    "r": "red",
    "g": "lime",
    "b": "blue",
    "y": "yellow",
    "m": "magenta",
    "c": "cyan",
}


def color_of(color: Any) -> QColor:
    """Give a colour as Qt's: from a name, ``#rrggbb``, a letter, or RGB(A) in 0..1 as napari has it."""
    if isinstance(color, QColor):
        return QColor(color)
    if isinstance(color, str):
        return QColor(_LETTERS.get(color, color))
    red, green, blue = (min(max(float(c), 0.0), 1.0) for c in tuple(color)[:3])
    return QColor.fromRgbF(red, green, blue)


def contrast(one: QColor, other: QColor) -> float:
    """Give the contrast of two colours, 1 (none) to 21 (black and white), as WCAG 2.2 defines it."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def readable(color: Any, background: Any, least: float = LEAST_CONTRAST) -> QColor:
    """Give a colour, mixed with white on a dark background or with black on a light one until it stands out.

    Parameters
    ----------
    color, background : QColor, name, ``#rrggbb`` or RGB(A) in 0..1
        Of the colour, transparency is left out.
    least : float
        The contrast there must be; a colour that has it stays as it is.
    """
    wanted, behind = color_of(color), color_of(background)
    toward = 255 if _luminance(behind) < 0.18 else 0  # where black and white stand out about alike
    for step in range(_STEPS + 1):
        share = step / _STEPS
        mixed = QColor(*(round(c + share * (toward - c)) for c in (wanted.red(), wanted.green(), wanted.blue())))
        if contrast(mixed, behind) >= least:
            break
    return mixed


def background_of(widget: QWidget) -> QColor:
    """Give the colour behind a widget's words, of napari's theme or of the system."""
    widget.ensurePolished()
    return QColor(widget.palette().color(QPalette.ColorRole.Window))


class ReadableLabel(QLabel):
    """A label whose coloured words (HTML with ``color: #rrggbb``) can be read on any theme, and follow it."""

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self._given = ""
        self.setText(text)

    def setText(self, text: str) -> None:
        """Show words; their colours are changed as far as it takes to read them."""
        self._given = text
        behind = background_of(self)
        super().setText(
            re.sub(r"(?<=color: )#[0-9a-fA-F]{6}", lambda found: readable(found[0], behind).name(), self._given)
        )

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and "color:" in self._given:
            self.setText(self._given)


def _luminance(color: QColor) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color.getRgbF()[:3]]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
