"""The part of the Binarize panel where the threshold of the energy shown is looked at and moved."""

from __future__ import annotations

import math
from html import escape

from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
)

from ...segment import shift_of
from ..forms import Words
from ..theme import Colors
from .cutting import Cut, Whole, share_of
from .histogram import ThresholdHistogram

ALIKE, ALONE = "all energies alike", "this energy only"
_DIGITS = 4  # that a level is shown with, across the histogram


class ThresholdSection(QGroupBox):
    """The histogram of the energy shown, its threshold in numbers and in words, and for which energies it is moved.

    Attributes
    ----------
    moved, placed : Signal(float)
        The grey level, while the user moves it and where it was left.
    reset : Signal()
        The threshold is to be as it was found.
    live : Signal(bool)
        Whether the mask is to be shown while the threshold moves.
    """

    moved = Signal(float)
    placed = Signal(float)
    reset = Signal()
    live = Signal(bool)

    def __init__(self) -> None:
        super().__init__("Threshold of the energy shown")
        self.histogram = ThresholdHistogram()
        self.level = QDoubleSpinBox()
        self.level.setKeyboardTracking(False)
        self.level.setToolTip(
            "Grey level in the volumes' unit; what is above it is sample. The line in the histogram is the same."
        )
        self.scope = QComboBox()
        self.scope.addItems([ALIKE, ALONE])
        self.scope.setToolTip(
            "Which masks the line moves. All energies alike: by the same share of the step from background to sample, at "
            "each energy's own grey values. This energy only: a level of its own, for an energy that stands out."
        )
        self.found = QPushButton("As found")
        self.found.setToolTip("Put the threshold back to where the method found it.")
        self.ticked = QCheckBox("Mask follows the line")
        self.ticked.setToolTip(
            "Lay what is above the line over the slice that is shown. Small bodies and what else the form removes go when "
            "the line stands still: then it is the mask that the button below will make of this energy."
        )
        self.ticked.setChecked(True)
        self.words = Words()
        self.moves = QLabel("moves")
        for narrow in (self.level, self.scope):
            narrow.setMinimumWidth(60)
            narrow.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        rows = [QHBoxLayout(), QHBoxLayout()]
        rows[0].addWidget(self.level, 1)
        rows[0].addWidget(self.found)
        rows[1].addWidget(self.moves)
        rows[1].addWidget(self.scope, 1)
        layout = QVBoxLayout(self)
        layout.setSpacing(3)
        layout.addWidget(self.histogram)
        for row in rows:
            layout.addLayout(row)
        layout.addWidget(self.words)
        layout.addWidget(self.ticked)
        self.histogram.moved.connect(self._on_moved)
        self.histogram.placed.connect(self.placed.emit)
        self.level.valueChanged.connect(self._on_typed)
        self.found.clicked.connect(lambda *_: self.reset.emit())
        self.ticked.toggled.connect(self.live.emit)
        self._can_move(False)

    @property
    def alone(self) -> bool:
        """Whether the line moves the mask of the energy shown only."""
        return self.scope.currentText() == ALONE

    def wait(self, energy: float) -> None:
        """Say that an energy is being looked at."""
        self.words.setText(f"Looking at {energy:.1f} eV…")

    def refuse(self, sentence: str, shades: Colors) -> None:
        """Say why there is no threshold to be seen."""
        self._can_move(False)
        self.words.setText(f'<span style="color: {shades.warn};">{escape(sentence)}</span>')

    def show_cut(self, cut: Cut, shades: Colors) -> None:
        """Show the histogram of an energy with the threshold that the recipe gives it."""
        self._can_move(True)
        edges = cut.histogram.edges
        digits = max(0, _DIGITS - 1 - math.floor(math.log10(max(float(edges[-1] - edges[0]), 1e-12))))
        self.level.blockSignals(True)
        self.level.setDecimals(min(digits, 12))
        self.level.setRange(float(edges[0]), float(edges[-1]))
        self.level.setSingleStep(float(edges[-1] - edges[0]) / 200)
        self.level.setSuffix(f" {cut.unit}" if cut.unit else "")
        self.level.blockSignals(False)
        self.histogram.draw(cut.histogram, cut.unit)
        self.scope.setEnabled(cut.own is None)  # a level of its own does not follow the others
        if cut.own is not None:
            self.scope.setCurrentText(ALONE)
        self.found.setEnabled(cut.own is not None or cut.parameters.shift != 0)
        self.put(cut.level)
        self.words.setText(_where(cut, cut.level))

    def put(self, level: float) -> None:
        """Put the line and the number at a level, without signals."""
        self.histogram.mark(level)
        self.level.blockSignals(True)
        self.level.setValue(level)
        self.level.blockSignals(False)

    def say_moving(self, cut: Cut, level: float) -> None:
        """Say where the line is while it moves."""
        self.words.setText(_where(cut, level))

    def show_whole(self, whole: Whole, shades: Colors) -> None:
        """Say what the mask at the line holds, and what is doubtful about it."""
        words = f"{_where(whole.cut, whole.level)} {100 * share_of(whole):.3g} % of the volume is sample; "
        words += f"smoothed by {whole.made.sigma:g} voxel{'s' if whole.made.sigma != 1 else ''} before."
        doubts = "".join(
            f'<br><span style="color: {shades.warn};">⚠ {escape(one)}</span>' for one in whole.made.warnings
        )
        self.words.setText(words + doubts)

    def _can_move(self, possible: bool) -> None:
        for widget in (self.histogram, self.level, self.moves, self.scope, self.found, self.ticked):
            widget.setVisible(possible)

    def _on_moved(self, level: float) -> None:
        self.put(level)
        self.moved.emit(level)

    def _on_typed(self, level: float) -> None:
        self.histogram.mark(level)
        self.moved.emit(level)
        self.placed.emit(level)


def _where(cut: Cut, level: float) -> str:
    """Say where a level lies beside the one that was found."""
    unit = f" {cut.unit}" if cut.unit else ""
    words = f"<b>{level:.4g}{unit}</b> at {cut.energy:.1f} eV, "
    share = shift_of(cut.smoothed.found, level)
    if cut.own is not None:
        return f"{words}set for this energy only ({cut.smoothed.found.value:.4g} was found)."
    if abs(share) < 5e-4:
        return f"{words}as found ({cut.parameters.method})."
    return f"{words}moved by {100 * share:+.1f} % of the step from background to sample."


def rounded_shift(cut: Cut, level: float) -> float:
    """Give the shift of all thresholds that puts this energy's at a level, as far as it may go, in steps of 0.1 %."""
    return round(min(max(shift_of(cut.smoothed.found, level), -1.0), 1.0), 3)
