"""The table of the Quality panel: an energy a row, and what there is to say about it in full below its numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QBrush, QColor, QResizeEvent
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

_COLUMNS = {
    "energy_eV": ("eV", 1, "Energy, eV"),
    "mse_registered": ("MSE", 4, "Mean squared error of the masks, registered"),
    "dice_registered": ("Dice", 3, "Dice overlap of the masks, registered"),
    "surface_mean_registered": ("surface", 2, "Mean distance of the surfaces, registered, in voxels"),
    "uncertainty": ("± voxel", 3, "Expected error of the transform, in voxels"),
}


class QualityTable(QTableWidget):
    """Numbers of every energy; a flag stands in words on a line of its own below them.

    Attributes
    ----------
    energy_chosen : Signal(float)
        The energy in eV that was clicked.
    """

    energy_chosen = Signal(float)

    def __init__(self) -> None:
        super().__init__(0, len(_COLUMNS))
        self._energies: list[float] = []
        for column, (words, _, tip) in enumerate(_COLUMNS.values()):
            item = QTableWidgetItem(words)
            item.setToolTip(tip)
            self.setHorizontalHeaderItem(column, item)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.horizontalHeader().setMinimumSectionSize(30)
        self.verticalHeader().hide()
        self.setWordWrap(True)
        self.setShowGrid(False)
        self.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)  # Tab goes on to the next field, arrows move in the table
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumHeight(170)
        self.cellClicked.connect(lambda row, _: self.energy_chosen.emit(self._energies[row]))

    def fill(self, table: Any, only_flagged: bool, warn: str) -> None:
        """Show the energies of a table, or those of them that have a flag; `warn` is the colour of these."""
        self.setRowCount(0)
        self.clearSpans()
        self._energies = []
        for row in table.to_dict("records"):
            said = flag_of(row)
            if only_flagged and not said:
                continue
            brush = QBrush(QColor(warn)) if said else None
            for column, (name, (_, decimals, _)) in enumerate(_COLUMNS.items()):
                if not column:
                    self._add(row["energy_eV"])
                self._put(column, _number(row[name], decimals), brush, Qt.AlignmentFlag.AlignRight)
            if said:
                self._add(row["energy_eV"])
                self._put(0, said, brush, Qt.AlignmentFlag.AlignLeft)
                self.setSpan(self.rowCount() - 1, 0, 1, len(_COLUMNS))
        self._fit()

    def mark(self, energy: float | None) -> None:
        """Select the row of an energy, or none."""
        rows = [] if energy is None else [i for i, e in enumerate(self._energies) if abs(e - energy) < 1e-6]
        if rows:
            self.selectRow(rows[0])
            self.scrollTo(self.model().index(rows[0], 0), QAbstractItemView.ScrollHint.PositionAtCenter)
        else:
            self.clearSelection()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Break flags into lines of the new width."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        for row in range(self.rowCount()):
            self.resizeRowToContents(row)

    def _add(self, energy: float) -> None:
        self.insertRow(self.rowCount())
        self._energies.append(float(energy))

    def _put(self, column: int, text: str, brush: QBrush | None, side: Qt.AlignmentFlag) -> None:
        item = QTableWidgetItem(text)
        item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
        if brush is not None:
            item.setForeground(brush)
        self.setItem(self.rowCount() - 1, column, item)


def flag_of(row: dict[Any, Any]) -> str:
    """Say what is doubtful about an energy; empty where nothing is."""
    words = str(row.get("flag") or "")
    status = {"failed": "No transform was found.", "limit": "All iterations were used up."}.get(row["status"], "")
    return words or status


def _number(value: float, decimals: int) -> str:
    return f"{value:.{decimals}f}" if np.isfinite(value) else "–"
