"""The Quality panel: is the registration right? Masks, surfaces and precision against energy, and what was warned of."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from qtpy.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QListWidget, QTabWidget, QVBoxLayout, QWidget

from ..energy_text import shown_energy
from ..forms.fold import Fold
from ..layers import compare, go_to_energy, layer_of
from ..panel import Panel
from ..plot import EnergyPlot, legend_of
from ..readable import ReadableLabel
from ..registered import registered
from ..theme import colors
from .curves import PAGES, curves_of
from .table import QualityTable, flag_of

_PLOT = 145
"""Height of a plot, in pixels: two of them leave room for the table in a window 800 pixels high."""


class QualityPanel(Panel):
    """Judge the registration."""

    NAME: ClassVar[str] = "Quality"

    def build(self, body: QVBoxLayout) -> None:
        """Put in the choice of what is judged, the plots, the table and the warnings."""
        self.which = QComboBox()
        self.which.setToolTip("Numbers of the whole volume, or of one particle and what lies next to it.")
        self.which.currentIndexChanged.connect(lambda _: self._draw())
        row = QHBoxLayout()
        row.addWidget(QLabel("Judge"))
        row.addWidget(self.which, 1)
        body.addLayout(row)
        self.pages = QTabWidget()
        self.plots: dict[str, EnergyPlot] = {}
        self.legends: dict[str, ReadableLabel] = {}
        for title, measures in PAGES.items():
            page = QWidget()
            inner = QVBoxLayout(page)
            inner.setContentsMargins(0, 2, 0, 0)
            inner.setSpacing(2)
            legend = ReadableLabel()
            legend.setWordWrap(True)
            inner.addWidget(legend)
            self.legends[title] = legend
            for measure, words in measures.items():
                plot = EnergyPlot(words, legend="none")
                plot.setFixedHeight(_PLOT)
                plot.energy_chosen.connect(self._go)
                inner.addWidget(plot)
                self.plots[measure] = plot
            self.pages.addTab(page, title)
        body.addWidget(self.pages)
        self.only_flagged = QCheckBox("Only energies with a flag")
        self.only_flagged.setToolTip("Leaves out the energies about which there is nothing to say.")
        self.only_flagged.toggled.connect(lambda _: self._fill())
        body.addWidget(self.only_flagged)
        self.table = QualityTable()
        self.table.setToolTip("Click an energy to go there.")
        self.table.energy_chosen.connect(self._go)
        body.addWidget(self.table, 1)
        self.list = QListWidget()
        self.list.setWordWrap(True)
        self.list.setMinimumHeight(110)
        self.warnings = Fold("Warnings of all steps", self.list)
        body.addWidget(self.warnings)
        self.listen(self.viewer.dims.events.point, self._mark)

    def missing(self) -> tuple[str, str] | None:
        """Ask for a registration."""
        project = self.state.project
        if project is not None and self.state.stage("register") != "done":
            return "Register the volumes first: quality is judged on registered masks.", "Register"
        return super().missing()

    def headline(self) -> str:
        """Say how many energies need a look."""
        quality = registered(self.state.project).quality
        flagged = sum(bool(flag_of(row)) for row in quality.to_dict("records"))
        words = (
            "none with a flag" if not flagged else f"{flagged} with a flag: look at {'it' if flagged == 1 else 'them'}"
        )
        return f"{len(quality)} energies, {words}. Click a curve or a row to go to its energy."

    def refresh(self) -> None:
        """Draw the curves, fill the table, and list what was warned of."""
        project = self.state.project
        names = ["Whole volume", *(f"Particle {n}" for n in registered(project).particles)]
        if names != [self.which.itemText(i) for i in range(self.which.count())]:
            self.which.blockSignals(True)
            self.which.clear()
            self.which.addItem(names[0], None)
            for number, name in zip(registered(project).particles, names[1:], strict=True):
                self.which.addItem(name, number)
            self.which.blockSignals(False)
        self._draw()
        warnings = project.warnings()
        self.list.clear()
        self.list.addItems(warnings or ["No step warned of anything."])
        self.warnings.setText(f"Warnings of all steps ({len(warnings)})" if warnings else "No warnings of any step")

    def _table(self) -> Any:
        return registered(self.state.project).table(self.which.currentData())

    def _draw(self) -> None:
        table, by_particle = self._table(), bool(registered(self.state.project).particles)
        for title, measures in PAGES.items():
            drawn = {measure: curves_of(table, measure, by_particle) for measure in measures}
            for measure, curves in drawn.items():
                self.plots[measure].draw(curves)
            self.legends[title].setText(legend_of([curve for curves in drawn.values() for curve in curves]))
        self._fill()

    def _fill(self) -> None:
        self.table.fill(self._table(), self.only_flagged.isChecked(), colors(self.viewer).warn)
        self._mark()

    def _go(self, energy: float) -> None:
        """Go to an energy, and show the registered volume there where nothing is seen that has energies."""
        if shown_energy(self.viewer) is None and layer_of(self.viewer, "registered") is not None:
            compare(self.viewer, "overlay")
        go_to_energy(self.viewer, int(np.argmin(np.abs(self.state.project.energies - energy))))

    def _mark(self, event: Any = None) -> None:
        energy = shown_energy(self.viewer)
        for plot in self.plots.values():
            plot.mark(energy)
        self.table.mark(energy)
