"""The Composition panel: what voxels are made of, by references, components or clusters."""

from __future__ import annotations

from typing import Any, ClassVar

from magicgui.widgets import ComboBox
from qtpy.QtWidgets import QGroupBox, QHeaderView, QTableWidget, QTableWidgetItem, QVBoxLayout

from ...spectra import CompositionParameters
from ..forms import FileRows, ParameterForm, Warned, labelled
from ..latest import Latest
from ..layers import layer_of, leave_comparison, show_only
from ..layers.show import COMPOSITION_ROLES
from ..panel import Panel
from ..plot import EnergyPlot
from ..readable import ReadableLabel
from ..run import run_until
from ..status import stage_line
from .curves import color_key, curves_of, kinds_of

_HOW = (
    "Nothing is asked for yet. Choose reference spectra (XDI, two-column text, an Athena project, or a folder of these), a "
    "decomposition, or a number of clusters."
)


class CompositionPanel(Panel):
    """Tell what voxels are made of."""

    NAME: ClassVar[str] = "Composition"
    ACTION: ClassVar[str] = "Find the composition"
    UNTIL: ClassVar[str] = "composition"
    NEXT: ClassVar[str] = "ROI spectrum"

    def build(self, body: QVBoxLayout) -> None:
        """Put in the references, the form, and what was found."""
        self.warned = Warned()
        body.addWidget(self.warned)
        self.box = QGroupBox("Maps and spectra")  # before the form, as in the panel of the edge map
        inner = QVBoxLayout(self.box)
        self.map = ComboBox(label="map", choices=[("none", None)], tooltip="Which of the maps is shown.")
        self.map.changed.connect(self._show)
        self.map.native.activated.connect(lambda _: self._show(self.map.value))  # the one shown last is chosen again
        self.spectra = ComboBox(label="spectra", choices=[("none", None)], tooltip="Which spectra are drawn below.")
        self.spectra.changed.connect(self._draw)
        inner.addWidget(labelled([self.map, self.spectra]))
        self.key = ReadableLabel()
        self.key.setWordWrap(True)
        inner.addWidget(self.key)
        self.plot = EnergyPlot("normalised", legend="bottom")
        inner.addWidget(self.plot)
        self.table = QTableWidget()
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setTabKeyNavigation(False)  # Tab goes on to the next field, arrows move in the table
        self.table.setToolTip(
            "Mean fractions of each particle with their standard errors; a reference as it is counts 1."
        )
        self.key.setToolTip("The colours of the references in the picture of the composition.")
        self.table.setMinimumHeight(80)
        self.table.setMaximumHeight(150)
        inner.addWidget(self.table)
        body.addWidget(self.box)
        self.files = self.add_form(FileRows(CompositionParameters, ("references",), ("references",)), "composition")
        usual = ("sum_to_one", "decomposition", "components", "clusters")
        self.form = self.add_form(
            ParameterForm(CompositionParameters, usual=usual, skip=("references",)), "composition"
        )
        self._latest = Latest()
        self.listen(self._latest.done, self._on_curves)
        self.listen(self._latest.failed, self._on_failed)
        for event in (self.viewer.layers.events.inserted, self.viewer.layers.events.removed):
            self.listen(event, self._refill)

    def missing(self) -> tuple[str, str] | None:
        """Ask for registered volumes."""
        project = self.state.project
        if project is not None and self.state.stage("register") == "missing":
            return "Register the volumes first: a spectrum of a voxel that moves means nothing.", "Register"
        return super().missing()

    def headline(self) -> str:
        """Say what was found."""
        project = self.state.project
        asked = project.recipe.composition
        if asked.references is None and asked.decomposition == "none" and not asked.clusters:
            return f"{project.source.name}: {_HOW}"
        entry = project.record.stage("composition")
        words = "Nothing could be told." if not kinds_of(project) else "Done."
        if "references" in entry:
            words = f"Fractions of {', '.join(entry['references']['names'])}."
        return f"{project.source.name}: {stage_line(self.state, 'composition', words)}"

    def refresh(self) -> None:
        """Show what there is."""
        project = self.state.project
        stage = self.state.stage("composition")
        there = stage in ("done", "outdated") and project.record.stage("composition")["finished"]
        kinds = kinds_of(project) if there and self.state.job is None else ()
        self.box.setVisible(bool(kinds))
        self.box.setTitle("Maps and spectra" if stage == "done" else "Maps and spectra (out of date)")
        self.warned.show_stage(self.state, "composition")
        for part in (self.table, self.key):
            part.setVisible("references" in kinds)
        if not kinds:
            return
        self._refill()
        chosen = self.spectra.value
        self.spectra.choices = [(kind, kind) for kind in kinds]
        if chosen in kinds:
            self.spectra.value = chosen
        if "references" in kinds:
            names = project.record.stage("composition")["references"]["names"]
            self.key.setText(color_key(names))
            self._fill(project.fractions(), names)
        self._draw()

    def can_go_on(self) -> bool:
        """Go on without a composition, too: it may not be asked for."""
        return True

    def act(self) -> None:
        """Find the composition."""
        leave_comparison(self.viewer)
        run_until(self.viewer, self.UNTIL, "Finding the composition")

    def _fill(self, fractions: Any, names: list[str]) -> None:
        """Put the mean fractions of the particles into the table, with their standard errors."""
        heads = ["#", *names]
        self.table.setColumnCount(len(heads))
        self.table.setHorizontalHeaderLabels(heads)
        self.table.setRowCount(len(fractions))
        for row, particle in enumerate(fractions.to_dict("records")):
            cells = [f"{int(particle['label'])}"]
            for name in names:
                error = f"{particle[f'{name}_standard_error']:.2f}".replace("nan", "?")
                cells.append(f"{particle[name]:.2f} ± {error}" if particle[name] == particle[name] else "–")
            for column, text in enumerate(cells):
                self.table.setItem(row, column, QTableWidgetItem(text))

    def _refill(self, event: Any = None) -> None:
        """Offer the maps that are in the viewer."""
        chosen = self.map.value
        layers = {role: layer_of(self.viewer, role) for role in COMPOSITION_ROLES}
        there: list[tuple[str, str | None]] = [(x.name, role) for role, x in layers.items() if x is not None]
        with self.map.changed.blocked():
            self.map.choices = there or [("none", None)]
            if chosen in [role for _, role in there]:
                self.map.value = chosen

    def _show(self, role: str | None) -> None:
        layer = None if role is None else layer_of(self.viewer, role)
        if role is not None and layer is not None:
            leave_comparison(self.viewer)
            if self.viewer.dims.ndisplay == 3 and layer_of(self.viewer, "surface") is not None:
                self.viewer.dims.ndisplay = 2  # the edge map's surface makes room
            show_only(self.viewer, role)
            self.viewer.layers.selection.active = layer

    def _draw(self, *_: Any) -> None:
        project, kind = self.state.project, self.spectra.value
        if kind is not None and project is not None:
            self._latest.ask(lambda: curves_of(project, kind))

    def _on_curves(self, curves: Any) -> None:
        self.plot.draw(curves)

    def _on_failed(self, error: Exception) -> None:
        self.say(f"The spectra cannot be shown: {error}", error=True)
