"""The least edge step that is shown, as a slider; what it leaves out can be left out of the map for good."""

from __future__ import annotations

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget
from superqt import QLabeledDoubleSlider

_DIGITS = 3


class StepSlider(QWidget):
    """A slider from 0 to the largest edge step, what share of the voxels stays, and a button for the recipe.

    Attributes
    ----------
    changed : Signal(float)
        The least edge step that is shown, in the unit of the attenuation.
    wanted : Signal(float)
        It is to be written into the recipe.
    """

    changed = Signal(float)
    wanted = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self._made_with = 0.0
        self._unit = ""
        self.label = QLabel("edge step ≥")
        self.slider = QLabeledDoubleSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0.0, 1.0)
        self.slider.setDecimals(_DIGITS)
        self.slider.valueChanged.connect(self._on_moved)
        self.kept = QLabel()
        self.keep = QPushButton("Into the recipe")
        self.keep.setToolTip(
            "Write it into the recipe (edge step above): the map, the particles' numbers and the report are then made without the "
            "weaker steps when the map is made next."
        )
        self.keep.clicked.connect(lambda: self.wanted.emit(self.value))
        first, second = QHBoxLayout(), QHBoxLayout()
        first.addWidget(self.label)
        first.addWidget(self.slider, 1)
        second.addWidget(self.kept, 1)
        second.addWidget(self.keep)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(first)
        layout.addLayout(second)
        self._say()

    @property
    def value(self) -> float:
        """The least edge step that is shown."""
        return round(float(self.slider.value()), _DIGITS)

    def offer(self, most: float, unit: str, made_with: float) -> None:
        """Let the slider run to an edge step; begin at the one the map was made with.

        Parameters
        ----------
        most : float
        unit : str
            Of the attenuation.
        made_with : float
            The recipe's least edge step.
        """
        begin = made_with if made_with != self._made_with else self.value
        self._unit, self._made_with = unit, made_with
        blocked = QSignalBlocker(self.slider)
        self.slider.setRange(0.0, max(round(most, _DIGITS), made_with, 10.0**-_DIGITS))
        self.slider.setSingleStep(max(most / 200, 10.0**-_DIGITS))
        self.slider.setValue(begin)
        del blocked
        tip = f"Voxels with a smaller edge step are left out of what is shown, at once; in {unit or 'the unit of the attenuation'}."
        for part in (self.label, self.slider):
            part.setToolTip(tip)
        self.label.setText(f"edge step ≥ ({unit})" if unit else "edge step ≥")
        self._say()

    def say_kept(self, share: float) -> None:
        """Say what share of the voxels with an edge energy is shown."""
        words = "" if share != share else f"{100 * share:.0f} % of the voxels"
        if 0 < share < 1 and round(100 * share) in (0, 100):
            words = f"{100 * share:.2f} % of the voxels"
        self.kept.setText(words)

    def _on_moved(self, *_: object) -> None:
        self._say()
        self.changed.emit(self.value)

    def _say(self) -> None:
        other = abs(self.value - self._made_with) > 0.5 * 10.0**-_DIGITS
        self.keep.setVisible(other)
        self.keep.setEnabled(other)
