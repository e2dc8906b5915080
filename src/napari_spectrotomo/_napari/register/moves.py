"""Shifts and turns of a volume that is put in place by hand, as numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDoubleSpinBox, QGridLayout, QLabel, QWidget

from ..layers import layer_of, nudge

_AXES = ("z", "y", "x")


class Moves(QWidget):
    """Six numbers that move the nudged layer of a viewer, on top of whatever else moved it.

    Parameters
    ----------
    viewer : napari viewer
    """

    def __init__(self, viewer: Any) -> None:
        super().__init__()
        self._viewer = viewer
        self._about = np.zeros(3)
        self._done = np.zeros((2, 3))
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(3)
        for column, words in enumerate(("shift (voxel)", "turn (°)"), start=1):
            grid.addWidget(QLabel(words), 0, column)
            grid.setColumnStretch(column, 1)
        self.shifts, self.turns = ([self._field() for _ in _AXES] for _ in range(2))
        for row, (axis, shift, turn) in enumerate(zip(_AXES, self.shifts, self.turns, strict=True), start=1):
            shift.setToolTip(f"Moves the green volume along {axis}.")
            turn.setToolTip(f"Turns the green volume about {axis}, through the middle of the sample.")
            for column, widget in enumerate((QLabel(axis), shift, turn)):
                grid.addWidget(widget, row, column)

    def begin(self, about: Any) -> None:
        """Start from no movement; turns are about the point `about`, (z, y, x) in voxels."""
        self._about = np.asarray(about, np.float64)
        self._done = np.zeros((2, 3))
        for field in (*self.shifts, *self.turns):
            field.blockSignals(True)
            field.setValue(0.0)
            field.blockSignals(False)

    def _field(self) -> QDoubleSpinBox:
        field = QDoubleSpinBox()
        field.setRange(-999.0, 999.0)
        field.setDecimals(2)
        field.setSingleStep(0.5)
        field.setMinimumWidth(60)
        field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        field.valueChanged.connect(lambda _: self._move())
        return field

    def _move(self) -> None:
        """Undo what these numbers did before and do what they say now."""
        layer = layer_of(self._viewer, "nudge")
        if layer is None:
            return
        wanted = np.array([[field.value() for field in fields] for fields in (self.shifts, self.turns)])
        before, after = (nudge(layer, shift, turn, self._about) for shift, turn in (self._done, wanted))
        affine = np.asarray(layer.affine.affine_matrix)
        layer.affine = after @ np.linalg.inv(before) @ affine
        self._done = wanted
