"""The grey values of a volume as a histogram, with the threshold as a line to be dragged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtGui import QColor

from ...segment import SmoothedVolume
from ..lazy_plot import LazyPlot
from ..readable import background_of, readable

BINS = 160
LINE, SAMPLE = "#ffd33d", "#ffd33d"
"""Colours of the line, and of what is above it: those of the overlay in the picture."""
_TEXT_CONTRAST = 5.0
_STEPS = 200
"""Steps of the arrow keys across the whole histogram."""


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """Counts of grey values.

    Attributes
    ----------
    edges : (N + 1,)
    counts : (N,)
    background, sample, found : float
        Medians of the two classes, and the threshold as the method found it.
    """

    edges: npt.NDArray[np.float64]
    counts: npt.NDArray[np.int64]
    background: float
    sample: float
    found: float


def histogram_of(smoothed: SmoothedVolume) -> Histogram:
    """Count the grey values that a threshold was found on."""
    counts, edges = np.histogram(smoothed.values, BINS)
    found = smoothed.found
    return Histogram(edges, counts, found.background, found.sample, found.value)


class ThresholdHistogram(LazyPlot):
    """A histogram with a logarithmic count and a line that is dragged, or moved by the arrow keys.

    Attributes
    ----------
    moved : Signal(float)
        The grey level, while the user moves it.
    placed : Signal(float)
        The grey level where the user let it go.
    """

    moved = Signal(float)
    placed = Signal(float)

    def __init__(self) -> None:
        super().__init__(
            "grey value",
            "Grey values of the smoothed volume at the energy shown, counted on a logarithmic scale. Drag the line, or press "
            "← and →: what is above it is sample. Dotted: background and sample; thin: the threshold as it was found.",
        )
        self.histogram: Histogram | None = None
        self.level = 0.0
        self.setFixedHeight(135)

    def sizeHint(self) -> QSize:
        """Ask for little: a plot takes the room there is."""
        return QSize(300, 135)

    def draw(self, histogram: Histogram, unit: str) -> None:
        """Show another histogram; `unit` is that of the grey values."""
        self.histogram = histogram
        self.below.setText(f"attenuation ({unit})" if unit else "grey value")
        if self.widget is not None:
            self._draw()

    def mark(self, level: float) -> None:
        """Put the line at a grey level."""
        self.level = level
        if self.widget is not None:
            self._line.setValue(level)
            self._fill()

    def step(self, by: int) -> bool:
        """Move the line."""
        if self.histogram is None:
            return False
        first, last = self.histogram.edges[[0, -1]]
        level = float(np.clip(self.level + by * (last - first) / _STEPS, first, last))
        self.mark(level)
        self.moved.emit(level)
        self.placed.emit(level)
        return True

    def make(self) -> Any:
        """Make the bars and the lines."""
        import pyqtgraph as pg

        made = pg.PlotWidget(background=None)
        made.setMenuEnabled(False)
        made.setMouseEnabled(False, False)
        made.hideButtons()
        made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        made.getAxis("bottom").enableAutoSIPrefix(False)
        nothing = np.zeros(2), np.zeros(1)
        self._bars = pg.PlotCurveItem(*nothing, stepMode="center", fillLevel=0.0)
        self._above = pg.PlotCurveItem(*nothing, stepMode="center", fillLevel=0.0)
        self._hints = [pg.InfiniteLine(angle=90) for _ in range(3)]
        self._line = pg.InfiniteLine(angle=90, movable=True)
        self._line.addMarker("v", position=0.98, size=9)  # it also makes the line wide enough to be caught
        self._line.setCursor(Qt.CursorShape.SizeHorCursor)
        self._line.setZValue(20)
        self._line.sigDragged.connect(self._on_drag)
        self._line.sigPositionChangeFinished.connect(lambda line: self.placed.emit(float(line.value())))
        for item in (self._bars, self._above, *self._hints, self._line):
            made.addItem(item)
        return made

    def restyle(self) -> None:
        """Take the theme's colours, and draw."""
        import pyqtgraph as pg

        behind = background_of(self)
        self.widget.setBackground(behind)
        faint = readable("#8a9099", behind, _TEXT_CONTRAST)
        for side in ("bottom", "left"):
            axis = self.widget.getAxis(side)
            axis.setPen(faint)
            axis.setTextPen(faint)
        self.widget.setLabel("left", "voxels (log)", **{"font-size": "9pt", "color": faint.name()})
        self.below.setStyleSheet(f"color: {faint.name()}; font-size: 9pt;")
        self._bars.setPen(pg.mkPen(None))
        self._bars.setBrush(_veil(readable("#8a9099", behind), 130))
        self._above.setPen(pg.mkPen(None))
        self._above.setBrush(_veil(readable(SAMPLE, behind), 190))
        for hint, style in zip(self._hints, ("DotLine", "DotLine", "SolidLine"), strict=True):
            hint.setPen(pg.mkPen(faint, width=1, style=getattr(Qt.PenStyle, style)))
        self._line.setPen(pg.mkPen(readable(LINE, behind), width=2))
        self._line.setHoverPen(pg.mkPen(readable("#ffffff", behind), width=3))
        self._draw()

    def _draw(self) -> None:
        shown = self.histogram
        if shown is None:
            return
        highs = _high(shown.counts)
        self._bars.setData(shown.edges, highs)
        for hint, value in zip(self._hints, (shown.background, shown.sample, shown.found), strict=True):
            hint.setValue(value)
        top = max(float(highs.max(initial=0.0)), 1.0)
        self.widget.setRange(xRange=tuple(shown.edges[[0, -1]]), yRange=(0.0, 1.08 * top), padding=0.02)
        powers = range(int(top) + 1)
        self.widget.getAxis("left").setTicks([[(np.log10(1 + 10**k), f"1e{k}" if k else "1") for k in powers]])
        self._line.setBounds(tuple(shown.edges[[0, -1]]))
        self.mark(self.level)

    def _fill(self) -> None:
        """Colour what is above the line."""
        shown = self.histogram
        if shown is None:
            return
        first = int(np.clip(np.searchsorted(shown.edges, self.level), 0, len(shown.counts) - 1))
        self._above.setData(shown.edges[first:], _high(shown.counts[first:]))

    def _on_drag(self, line: Any) -> None:
        self.level = float(line.value())
        self._fill()
        self.moved.emit(self.level)


def _high(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Give how high counts stand: an empty bin at nothing, and one voxel a little above it."""
    return np.log10(1.0 + counts)


def _veil(color: QColor, alpha: int) -> QColor:
    color.setAlpha(alpha)
    return color
