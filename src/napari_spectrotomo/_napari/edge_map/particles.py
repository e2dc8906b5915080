"""The numbers of the particles, each in its colour of the plot."""

from __future__ import annotations

from typing import Any

from qtpy.QtGui import QColor
from qtpy.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem

from ..plot import COLORS
from ..readable import background_of, readable

_COLUMNS = {
    "label": ("#", "Number of the particle."),
    "voxels": ("voxels", "How many voxels the particle has."),
    "median_eV": ("median (eV)", "Median of the edge energies of its voxels, eV."),
    "fwhm_eV": ("FWHM (eV)", "Full width at half maximum of the distribution of its edge energies, eV."),
    "valence": ("valence", "Median of the valences of its voxels, read off the line through the standards."),
}
_SHORT = {"median_eV": "eV", "fwhm_eV": "FWHM"}
"""Titles where a fifth column has to stand beside; the tooltips have the units."""
_ROW, _MOST_ROWS = 24, 5


class ParticleTable(QTableWidget):
    """A row a particle: voxels, median and width of its edge energies, and its valence where there are standards."""

    def __init__(self) -> None:
        super().__init__(0, len(_COLUMNS))
        self.setHorizontalHeaderLabels([words for words, _ in _COLUMNS.values()])
        for column, (_, tip) in enumerate(_COLUMNS.values()):
            self.horizontalHeaderItem(column).setToolTip(tip)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW)
        self.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)  # Tab goes on to the next field, arrows move in the table
        self.setColumnHidden(list(_COLUMNS).index("valence"), True)
        self._fit(1)

    def show_particles(self, particles: list[dict[str, Any]]) -> None:
        """Show the rows of ``particles.csv``; what is unknown is a dash."""
        names = [name for name in _COLUMNS if (name in particles[0] if particles else name != "valence")]
        behind = background_of(self)
        self.setRowCount(len(particles))
        for column, (name, (words, _)) in enumerate(_COLUMNS.items()):
            self.setColumnHidden(column, name not in names)
            self.horizontalHeaderItem(column).setText(_SHORT.get(name, words) if "valence" in names else words)
        for row, particle in enumerate(particles):
            for column, name in enumerate(_COLUMNS):
                item = QTableWidgetItem(_text(name, particle.get(name, float("nan"))))
                if name == "label":
                    color = COLORS[(int(particle[name]) - 1) % len(COLORS)]
                    item.setForeground(QColor(readable(color, behind)))
                if name == "fwhm_eV" and (error := particle.get("error_eV", float("nan"))) == error:
                    item.setToolTip(
                        f"The standard error of one voxel is {error:.2f} eV: a width of {2.355 * error:.2f} eV is noise."
                    )
                if name == "valence" and (error := particle.get("valence_error", float("nan"))) == error:
                    item.setToolTip(f"± {error:.2f} by the line through the standards.")
                self.setItem(row, column, item)
        self._fit(len(particles))

    def _fit(self, rows: int) -> None:
        shown = min(max(rows, 1), _MOST_ROWS)
        self.setFixedHeight(self.horizontalHeader().sizeHint().height() + shown * _ROW + 4)


def _text(name: str, value: float) -> str:
    if value != value:
        return "–"
    return f"{value:.2f}" if name.endswith("_eV") or name == "valence" else f"{int(value)}"
