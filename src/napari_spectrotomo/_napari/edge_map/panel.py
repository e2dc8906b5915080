"""The Edge map panel: the edge energy of every voxel, how far to trust it, and the particles' numbers."""

from __future__ import annotations

from typing import Any, ClassVar

from qtpy.QtCore import QUrl
from qtpy.QtGui import QDesktopServices
from qtpy.QtWidgets import QGroupBox, QHBoxLayout, QPushButton, QVBoxLayout

from ...spectra import FILES, SpectraParameters
from ..forms import FileRows, Fold, ParameterForm, Warned
from ..layers import layer_of, leave_comparison, show_only
from ..panel import Panel
from ..plot import EnergyPlot
from ..run import run_until
from ..status import stage_line
from ..work import Outcome
from .looks import MapLooks
from .particles import ParticleTable
from .seen import Look, Seen
from .shown import ShownMaps, made_at
from .solid_box import SolidBox
from .solid_view import SolidView
from .step_slider import StepSlider

_MAPS = {
    "Energy": ("edge energy", "Edge energy of every voxel, eV."),
    "Error": ("edge error", "Standard error of every voxel's edge energy, eV: 68 % of repeats would lie within it."),
    "Step": (
        "edge step",
        "Edge step of every voxel, in the unit of the attenuation: how much of the element there is.",
    ),
    "Valence": ("valence", "Valence of every voxel, read off the line through the standards."),
}
_KEY = "Shift-V"


