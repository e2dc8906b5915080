"""The part of a plot that pyqtgraph draws: curves, bands, the legend and the line at the energy shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QColor, QWheelEvent

from .readable import readable

if TYPE_CHECKING:
    from .plot import Curve

_BAND, _FAINT = 60, 110  # of 255
_HANDLE = 9  # px
_TEXT_CONTRAST = 5.0


class PlotCanvas(pg.PlotWidget):
    """Curves against energy; the items of the last drawing are given new data, which takes a third of making them anew.

    Attributes
    ----------
    chosen : Signal(float)
        Where it was clicked, or the line dragged to.
    faint : QColor
        Of axes and words.
    """

    chosen = Signal(float)

    def __init__(self, legend: str) -> None:
        super().__init__(background=None)
        self._label = ""
        self._behind, self.faint = QColor("black"), QColor("#a0a4ab")
        self._lines: list[Any] = []
        self._bands: list[_Band] = []
        self._named: tuple[Any, ...] = ()
        for side in ("bottom", "left"):
            self.getAxis(side).enableAutoSIPrefix(False)
        self.showGrid(x=True, y=True, alpha=0.15)
        self.setMenuEnabled(False)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the keys are those of the whole plot
        self._legend: Any = None
        if legend != "none":
            self._legend = self.addLegend(offset=(-4, 4 if legend == "top" else -4), labelTextSize="8pt", verSpacing=-4)
        self._line = pg.InfiniteLine(angle=90, movable=True)
        self._line.addMarker("v", position=0.98, size=_HANDLE)  # it also makes the line wide enough to be caught
        self._line.setCursor(Qt.CursorShape.SizeHorCursor)
        self._line.setZValue(20)
        self._line.sigDragged.connect(lambda line: self.chosen.emit(float(line.value())))
        self.addItem(self._line)
        self.scene().sigMouseClicked.connect(self._on_click)

    def restyle(self, behind: QColor) -> None:
        """Take colours that stand out from what is behind the plot."""
        self._behind = QColor(behind)
        self.resetCachedContent()  # the background was kept as it was painted on the theme before
        self.faint = readable("#8a9099", behind, _TEXT_CONTRAST)
        for side in ("bottom", "left"):
            axis = self.getAxis(side)
            axis.setPen(self.faint)
            axis.setTextPen(self.faint)
        self._say_label()
        mark = readable("#888888", behind, 4.0)
        self._line.setPen(pg.mkPen(mark, width=1.5, style=Qt.PenStyle.DotLine))
        self._line.setHoverPen(pg.mkPen(readable("#ffd33d", behind), width=2))
        if self._legend is not None:
            self._legend.setLabelTextColor(readable("#8a9099", behind, 9.0))
            veil = QColor(behind)
            veil.setAlpha(200)
            self._legend.setBrush(pg.mkBrush(veil))
        self._named = ()

    def relabel(self, label: str, least: float | None) -> None:
        """Say what the values are, and the least range of them that is shown."""
        self._label = label
        self._say_label()
        self.plotItem.vb.setLimits(minYRange=least)

    def mark(self, energy: float | None) -> None:
        """Put the line at an energy, or hide it."""
        self._line.setVisible(energy is not None)
        if energy is not None:
            self._line.setPos(energy)

    def draw(self, curves: Sequence[Curve]) -> None:
        """Show these curves in place of those before."""
        while len(self._lines) < len(curves):
            line, band = pg.PlotDataItem(connect="finite"), _Band()
            self._lines.append(line)
            self._bands.append(band)
            self.addItem(band)
            self.addItem(line)
        while len(self._lines) > len(curves):
            self.removeItem(self._lines.pop())
            self.removeItem(self._bands.pop())
        for line, band, curve in zip(self._lines, self._bands, curves, strict=True):
            color = readable(curve.color, self._behind)
            _give(line, curve, color)
            band.give(curve, color)
        self._name(curves)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom with Ctrl only: without it the panel scrolls."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().wheelEvent(event)
        else:
            event.ignore()

    def _name(self, curves: Sequence[Curve]) -> None:
        named = tuple((c.name, str(c.color), c.dashed, c.symbols, c.line) for c in curves)
        if self._legend is None or named == self._named:
            return
        self._named = named
        self._legend.clear()
        for line, curve in zip(self._lines, curves, strict=True):
            if curve.name:
                self._legend.addItem(line, curve.name)

    def _say_label(self) -> None:
        self.setLabel("left", self._label, **{"font-size": "9pt", "color": self.faint.name()})

    def _on_click(self, event: Any) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if event.double():
            self.plotItem.vb.enableAutoRange()
        else:
            self.chosen.emit(float(self.plotItem.vb.mapSceneToView(event.scenePos()).x()))


class _Band(pg.FillBetweenItem):
    """The band about a curve; nothing where it has none, or is known nowhere."""

    def __init__(self) -> None:
        self._ends = [pg.PlotCurveItem(), pg.PlotCurveItem()]
        super().__init__(*self._ends)
        self.setZValue(-10)

    def give(self, curve: Curve, color: QColor) -> None:
        known = np.zeros(len(curve.values), bool)
        if curve.band is not None:
            known = np.isfinite(curve.band) & np.isfinite(curve.values)
        shown = curve.band is not None and int(known.sum()) > 1
        self.setVisible(shown)
        if not shown or curve.band is None:
            return
        shade = QColor(color)
        shade.setAlpha(_BAND)
        self.setBrush(pg.mkBrush(shade))
        energies, values, band = curve.energies[known], curve.values[known], curve.band[known]
        for end, sign in zip(self._ends, (1, -1), strict=True):
            end.setData(energies, values + sign * band)


def _give(line: Any, curve: Curve, color: QColor) -> None:
    """Give a line the data and the style of a curve."""
    if curve.faint:
        color.setAlpha(_FAINT)
    if not np.isfinite(curve.values).any():  # pyqtgraph would look for the least of nothing
        line.setData([], [])
        return
    style = Qt.PenStyle.DashLine if curve.dashed else Qt.PenStyle.SolidLine
    line.setData(
        curve.energies,
        curve.values,
        pen=pg.mkPen(color, width=curve.width, style=style) if curve.line else None,
        symbol="o" if curve.symbols else None,
        symbolSize=5,
        symbolBrush=pg.mkBrush(color),
        symbolPen=None,
    )
