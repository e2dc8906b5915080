"""The map on the particles' surface, and cut open, as rows of a panel."""

from __future__ import annotations

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from ..layers.body import Body, Cut

_AXES = "zyx"


class SolidBox(QWidget):
    """Whether the map is seen on the surface, and where that is cut open.

    Attributes
    ----------
    toggled : Signal(bool)
        The map is to be seen on the surface, in three dimensions; or in slices again.
    changed : Signal()
        Shading or the cut.
    """

    toggled = Signal(bool)
    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.on = QCheckBox("On the surface, in 3-D")
        self.shaded = QCheckBox("shaded")
        self.shaded.setToolTip(
            "Light the surface, which shows its shape; colours in the shade are then darker than those of the colour bar."
        )
        self.axis = QComboBox()
        self.axis.addItems(["not cut", *(f"cut {a} at" for a in _AXES)])
        self.axis.setToolTip("Cut the particles open by a plane across this axis; the map is seen on the cut.")
        self.at = QSlider(Qt.Orientation.Horizontal)
        self.at.setToolTip("The slice that is seen on the cut (voxel).")
        self.shown_at = QLabel()
        self.flipped = QCheckBox("other side")
        self.flipped.setToolTip("Keep what lies before the slice, instead of what lies behind it.")
        self._spans, self._begin = [(0, 1)] * 3, [0] * 3
        first, second = QHBoxLayout(), QHBoxLayout()
        first.addWidget(self.on, 1)
        first.addWidget(self.shaded)
        for widget, stretch in ((self.axis, 0), (self.at, 1), (self.shown_at, 0), (self.flipped, 0)):
            second.addWidget(widget, stretch)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(first)
        layout.addLayout(second)
        self.on.toggled.connect(self._on_toggled)
        self.shaded.toggled.connect(lambda _: self.changed.emit())
        self.axis.currentIndexChanged.connect(self._on_axis)
        self.at.valueChanged.connect(self._on_moved)
        self.flipped.toggled.connect(lambda _: self.changed.emit())
        self._offer()

    @property
    def cut(self) -> Cut | None:
        """Where the body is cut open; None where it is not."""
        axis = self.axis.currentIndex() - 1
        return None if axis < 0 else Cut(axis, self.at.value(), self.flipped.isChecked())

    def name_key(self, key: str) -> None:
        """Say in the tooltip which key does the same."""
        self.on.setToolTip(
            "Paint the map that is shown on the particles' surface, in three dimensions; voxels at the surface are seen, "
            f"and what is unknown there is grey. Key: {key}."
        )

    def span(self, body: Body) -> None:
        """Let the cut run through a body, and begin where there is most of it."""
        spans = [(int(a), int(b)) for a, b in body.box.T]
        if spans != self._spans:
            self._spans, self._begin = spans, [int(k) for k in body.fullest]
            self._run(self.at.value())

    def set_on(self, on: bool) -> None:
        """Show whether the map is on the surface, without `toggled`."""
        blocked = QSignalBlocker(self.on)
        self.on.setChecked(on)
        del blocked
        self._offer()

    def _on_toggled(self, on: bool) -> None:
        self._offer()
        self.toggled.emit(on)

    def _on_axis(self, index: int) -> None:
        self._offer()
        if index > 0:
            self._run(self._begin[index - 1])
        self.changed.emit()

    def _on_moved(self, value: int) -> None:
        self.shown_at.setText(f"{value}")
        self.changed.emit()

    def _run(self, to: int) -> None:
        """Let the slider run through the body along the axis, and go to a slice."""
        axis = self.axis.currentIndex() - 1
        if axis < 0:
            return
        blocked = QSignalBlocker(self.at)
        self.at.setRange(*self._spans[axis])
        self.at.setValue(to)
        del blocked
        self.shown_at.setText(f"{self.at.value()}")

    def _offer(self) -> None:
        on, cut = self.on.isChecked(), self.axis.currentIndex() > 0
        for part in (self.shaded, self.axis):
            part.setVisible(on)
        for part in (self.at, self.shown_at, self.flipped):
            part.setVisible(on and cut)