class EdgeMapPanel(Panel):
    """Map the edge energy."""

    NAME: ClassVar[str] = "Edge map"
    ACTION: ClassVar[str] = "Map the edge energy"
    UNTIL: ClassVar[str] = "spectra"
    NEXT: ClassVar[str] = "Composition"

    def build(self, body: QVBoxLayout) -> None:
        """Put in the form, the maps, the particles and the report."""
        self.warned = Warned()
        body.addWidget(self.warned)
        self.box = QGroupBox()  # before the form: once there is a map, it is what one came for
        self._fill_box(QVBoxLayout(self.box))
        body.addWidget(self.box)
        usual = ("method", "element", "smooth")
        self.form = self.add_form(ParameterForm(SpectraParameters, usual=usual, skip=(*FILES, "step_above")), "spectra")
        self.files = self.add_form(FileRows(SpectraParameters, FILES), "spectra")
        self.fold = Fold("Foil and valence standards", self.files)
        body.addWidget(self.fold)
        self._role = "edge energy"
        self._key: Any = None
        self.shown = ShownMaps(self.viewer)
        self.listen(self.shown.changed, self._on_seen)
        self.solid_view = SolidView(self.viewer)
        self.listen(self.solid_view.shown, self._on_body)
        self.listen(self.solid_view.left, self._check)
        for maker in (self.shown, self.solid_view):
            self.listen(maker.failed, self._on_failed)
        self.listen(self.viewer.dims.events.ndisplay, self._on_ndisplay)
        self.looks.changed.connect(self._look)
        self.step.changed.connect(self._look)
        self.step.wanted.connect(self._on_wanted)
        self.solid.toggled.connect(self._on_solid)
        self.solid.changed.connect(self._paint)
        self.plot.energy_chosen.connect(self._on_white)
        self.bind(_KEY, "The edge map on the particles' surface, or in slices again", self.solid.on.toggle)
        self.solid.name_key(_KEY)

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
            if averaged := about.get("averaged"):
                words += f" {averaged.partition(', beside')[0].removesuffix('.')}."
            if least := project.recipe.spectra.step_above:
                words += f" Edge steps below {least:g} {about.get('attenuation_unit', '')} are left out."
            if shift := project.energy_shift()["shift_eV"]:
                words += f" Energies shifted by {shift:+.2f} eV."
        return f"{project.source.name}: {stage_line(self.state, 'spectra', words)}"

    def refresh(self) -> None:
        """Show the maps and the particles' numbers."""
        project = self.state.project
        stage = self.state.stage("spectra")
        there = stage in ("done", "outdated") and (project.path / "particles.csv").exists()
        self.box.setVisible(there)
        self.box.setTitle("Maps and particles" if stage == "done" else "Maps and particles (out of date)")
        self.warned.show_stage(self.state, "spectra")
        self.open_report.setEnabled((project.path / "report.html").exists())
        maps = there and (project.path / "edge_energy.tif").exists()
        for part in (*self.maps.values(), self.looks, self.step, self.plot):
            part.setVisible(maps)
        self.solid.setVisible(maps and not project.planar)
        if project.recipe.spectra.standards is None:
            self.maps["valence"].hide()
        if there:
            self.looks.recall()
            if self._key != (project, made_at(project.path)):
                self._key = (project, made_at(project.path))
                self.shown.forget()
            self._look()
        else:
            self.solid_view.leave()
            self.solid.set_on(False)

        for row in self.files.rows.values():
            row.near = project.source

    def act(self) -> None:
        """Map the edge."""
        leave_comparison(self.viewer)
        run_until(self.viewer, self.UNTIL, "Mapping the edge")

    def _on_ended(self, outcome: Outcome) -> None:
        super()._on_ended(outcome)
        if outcome.result is not None:
            self.content.verticalScrollBar().setValue(0)  # to the maps, and what there is to warn of

    def _fill_box(self, inner: QVBoxLayout) -> None:
        inner.setSpacing(5)
        row = QHBoxLayout()
        self.maps: dict[str, QPushButton] = {}
        for words, (role, tip) in _MAPS.items():
            button = QPushButton(words)
            button.setCheckable(True)
            button.setToolTip(tip)
            button.clicked.connect(lambda _=False, role=role: self._show(role))
            row.addWidget(button)
            self.maps[role] = button
        inner.addLayout(row)
        self.looks, self.step, self.solid = MapLooks(), StepSlider(), SolidBox()
        self.table = ParticleTable()
        self.plot = EnergyPlot("share of voxels (1/eV)", below="edge energy (eV)")
        for part in (self.looks, self.step, self.solid, self.table, self.plot):
            inner.addWidget(part)
        self.report = QPushButton("Write the report")
        self.report.setToolTip(
            "One page with the pictures and numbers of this scan, report.html in the project folder."
        )
        self.report.clicked.connect(lambda: run_until(self.viewer, "report", "Writing the report"))
        self.open_report = QPushButton("Open the report")
        self.open_report.setToolTip("Open the page in the web browser.")
        self.open_report.clicked.connect(self._open_report)
        reports = QHBoxLayout()
        reports.addWidget(self.report)
        reports.addWidget(self.open_report)
        inner.addLayout(reports)

    def _look(self, *_: Any) -> None:
        """Show the maps as the rows of the panel say."""
        if self.state.project is not None and self.state.job is None:
            look = Look(
                least=self.step.value,
                low=self.looks.low.value(),
                high=self.looks.high.value(),
                colors=self.looks.colors.currentText(),
                middle=self.looks.white,
            )
            self.shown.ask(self.state.project, look)

    def _on_seen(self, seen: Seen) -> None:
        project = self.state.project
        if project is None:
            return
        unit = project.record.stage("spectra").get("edge_map", {}).get("attenuation_unit", "")
        self.step.offer(self.shown.steps, unit, project.recipe.spectra.step_above)
        self.step.say_kept(seen.kept)
        self.looks.show_white(seen.middle)
        self.table.show_particles(self.shown.particles)
        self.plot.draw(seen.curves)
        self.plot.mark(seen.middle)
        self._check()
        if seen.look.least != self.step.value:
            self._look()  # the slider begins at the recipe's step
        elif self.solid_view.on:
            self._paint()

    def _on_white(self, energy: float) -> None:
        """Make the energy where the plot's line was put white, of diverging colours."""
        if self.shown.seen is not None and self.shown.seen.middle is not None:
            self.looks.middle.setValue(energy)

    def _on_wanted(self, least: float) -> None:
        self.state.project.change("spectra", step_above=least)
        self.state.touch()

    def _on_failed(self, error: Exception) -> None:
        if self.state.job is None:  # else what was read is being made anew
            self.say(f"The maps cannot be shown: {error}", error=True)

    def _show(self, role: str) -> None:
        leave_comparison(self.viewer)
        layer = layer_of(self.viewer, role)
        if layer is not None:
            self._role = role
            if self.solid_view.on:
                self._paint()
            else:
                show_only(self.viewer, role)
                self.viewer.layers.selection.active = layer
        self._check()

    def _check(self) -> None:
        """Mark the button of the map that is seen."""
        for role, button in self.maps.items():
            layer = layer_of(self.viewer, role)
            seen = layer is not None and layer.visible
            button.setChecked(role == self._role if self.solid_view.on else seen)

    def _on_solid(self, on: bool) -> None:
        """Show the map on the surface, or in slices again."""
        if on:
            leave_comparison(self.viewer)
            self._paint(anew=True)
        else:
            self.solid_view.leave()
        self._check()

    def _paint(self, *, anew: bool = False) -> None:
        layer, labels = layer_of(self.viewer, self._role), self.shown.labels
        if (anew or self.solid_view.on) and layer is not None and labels is not None:
            self.solid_view.ask(labels, layer, self._role, self.solid.cut, self.solid.shaded.isChecked())
        elif anew:
            self.solid.set_on(False)

    def _on_body(self, body: Any) -> None:
        if body is None:
            self.solid.set_on(False)
            self.say("There is no body to show: the particles lie in one slice.")
        else:
            self.solid.span(body)
        self._check()

    def _on_ndisplay(self, event: Any = None) -> None:
        """Follow napari's own switch between slices and three dimensions, where a map is seen."""
        if self.viewer.dims.ndisplay == 2 and self.solid_view.on:
            self.solid_view.leave()
            self.solid.set_on(False)
        elif self.viewer.dims.ndisplay == 3 and not self.solid_view.on:
            seen = [role for role in self.maps if (x := layer_of(self.viewer, role)) is not None and x.visible]
            if seen and self.isVisible() and not self.solid.isHidden():
                self._role = seen[-1]
                self.solid.on.setChecked(True)

    def _open_report(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.state.project.path / "report.html")))
