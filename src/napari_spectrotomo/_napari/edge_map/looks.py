"""The colours of a map and the percentiles between which they run, as a row of a panel."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import QComboBox, QDoubleSpinBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from ..layers.map_colors import DIVERGING, MAP_COLORS, SEQUENTIAL, is_diverging
from ..settings import keep, setting

_FAR = 1e6


class MapLooks(QWidget):
    """Colours, percentiles, and of diverging colours the energy that is white; what is chosen is kept in napari's preferences.

    Attributes
    ----------
    changed : Signal()
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.colors = QComboBox()
        self.colors.addItems(MAP_COLORS)
        self.colors.setMinimumWidth(110)
        self.colors.setToolTip(
            f"Colours of edge energies and valences; the colour-blind can tell all of them apart. {' and '.join(DIVERGING)} are "
            f"white in the middle, the others run from dark to bright ({SEQUENTIAL[0]} is the usual one). Kept as a preference."
        )
        self.low, self.high = _percentile("first", 0, 49), _percentile("last", 51, 100)
        self.middle = QDoubleSpinBox(minimum=-_FAR, maximum=_FAR, decimals=2, singleStep=0.1, suffix=" eV")
        self.middle.setKeyboardTracking(False)
        self.middle.setMinimumWidth(120)
        self.middle.setToolTip(
            "The edge energy in eV that is white: that of a reference, or the median. Drag the line in the plot below to move it."
        )
        self.median = QPushButton("Median")
        self.median.setToolTip("Make the median of the edge energies that are shown white.")
        self._by_hand = False
        self._lay_out()
        for box in (self.low, self.high):
            box.valueChanged.connect(self._on_percentile)
        self.colors.currentTextChanged.connect(self._on_colors)
        self.middle.valueChanged.connect(self._on_middle)
        self.median.clicked.connect(self._on_median)
        self.recall()

    @property
    def white(self) -> float | None:
        """The edge energy in eV chosen to be white; None for the median."""
        return self.middle.value() if self._by_hand else None

    def recall(self) -> None:
        """Take what napari's preferences say."""
        blocked = [QSignalBlocker(w) for w in (self.colors, self.low, self.high)]
        self.colors.setCurrentText(str(setting("map_colormap")))
        self.low.setValue(float(setting("map_low")))
        self.high.setValue(float(setting("map_high")))
        del blocked
        self._show_middle()

    def show_white(self, energy: float | None) -> None:
        """Show which edge energy is white, without `changed`."""
        if energy is not None:
            blocked = QSignalBlocker(self.middle)
            self.middle.setValue(energy)
            del blocked

    def _on_percentile(self, *_: Any) -> None:
        keep("map_low", self.low.value())
        keep("map_high", self.high.value())
        self.changed.emit()

    def _on_colors(self, name: str) -> None:
        keep("map_colormap", name)
        self._show_middle()
        self.changed.emit()

    def _on_middle(self, *_: Any) -> None:
        self._by_hand = True
        self.changed.emit()

    def _on_median(self) -> None:
        self._by_hand = False
        self.changed.emit()

    def _show_middle(self) -> None:
        self.white_row.setVisible(is_diverging(self.colors.currentText()))

    def _lay_out(self) -> None:
        first = QHBoxLayout()
        first.addWidget(self.colors, 1)
        first.addWidget(self.low)
        first.addWidget(QLabel("to"))
        first.addWidget(self.high)
        self.white_row = QWidget()
        second = QHBoxLayout(self.white_row)
        second.setContentsMargins(0, 0, 0, 0)
        second.addWidget(_label("white at", self.middle))
        second.addWidget(self.middle, 1)
        second.addWidget(self.median)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(first)
        layout.addWidget(self.white_row)


def _percentile(which: str, low: float, high: float) -> QDoubleSpinBox:
    """Give a field for a percentile in per cent."""
    box = QDoubleSpinBox(minimum=low, maximum=high, decimals=1, singleStep=0.5, suffix=" %")
    box.setKeyboardTracking(False)
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    box.setButtonSymbols(
        QDoubleSpinBox.ButtonSymbols.NoButtons
    )  # there is no room; the wheel and the arrow keys do the same
    box.setStyleSheet("min-width: 0px; max-width: 48px;")
    box.setToolTip(
        f"Percentile, in % of the voxels shown, whose value has the {which} colour; values beyond it have it too. A preference."
    )
    return box


def _label(words: str, buddy: QWidget) -> QLabel:
    label = QLabel(words)
    label.setBuddy(buddy)
    label.setToolTip(buddy.toolTip())
    return label
