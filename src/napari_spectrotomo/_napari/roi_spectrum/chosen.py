"""The layers whose regions are followed: a list to tick."""

from __future__ import annotations

from typing import Any

import numpy as np
from napari.layers import Labels, Points, Shapes
from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QListWidget, QListWidgetItem

from ..layers import ROLE

_ROWS = 3
_SMALL = 1 << 22
"""Voxels of labels that are followed from the start: more would take long to read."""


def is_drawn(layer: Any) -> bool:
    """Say whether a layer is one of the user's own shapes or points."""
    return isinstance(layer, Shapes | Points) and layer.ndim in (2, 3) and layer.metadata.get(ROLE) in (None, "regions")


class ChosenLayers(QListWidget):
    """Shapes, points and labels of a viewer, ticked where they are followed.

    What is drawn is ticked from the start; particles are while nothing is drawn.

    Attributes
    ----------
    chosen : Signal
        Other layers are ticked.
    """

    chosen = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Any] = []
        self._asked: dict[int, bool] = {}
        self.setToolTip(
            "Layers whose regions are followed, up to 8 of each: tick them (space bar). A drawn layer with two axes follows the "
            "slice shown; of more than 8 labels the selected one is taken."
        )
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.itemChanged.connect(self._on_ticked)
        self.fill([])

    @property
    def layers(self) -> list[Any]:
        """The layers that are ticked."""
        ticked = (self.item(row).checkState() == Qt.CheckState.Checked for row in range(len(self._rows)))
        return [layer for layer, on in zip(self._rows, ticked, strict=True) if on]

    def fill(self, layers: list[Any], grid: tuple[int, ...] = ()) -> None:
        """Offer those of a viewer's layers that have regions, labels only where they lie on the `grid` (z, y, x)."""
        before = self.layers
        rows = [x for x in layers if is_drawn(x) or (isinstance(x, Labels) and tuple(x.data.shape) == grid)]
        nothing_drawn = not any(is_drawn(x) for x in rows)
        self.blockSignals(True)
        self.clear()
        self._rows = rows
        self._asked = {id(x): self._asked[id(x)] for x in rows if id(x) in self._asked}
        for layer in rows:
            usual = is_drawn(layer) or (
                nothing_drawn and layer.metadata.get(ROLE) == "particles" and int(np.prod(grid)) <= _SMALL
            )
            item = QListWidgetItem(layer.name)
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsSelectable)
            item.setCheckState(Qt.CheckState.Checked if self._asked.get(id(layer), usual) else Qt.CheckState.Unchecked)
            self.addItem(item)
        if not rows:
            nothing = QListWidgetItem("nothing drawn yet")
            nothing.setFlags(Qt.ItemFlag.NoItemFlags)
            self.addItem(nothing)
        self.blockSignals(False)
        shown = min(max(len(rows), 1), _ROWS)
        self.setFixedHeight(shown * max(self.sizeHintForRow(0), 20) + 2 * self.frameWidth() + 2)
        if self.layers != before:
            self.chosen.emit()

    def tick(self, layer: Any, on: bool = True) -> None:
        """Tick a layer, or take its tick away, as a click does."""
        state = Qt.CheckState.Checked if on else Qt.CheckState.Unchecked
        self.item(self._rows.index(layer)).setCheckState(state)

    def _on_ticked(self, item: QListWidgetItem) -> None:
        row = self.row(item)
        if row < len(self._rows):
            self._asked[id(self._rows[row])] = item.checkState() == Qt.CheckState.Checked
            self.chosen.emit()
