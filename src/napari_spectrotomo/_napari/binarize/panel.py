"""The Binarize panel: volumes become masks, the mask of the fixed energy becomes particles."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from qtpy.QtWidgets import QGroupBox, QVBoxLayout

from ...errors import ParameterError, SpectrotomoError
from ...segment import BinarizeParameters, LabelParameters
from ..forms import Fold, ParameterForm
from ..layers import layer_of, leave_comparison
from ..panel import Panel
from ..run import run_until
from ..status import span, stage_line
from .own import take_file, take_labels, take_masks
from .own_section import OwnSection, polygon_of

_FIELD = {"masks": ("binarize", "masks"), "labels": ("label", "labels"), "region": ("binarize", "region")}


class BinarizePanel(Panel):
    """Tell the sample from its surroundings, and its particles from each other."""

    NAME: ClassVar[str] = "Binarize"
    ACTION: ClassVar[str] = "Binarize and label"
    UNTIL: ClassVar[str] = "label"
    NEXT: ClassVar[str] = "Register"

    def build(self, body: QVBoxLayout) -> None:
        """Put in the forms and the section for own masks."""
        usual = ("method", "sigma", "min_size", "keep_largest", "clear_border")
        self.form = self.add_form(ParameterForm(BinarizeParameters, usual=usual, skip=("masks", "region")), "binarize")
        box = QGroupBox("Particles")
        inner = QVBoxLayout(box)
        self.particles = self.add_form(ParameterForm(LabelParameters, usual=("separate",), skip=("labels",)), "label")
        inner.addWidget(self.particles)
        body.addWidget(box)
        self.own = OwnSection(self.viewer)
        for event in (self.viewer.layers.events.inserted, self.viewer.layers.events.removed):
            self.listen(event, self.own.refill)
        self.own.layer_chosen.connect(self._on_layer)
        self.own.file_chosen.connect(lambda kind, path: take_file(self.viewer, *_FIELD[kind], Path(path)))
        self.own.cleared.connect(lambda kind: self._set(kind, None))
        self.fold = Fold("Masks, labels or a region of your own", self.own)
        body.addWidget(self.fold)

    def missing(self) -> tuple[str, str] | None:
        """Ask for volumes."""
        project = self.state.project
        if project is not None and project.kind == "scan" and self.state.stage("reconstruct") == "missing":
            return "Reconstruct the scan first: there are no volumes to binarize.", "Reconstruct"
        return super().missing()

    def headline(self) -> str:
        """Say how many particles there are."""
        project = self.state.project
        words = "Masks and particles are done."
        count = project.record.stage("label").get("particles")
        if count is not None:
            words = f"Masks are done; {count} particle{'s' if count != 1 else ''} found."
        stage = "label" if self.state.stage("binarize") == "done" else "binarize"
        return f"{span(project.energies)}. {stage_line(self.state, stage, words)}"

    def refresh(self) -> None:
        """Show which masks, labels and region are in use."""
        recipe = self.state.project.recipe
        for kind, (stage, name) in _FIELD.items():
            self.own.show_used(kind, getattr(getattr(recipe, stage), name))

    def act(self) -> None:
        """Binarize and label."""
        leave_comparison(self.viewer)
        run_until(self.viewer, self.UNTIL, "Binarizing")

    def _on_layer(self, kind: str, layer: Any) -> None:
        if kind == "region":
            raw = layer_of(self.viewer, "raw")
            try:
                corners = polygon_of(layer, raw.scale if raw is not None else layer.scale)
            except ParameterError as error:
                self.say(str(error), error=True)
            else:
                self.say("")
                self._set(kind, corners)
        elif kind == "masks":
            take_masks(self.viewer, layer.data)
        else:
            take_labels(self.viewer, layer.data)

    def _set(self, kind: str, value: Any) -> None:
        stage, name = _FIELD[kind]
        try:
            self.state.project.change(stage, **{name: value})
        except SpectrotomoError as error:
            self.say(str(error), error=True)
        self.state.touch()
