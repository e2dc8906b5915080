"""The part of the Binarize panel for what people bring themselves: masks, labels, and the region where the sample is."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from magicgui.widgets import ComboBox
from napari.layers import Labels, Shapes
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from ...errors import ParameterError
from ..layers import ROLE
from ..outline import AREAS, outline_of
from .live import OVERLAY

KINDS = {
    "masks": ("Masks", "A labels layer, (energy, z, y, x) or (z, y, x), whose non-zero voxels are the sample."),
    "labels": ("Particle labels", "A labels layer, (z, y, x), with one number a particle."),
    "region": (
        "Region of the sample",
        "A shapes layer; only what lies inside its first shape, seen along z, is sample.",
    ),
}


class OwnSection(QWidget):
    """Choose a layer or a file for masks, labels and the region.

    Attributes
    ----------
    layer_chosen, file_chosen : Signal(str, object)
        What it is for ('masks', 'labels', 'region') and the layer or the path.
    cleared : Signal(str)
        Go back to what the form says.
    """

    layer_chosen = Signal(str, object)
    file_chosen = Signal(str, object)
    cleared = Signal(str)

    def __init__(self, viewer: Any) -> None:
        super().__init__()
        self._viewer = viewer
        self.layers: dict[str, ComboBox] = {}
        self.used: dict[str, QLabel] = {}
        self.take: dict[str, QPushButton] = {}
        self.clear: dict[str, QPushButton] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for kind, (title, tooltip) in KINDS.items():
            layout.addWidget(QLabel(title))
            layout.addLayout(self._row(kind, tooltip))
            layout.addWidget(self.used[kind])
        self.refill()

    def show_used(self, kind: str, value: Any) -> None:
        """Say what the recipe uses."""
        self.clear[kind].setVisible(value is not None)
        self.used[kind].setVisible(value is not None)
        if value is not None:
            what = f"a polygon of {len(value)} corners" if kind == "region" else Path(value).name
            self.used[kind].setText(f"In use: {what}")

    def _row(self, kind: str, tooltip: str) -> QHBoxLayout:
        self.layers[kind] = ComboBox(choices=[("no such layer", None)], tooltip=tooltip, name=kind)
        self.take[kind] = QPushButton("Use")
        self.take[kind].clicked.connect(partial(self._choose_layer, kind))
        row = QHBoxLayout()
        row.addWidget(self.layers[kind].native, 1)
        row.addWidget(self.take[kind])
        if kind != "region":
            file = QPushButton("File…")
            file.clicked.connect(partial(self._choose_file, kind))
            row.addWidget(file)
        self.clear[kind] = QPushButton("✕")
        self.clear[kind].setToolTip("Do without it again.")
        self.clear[kind].setMaximumWidth(28)
        self.clear[kind].clicked.connect(partial(self._clear, kind))
        row.addWidget(self.clear[kind])
        self.used[kind] = QLabel()
        self.used[kind].setWordWrap(True)
        self.show_used(kind, None)
        return row

    def refill(self, event: Any = None) -> None:
        """Offer the layers there are now."""
        for kind, box in self.layers.items():
            wanted = Shapes if kind == "region" else Labels
            dims = {"masks": (3, 4), "labels": (3,), "region": (2, 3, 4)}[kind]
            names = [
                x.name
                for x in self._viewer.layers
                if isinstance(x, wanted) and x.ndim in dims and x.metadata.get(ROLE) not in ("mask", OVERLAY)
            ]
            if names != [n for n in box.choices if n is not None]:
                box.choices = [(n, n) for n in names] or [("no such layer", None)]

    def _choose_layer(self, kind: str, *_: Any) -> None:
        name = self.layers[kind].value
        if name is not None:
            self.layer_chosen.emit(kind, self._viewer.layers[name])

    def _choose_file(self, kind: str, *_: Any) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, KINDS[kind][0], "", "TIFF (*.tif *.tiff)")
        if chosen:
            self.file_chosen.emit(kind, chosen)

    def _clear(self, kind: str, *_: Any) -> None:
        self.cleared.emit(kind)


def polygon_of(layer: Shapes, scale: Any) -> tuple[tuple[float, float], ...]:
    """Give the outline (y, x), in voxels, of the first shape of a layer, seen along z.

    Raises
    ------
    ParameterError
        If there is no shape, or it encloses nothing.
    """
    if not len(layer.data):
        raise ParameterError("Draw an ellipse, a rectangle or a polygon around the sample first.")
    kind = str(layer.shape_type[0])
    if kind not in AREAS:
        raise ParameterError(f"A {kind} encloses nothing: draw an ellipse, a rectangle or a polygon around the sample.")
    corners = outline_of(layer, 0)[:, -2:] * np.asarray(layer.scale)[-2:] + np.asarray(layer.translate)[-2:]
    y, x = (corners / np.asarray(scale, float)[-2:]).T
    if abs(np.dot(y, np.roll(x, 1)) - np.dot(x, np.roll(y, 1))) / 2 < 1:
        raise ParameterError("Seen along z this shape encloses no voxel: draw it in a slice across z.")
    return tuple((float(a), float(b)) for a, b in zip(y, x, strict=True))
