"""The Reconstruct panel: the axis of rotation on one slice, then the volumes of all energies."""

from __future__ import annotations

from typing import Any, ClassVar

from magicgui.widgets import ComboBox, SpinBox
from qtpy.QtWidgets import QGroupBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from ...preprocess import CorrectParameters
from ...reconstruct import ReconstructParameters
from ..forms import Fold, ParameterForm, labelled
from ..panel import Panel
from ..status import span, stage_line
from ..work import Outcome
from .preview import fullest_row, preview_slice


class ReconstructPanel(Panel):
    """Find the axis of rotation, then reconstruct every energy."""

    NAME: ClassVar[str] = "Reconstruct"
    ACTION: ClassVar[str] = "Reconstruct all energies"
    UNTIL: ClassVar[str] = "reconstruct"
    NEXT: ClassVar[str] = "Binarize"

    def build(self, body: QVBoxLayout) -> None:
        """Put in the preview and the forms."""
        self.energy = ComboBox(label="energy", choices=[], tooltip="The energy to look at.")
        self.row = SpinBox(label="slice", min=0, max=0, tooltip="The slice, that is the detector row, to look at.")
        self._choice = labelled([self.energy, self.row])
        self.find = QPushButton("Find centre")
        self.find.setToolTip("Find the column of the rotation axis at this energy and reconstruct this slice with it.")
        self.find.clicked.connect(lambda: self._preview(None))
        self.again = QPushButton("Try the axis below")
        self.again.setToolTip("Reconstruct this slice with the rotation axis that stands in the form.")
        self.again.clicked.connect(self._try)
        buttons = QHBoxLayout()
        buttons.addWidget(self.find)
        buttons.addWidget(self.again)
        self.found = QLabel()
        self.found.setWordWrap(True)
        self.use = QPushButton()
        for widget in (self.found, self.use):
            widget.hide()
        self.use.clicked.connect(self._use)
        box = QGroupBox("Look at one slice")
        inner = QVBoxLayout(box)
        inner.addWidget(self._choice)
        inner.addLayout(buttons)
        inner.addWidget(self.found)
        inner.addWidget(self.use)
        body.addWidget(box)
        self.form = self.add_form(
            ParameterForm(ReconstructParameters, usual=("center", "algorithm", "filter")), "reconstruct"
        )
        self.correction = self.add_form(ParameterForm(CorrectParameters, skip=("exclude",)), "correct")
        body.addWidget(Fold("Correction", self.correction))
        self._center: float | None = None
        self._choices: list[tuple[str, int]] = []

    def missing(self) -> tuple[str, str] | None:
        """Ask for a scan."""
        project = self.state.project
        if project is not None and project.kind == "stack":
            return "These volumes are already reconstructed: go on to Binarize.", "Binarize"
        return super().missing()

    def headline(self) -> str:
        """Say how many energies are reconstructed."""
        project = self.state.project
        return f"{span(project.energies)}. {stage_line(self.state, 'reconstruct', 'All are reconstructed.')}"

    def refresh(self) -> None:
        """Show the energies and slices there are."""
        scan = self.state.project.scan()
        choices = [(f"{e:.1f} eV", i) for i, e in enumerate(scan.energies)]
        if choices != self._choices:
            self.energy.choices = self._choices = choices
            self.energy.value = len(choices) - 1
            rows = int(scan.projections[0].shape[1])
            self.row.max = rows - 1
            self.row.value = fullest_row(scan)

    def _try(self) -> None:
        center = self.form["center"].value
        if isinstance(center, int | float):
            self._preview(float(center))
        else:
            self.say("Write a column into 'rotation axis' below to try it, such as 58.9.", error=True)

    def _preview(self, center: float | None) -> None:
        if self.apply_forms():
            job = preview_slice(self.viewer, self.energy.value, self.row.value, center)
            if job is not None:
                job.ended.connect(self._on_preview)

    def _on_preview(self, outcome: Outcome) -> None:
        if outcome.result is None:
            return
        self._center = round(float(outcome.result[0]), 2)
        self.found.setText(f"Axis of rotation at column {self._center:.2f} at {self.energy.current_choice}.")
        self.use.setText(f"Use {self._center:.2f} for all energies")
        self.use.setToolTip("By default the axis is found at every energy by itself.")
        self.found.show()
        self.use.show()

    def _use(self, *_: Any) -> None:
        self.form["center"].value = self._center
        self.apply_forms()
