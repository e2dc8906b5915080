"""The Edge map panel: the edge energy of every voxel, how far to trust it, and the particles' numbers."""

from __future__ import annotations

from typing import Any, ClassVar

from qtpy.QtCore import QUrl
from qtpy.QtGui import QDesktopServices
from qtpy.QtWidgets import QGroupBox, QHBoxLayout, QHeaderView, QPushButton, QTableWidget, QTableWidgetItem, QVBoxLayout

from ...spectra import FILES, SpectraParameters
from ..forms import FileRows, Fold, ParameterForm, Warned
from ..latest import Latest
from ..layers import layer_of, leave_comparison, show_only
from ..panel import Panel
from ..plot import EnergyPlot
from ..run import run_until
from ..status import stage_line
from .distribution import distributions, made_at

_MAPS = {"Energy": "edge energy", "Error": "edge error", "Step": "edge step", "Valence": "valence"}
_COLUMNS = {"label": "#", "voxels": "voxels", "median_eV": "median (eV)", "fwhm_eV": "FWHM (eV)"}


class EdgeMapPanel(Panel):
    """Map the edge energy."""

    NAME: ClassVar[str] = "Edge map"
    ACTION: ClassVar[str] = "Map the edge energy"
    UNTIL: ClassVar[str] = "spectra"
    NEXT: ClassVar[str] = "Composition"

    def build(self, body: QVBoxLayout) -> None:
        """Put in the form, the maps, the particles and the report."""
        usual = ("method", "element", "smooth")
        self.form = self.add_form(ParameterForm(SpectraParameters, usual=usual, skip=FILES), "spectra")
        self.files = self.add_form(FileRows(SpectraParameters, FILES), "spectra")
        self.fold = Fold("Foil and valence standards", self.files)
        body.addWidget(self.fold)
        self.warned = Warned()
        body.addWidget(self.warned)
        self.box = QGroupBox("Maps and particles")
        inner = QVBoxLayout(self.box)
        row = QHBoxLayout()
        self.maps: dict[str, QPushButton] = {}
        for words, role in _MAPS.items():
            button = QPushButton(words)
            button.clicked.connect(lambda _=False, role=role: self._show(role))
            row.addWidget(button)
            self.maps[role] = button
        inner.addLayout(row)
        self.table = QTableWidget(0, len(_COLUMNS))
        self.table.setHorizontalHeaderLabels(list(_COLUMNS.values()))
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setMinimumHeight(90)
        self.table.setMaximumHeight(150)
        inner.addWidget(self.table)
        self.plot = EnergyPlot("share of voxels (1/eV)", below="edge energy (eV)")
        inner.addWidget(self.plot)
        self._drawn: tuple[Any, ...] = ()
        self._latest = Latest()
        self.listen(self._latest.done, self.plot.draw)
        self.listen(self._latest.failed, self._on_failed)
        self.report = QPushButton("Write the report")
        self.report.setToolTip(
            "One page with the pictures and numbers of this scan, report.html in the project folder."
        )
        self.report.clicked.connect(lambda: run_until(self.viewer, "report", "Writing the report"))
        self.open_report = QPushButton("Open the report")
        self.open_report.clicked.connect(self._open_report)
        reports = QHBoxLayout()
        reports.addWidget(self.report)
        reports.addWidget(self.open_report)
        inner.addLayout(reports)
        body.addWidget(self.box)

    def missing(self) -> tuple[str, str] | None:
        """Ask for registered volumes."""
        project = self.state.project
        if project is not None and self.state.stage("register") == "missing":
            return "Register the volumes first: a spectrum of a voxel that moves means nothing.", "Register"
        return super().missing()

    def headline(self) -> str:
        """Say what the map was made with."""
        project = self.state.project
        words = "The map is done."
        if self.state.stage("spectra") == "done":
            if not project.maps_edges:
                words = f"{len(project.energies)} energies are too few for an edge; spectra of the particles are in the report."
            about = project.record.stage("spectra").get("edge_map", {})
            words = f"{about['method']} map, e0 {about['e0']:.1f} eV." if {"method", "e0"} <= about.keys() else words
            if shift := project.energy_shift()["shift_eV"]:
                words += f" Energies shifted by {shift:+.2f} eV."
        return f"{project.source.name}: {stage_line(self.state, 'spectra', words)}"

    def refresh(self) -> None:
        """Show the particles' numbers."""
        project = self.state.project
        done = self.state.stage("spectra") == "done"
        self.box.setVisible(done)
        self.warned.show_stage(self.state, "spectra")
        self.open_report.setEnabled((project.path / "report.html").exists())
        for part in (*self.maps.values(), self.plot):
            part.setVisible(done and project.maps_edges)
        if project.recipe.spectra.standards is None:
            self.maps["valence"].hide()
        if done:
            self._fill(project.particles())
            if project.maps_edges:
                self._draw(project)

    def act(self) -> None:
        """Map the edge."""
        leave_comparison(self.viewer)
        run_until(self.viewer, self.UNTIL, "Mapping the edge")

    def _fill(self, particles: Any) -> None:
        self.table.setRowCount(len(particles))
        for row, particle in enumerate(particles.itertuples()):
            for column, name in enumerate(_COLUMNS):
                value = getattr(particle, name)
                text = f"{value:.2f}".replace("nan", "–") if name.endswith("_eV") else f"{int(value)}"
                self.table.setItem(row, column, QTableWidgetItem(text))

    def _draw(self, project: Any) -> None:
        """Draw the distributions, when they are of another map than before."""
        seen = made_at(project.path)
        if seen != self._drawn:
            self._drawn = seen
            self._latest.ask(lambda: distributions(project.edge_map().energy, project.labels()))

    def _on_failed(self, error: Exception) -> None:
        self.say(f"The distributions cannot be shown: {error}", error=True)

    def _show(self, role: str) -> None:
        leave_comparison(self.viewer)
        layer = layer_of(self.viewer, role)
        if layer is not None:
            show_only(self.viewer, role)
            self.viewer.layers.selection.active = layer

    def _open_report(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.state.project.path / "report.html")))
