"""What is asked of the ROI spectrum panel: where to draw, which layers, which spectra."""

from __future__ import annotations

from typing import Any

from magicgui.widgets import SpinBox
from qtpy.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from .chosen import ChosenLayers
from .row import ReferenceRow

STACKS = ("raw", "registered")


class Controls(QWidget):
    """The buttons and fields above the plot."""

    def __init__(self) -> None:
        super().__init__()
        self.draw, self.pick = QPushButton("Draw regions"), QPushButton("Pick points")
        self.draw.setToolTip(
            "A new shapes layer: draw ellipses, then take its arrow (key 5) to drag them; rectangles and polygons go as well."
        )
        self.pick.setToolTip("A new points layer: click where you want a spectrum; drag points with its arrow (key 3).")
        self.chosen = ChosenLayers()
        self.depth = SpinBox(
            value=1,
            min=0,
            max=50,
            tooltip="Voxels to either side of a flat shape's slice; radius of a point in voxels.",
        )
        self.scroll = QCheckBox("follow the slice")
        self.scroll.setToolTip(
            "What is drawn lies in whichever slice is shown: scroll through, and the spectra follow."
        )
        self.shown = {name: QCheckBox(name) for name in STACKS}
        self.shown["raw"].setToolTip("Spectra of the volumes as they were reconstructed, dashed.")
        self.shown["registered"].setToolTip("Spectra of the registered volumes, solid.")
        self.normalized = QCheckBox("normalised")
        self.normalized.setToolTip(
            "Background lines taken away and the edge step made 1, with the windows of the edge map; without a map yet, with the "
            "recipe's about the edge of each spectrum."
        )
        for box in self.shown.values():
            box.setChecked(True)
        self.references = ReferenceRow()
        self.depth_label = QLabel("depth (voxels)")
        self.depth_label.setToolTip(self.depth.tooltip or "")
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(4)
        given: tuple[tuple[Any, ...], ...] = (
            (self.draw, self.pick),
            (self.chosen,),
            (self.depth_label, self.depth.native, self.scroll),
            (*self.shown.values(), self.normalized),
            (self.references,),
        )
        for widgets in given:
            row = QHBoxLayout()
            for widget in widgets:
                row.addWidget(widget)
            rows.addLayout(row)

    @property
    def diameter(self) -> int:
        """Of a point, in voxels."""
        return 2 * int(self.depth.value) + 1

    @property
    def stacks(self) -> tuple[str, ...]:
        """The stacks whose spectra are asked for."""
        return tuple(name for name, box in self.shown.items() if box.isChecked())
