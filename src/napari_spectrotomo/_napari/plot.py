"""A plot against photon energy. pyqtgraph is imported when one is first shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QEvent, QSize, Qt, Signal
from qtpy.QtGui import QKeyEvent, QShowEvent
from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from .readable import background_of

COLORS = ("#ffd33d", "#5ca8ff", "#ff7b72", "#7ee787", "#d2a8ff", "#ffa657", "#79c0ff", "#f778ba")
"""Of curves, and of what is labelled by number. A plot changes them as far as it takes to see them on its background."""

_HELP = (
    "Click, drag the dotted line, or press ← and → to go to an energy. Drag to move what is shown, Ctrl + wheel zooms, "
    "a double click shows all."
)


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One curve: energies (E,) in eV, values (E,), its name, its colour as napari's RGBA in 0..1 or a name, and its style.

    A `band` (E,) is shaded about it, as far to either side. A curve without a name is not in the legend. A `faint` one steps
    back behind the others.
    """

    energies: npt.NDArray[Any]
    values: npt.NDArray[Any]
    name: str
    color: Any = "w"
    dashed: bool = False
    symbols: bool = False
    line: bool = True
    band: npt.NDArray[Any] | None = None
    width: float = 1.5
    faint: bool = False


class EnergyPlot(QWidget):
    """Curves against energy with a line at the energy shown, in colours that can be told from the theme's background.

    Attributes
    ----------
    energy_chosen : Signal(float)
        The energy in eV where the plot was clicked, to which the line was dragged, or a curve's next one by the arrow keys.
    """

    energy_chosen = Signal(float)

    def __init__(
        self, label: str, *, legend: Literal["top", "bottom", "none"] = "top", below: str = "energy (eV)"
    ) -> None:
        super().__init__()
        self._label, self._legend_at = label, legend
        self.curves: tuple[Curve, ...] = ()
        self.energy: float | None = None
        self._least: float | None = None
        self.widget: Any = None
        self.below = QLabel(below, alignment=Qt.AlignmentFlag.AlignCenter)  # pyqtgraph's own label is cut off below
        self.setMinimumHeight(160)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip(_HELP)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.below)

    def sizeHint(self) -> QSize:
        """Ask for little: a plot takes the room there is."""
        return QSize(300, 175)

    def draw(self, curves: list[Curve]) -> None:
        """Show these curves in place of those before."""
        self.curves = tuple(curves)
        if self.widget is not None:
            self.widget.draw(self.curves)

    def relabel(self, label: str, least: float | None = None) -> None:
        """Say what the values are, and the least range of them that is shown, lest small differences look large."""
        if (label, least) == (self._label, self._least):
            return
        self._label, self._least = label, least
        if self.widget is not None:
            self.widget.relabel(label, least)

    def say_below(self, text: str) -> None:
        """Say what the axis of energies is."""
        self.below.setText(text)

    def mark(self, energy: float | None) -> None:
        """Put the line at an energy, or hide it."""
        self.energy = energy
        if self.widget is not None:
            self.widget.mark(energy)

    def showEvent(self, event: QShowEvent) -> None:
        """Make the plot when it is first seen."""
        if self.widget is None:
            self._make()
        super().showEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and self.widget is not None:
            self._restyle()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go to the next energy of the curves by the arrow keys."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(event.key())
        if step is None or self.energy is None or not self.curves:
            super().keyPressEvent(event)
            return
        known = np.unique(np.concatenate([curve.energies for curve in self.curves]))
        at = int(np.argmin(np.abs(known - self.energy))) + step
        if 0 <= at < len(known):
            self.energy_chosen.emit(float(known[at]))

    def _make(self) -> None:
        from .plot_canvas import PlotCanvas

        self.widget = PlotCanvas(self._legend_at)
        self.widget.chosen.connect(self.energy_chosen)
        self.layout().insertWidget(0, self.widget, 1)
        self.widget.relabel(self._label, self._least)
        self._restyle()
        self.widget.mark(self.energy)

    def _restyle(self) -> None:
        behind = background_of(self)
        self.widget.restyle(behind)
        self.below.setStyleSheet(f"color: {self.widget.faint.name()}; font-size: 9pt;")
        self.widget.draw(self.curves)


def legend_of(curves: list[Curve]) -> str:
    """Name curves in their colours, each name once; HTML, for a `ReadableLabel`."""
    names = dict.fromkeys((curve.color, curve.name) for curve in curves)
    return " &nbsp; ".join(
        f'<span style="color: {color};">●</span>&nbsp;{name.replace(" ", "&nbsp;")}' for color, name in names
    )
