"""A plot against photon energy. pyqtgraph is imported when one is first shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

COLORS = ("#ffd33d", "#5ca8ff", "#ff7b72", "#7ee787", "#d2a8ff", "#ffa657", "#79c0ff", "#f778ba")
"""Of curves, and of what is labelled by number."""
_SMALL = {"font-size": "9pt", "color": "#a0a4ab"}


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One curve: energies (E,) in eV, values (E,), its name, its colour as napari's RGBA in 0..1 or a name, and its style.

    A `band` (E,) is shaded about it, as far to either side.
    """

    energies: npt.NDArray[Any]
    values: npt.NDArray[Any]
    name: str
    color: Any = "w"
    dashed: bool = False
    symbols: bool = False
    line: bool = True
    band: npt.NDArray[Any] | None = None


class EnergyPlot(QWidget):
    """Curves against energy with a line at the energy shown.

    Attributes
    ----------
    energy_chosen : Signal(float)
        The energy in eV where the plot was clicked.
    """

    energy_chosen = Signal(float)

    def __init__(
        self, label: str, *, legend: Literal["top", "bottom", "none"] = "top", below: str = "energy (eV)"
    ) -> None:
        super().__init__()
        self._label, self._legend_at, self._below = label, legend, below
        self.curves: tuple[Curve, ...] = ()
        self.energy: float | None = None
        self._least: float | None = None
        self.widget: Any = None
        self._legend: Any = None
        self._bands: list[Any] = []
        self.setMinimumHeight(160)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)

    def sizeHint(self) -> QSize:
        """Ask for little: a plot takes the room there is."""
        return QSize(300, 175)

    def draw(self, curves: list[Curve]) -> None:
        """Show these curves in place of those before."""
        self.curves = tuple(curves)
        if self.widget is not None:
            self._draw()

    def relabel(self, label: str, least: float | None = None) -> None:
        """Say what the values are, and the least range of them that is shown, lest small differences look large."""
        self._label, self._least = label, least
        if self.widget is not None:
            self.widget.setLabel("left", label, **_SMALL)
            self.widget.plotItem.vb.setLimits(minYRange=least)

    def mark(self, energy: float | None) -> None:
        """Put the line at an energy, or hide it."""
        self.energy = energy
        if self.widget is not None:
            self._line.setVisible(energy is not None)
            if energy is not None:
                self._line.setPos(energy)

    def showEvent(self, event: QShowEvent) -> None:
        """Make the plot when it is first seen."""
        if self.widget is None:
            self._make()
            self._draw()
            self.mark(self.energy)
        super().showEvent(event)

    def _make(self) -> None:
        import pyqtgraph as pg

        self.widget = pg.PlotWidget(background=None)
        self.relabel(self._label, self._least)
        self.widget.getAxis("bottom").enableAutoSIPrefix(False)
        self.widget.getAxis("left").enableAutoSIPrefix(False)
        self.widget.showGrid(x=True, y=True, alpha=0.15)
        self.widget.setMenuEnabled(False)
        if self._legend_at != "none":
            place = (-4, 4 if self._legend_at == "top" else -4)
            self._legend = self.widget.addLegend(offset=place, labelTextSize="8pt")
        self._line = pg.InfiniteLine(angle=90, pen=pg.mkPen("#888888", style=Qt.PenStyle.DotLine))
        self.widget.addItem(self._line)
        self.widget.scene().sigMouseClicked.connect(self._on_click)
        below = QLabel(self._below, alignment=Qt.AlignmentFlag.AlignCenter)  # pyqtgraph's own label is cut off below
        below.setStyleSheet(f"color: {_SMALL['color']}; font-size: {_SMALL['font-size']};")
        self.layout().addWidget(self.widget, 1)
        self.layout().addWidget(below)

    def _draw(self) -> None:
        import pyqtgraph as pg

        for item in [*self.widget.listDataItems(), *self._bands]:
            self.widget.removeItem(item)
        self._bands = [shaded for curve in self.curves if (shaded := _shaded(curve)) is not None]
        for shaded in self._bands:
            self.widget.addItem(shaded)
        if self._legend is not None:
            self._legend.clear()
        for curve in self.curves:
            style = Qt.PenStyle.DashLine if curve.dashed else Qt.PenStyle.SolidLine
            color = _color(curve.color)
            marks = {"symbol": "o", "symbolSize": 5, "symbolBrush": color, "symbolPen": None} if curve.symbols else {}
            self.widget.plot(
                curve.energies,
                curve.values,
                pen=pg.mkPen(color, width=1.5, style=style) if curve.line else None,
                name=curve.name,
                connect="finite",
                **marks,
            )

    def _on_click(self, event: Any) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.energy_chosen.emit(float(self.widget.plotItem.vb.mapSceneToView(event.scenePos()).x()))


def _shaded(curve: Curve) -> Any:
    """Give the band about a curve as something to draw; None where it has none, or is known nowhere."""
    import pyqtgraph as pg

    if curve.band is None:
        return None
    known = np.isfinite(curve.band) & np.isfinite(curve.values)
    if known.sum() < 2:
        return None
    energies, values, band = curve.energies[known], curve.values[known], curve.band[known]
    color = pg.mkColor(_color(curve.color))
    color.setAlpha(60)
    ends = (pg.PlotCurveItem(energies, values + sign * band) for sign in (1, -1))
    return pg.FillBetweenItem(*ends, brush=color)


def _color(color: Any) -> Any:
    if isinstance(color, str):
        return color
    return tuple(round(255 * float(c)) for c in color[:3])


def legend_of(curves: list[Curve]) -> str:
    """Name curves in their colours, each name once; HTML."""
    names = dict.fromkeys((curve.color, curve.name) for curve in curves)
    return " &nbsp; ".join(
        f'<span style="color: {color};">●</span>&nbsp;{name.replace(" ", "&nbsp;")}' for color, name in names
    )
