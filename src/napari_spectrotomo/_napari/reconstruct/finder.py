"""The centre finder: sharpness against the axis' column, the vote of the methods in words, and the choice of a column."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QSlider, QVBoxLayout, QWidget

from ...data import FloatArray
from ...reconstruct import AxisEstimate
from ..plot import Curve, EnergyPlot, legend_of
from ..readable import ReadableLabel
from .strip import Stripped

METHOD_COLORS = {"opposite views": "#5ca8ff", "centre of mass": "#f0b040", "Vo": "#7ddc8b", "sharpness": "#ff8ad8"}
_WORDS = ((0.7, "the methods agree"), (0.3, "some methods agree"), (0.0, "the methods do not agree: look at the strip"))
AMBER = "#e3b341"


class CenterFinder(QWidget):
    """Shows what a strip found, and lets a column be chosen.

    Attributes
    ----------
    chosen : Signal(int)
        Which slice of the strip was chosen.
    large : Signal(bool)
        Whether one slice at a time is wanted.
    taken : Signal(float)
        The column to use for all energies.
    """

    chosen = Signal(int)
    large = Signal(bool)
    taken = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self._columns: FloatArray = np.zeros(1)
        self.plot = EnergyPlot("sharpness", legend="none", below="column of the rotation axis (pixel)")
        self.plot.setFixedHeight(135)
        self.plot.setToolTip("Click a point, or a slice in the viewer, to choose its column.")
        self.plot.energy_chosen.connect(self._on_click)
        self.legend = ReadableLabel()
        self.legend.setWordWrap(True)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setToolTip("Go through the columns, also with the arrow keys.")
        self.slider.valueChanged.connect(self._on_slider)
        self.one = QCheckBox("One slice at a time")
        self.one.setToolTip("Show the chosen slice large: go to and fro with the slider to see which is sharpest.")
        self.one.toggled.connect(self.large.emit)
        self.use = QPushButton()
        self.use.setToolTip(
            "Write this column into 'rotation axis' below. 'auto' there finds it at every energy by itself."
        )
        self.use.clicked.connect(lambda *_: self.taken.emit(round(float(self._columns[self.slider.value()]), 2)))
        row = QHBoxLayout()
        row.addWidget(self.slider, 1)
        row.addWidget(self.one)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addWidget(self.plot)
        layout.addWidget(self.legend)
        layout.addLayout(row)
        layout.addWidget(self.use)
        self.hide()

    def show_strip(self, made: Stripped) -> None:
        """Show another strip, its sharpest slice chosen."""
        strip, estimate = made.strip, made.look.estimate
        self._columns = strip.columns
        curves = [Curve(strip.columns, strip.sharpness, "sharpness of the slices", "#d8dce2", symbols=True)]
        known = [] if estimate is None else [m for m in estimate.methods.items() if np.isfinite(m[1])]
        low, high = strip.columns.min(), strip.columns.max()
        for name, column in known:
            if low <= column <= high:
                curves.append(Curve(np.full(2, column), np.array([0.0, 1.0]), name, METHOD_COLORS[name], dashed=True))
        self.plot.draw(curves)
        self.legend.setText(_votes(known))
        self.legend.setVisible(bool(known))
        self.slider.blockSignals(True)
        self.slider.setRange(0, len(strip.columns) - 1)
        self.slider.setValue(strip.best)
        self.slider.blockSignals(False)
        self._say(strip.best)
        self.show()

    def choose(self, k: int) -> None:
        """Choose a slice."""
        self.slider.setValue(k)

    def _on_click(self, column: float) -> None:
        self.choose(int(np.argmin(np.abs(self._columns - column))))

    def _on_slider(self, k: int) -> None:
        self._say(k)
        self.chosen.emit(k)

    def _say(self, k: int) -> None:
        self.plot.mark(float(self._columns[k]))
        self.use.setText(f"Use {self._columns[k]:.2f} for all energies")


def vote_in_words(estimate: AxisEstimate, energy: float) -> str:
    """Say what the methods voted for, how sure that is, and every doubt; HTML."""
    doubts = "".join(f"<br><span style='color: {AMBER};'>⚠ {escape(doubt)}</span>" for doubt in estimate.doubts)
    if not np.isfinite(estimate.center):
        return f"No axis stands out at {energy:.1f} eV.{doubts}"
    said = next(words for least, words in _WORDS if estimate.confidence >= least)
    error = max(estimate.uncertainty, 0.01)
    return (
        f"Axis at column <b>{estimate.center:.2f}</b> ± {error:.2f} at {energy:.1f} eV; {said} "
        f"(confidence {estimate.confidence:.2f}).{doubts}"
    )


def _votes(known: list[Any]) -> str:
    """Name each method's column in its colour; HTML."""
    nothing = np.zeros(0)
    return legend_of([Curve(nothing, nothing, f"{name} {column:.2f}", METHOD_COLORS[name]) for name, column in known])
