"""What plots in panels have in common: made when first seen, since pyqtgraph takes long to import, and in the theme's colours."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QEvent, Qt, QTimer
from qtpy.QtGui import QKeyEvent, QShowEvent
from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget


class LazyPlot(QWidget):
    """A plot with words below it.

    Parameters
    ----------
    below : str
        What the horizontal axis is.
    tip : str
        How it is used.

    Attributes
    ----------
    widget : PlotWidget or None
        None until the plot is first seen.
    """

    def __init__(self, below: str, tip: str) -> None:
        super().__init__()
        self.widget: Any = None
        self._making = QTimer(self, singleShot=True, interval=0)
        self._making.timeout.connect(self._make_now)
        self.below = QLabel(below, alignment=Qt.AlignmentFlag.AlignCenter)  # pyqtgraph's own label is cut off below
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip(tip)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.below)

    def make(self) -> Any:
        """Make the plot's widget, for a plot to fill in; `restyle` comes next."""
        raise NotImplementedError

    def restyle(self) -> None:
        """Take the theme's colours, and draw."""

    def step(self, by: int) -> bool:
        """Go a step to the right (1) or the left (-1); say whether there is something to step."""
        return False

    def showEvent(self, event: QShowEvent) -> None:
        """Make the plot when it is first seen, in a turn of its own."""
        super().showEvent(event)
        if self.widget is None:
            self._making.start()

    def _make_now(self) -> None:
        """Make the plot, unless it was hidden again meanwhile.

        The whole panel is held: making a plot may set off a collection of garbage, and a panel that nobody needs is part of it.
        """
        whole = self.window()
        if self.widget is None and whole.isVisible() and self.isVisible():
            self.widget = self.make()
            self.layout().insertWidget(0, self.widget, 1)
            self.restyle()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and self.widget is not None:
            self.restyle()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step by the arrow keys."""
        by = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(event.key())
        if by is None or not self.step(by):
            super().keyPressEvent(event)
