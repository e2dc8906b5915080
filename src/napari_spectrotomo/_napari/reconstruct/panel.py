"""The Reconstruct panel: the axis of rotation on one slice, then the volumes of all energies."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar

import numpy as np
from qtpy.QtWidgets import QVBoxLayout

from ...align import AlignParameters
from ...errors import ProjectError
from ...preprocess import CorrectParameters
from ...progress import Progress
from ...reconstruct import ReconstructParameters
from ...workflow.describe_alignment import axis_in_words
from ..alive import while_alive
from ..forms import Fold, ParameterForm
from ..layers import go_to_energy, take_away
from ..panel import Panel
from ..status import span, stage_line
from ..work import Outcome
from .binned import rebinned
from .found import FoundSection
from .kept import KeptViews
from .live_preview import LivePreview
from .preview import Previewed, preview_slice, show_preview
from .slice_box import FIRST, SliceBox
from .strip import STRIP_ROLES, Stripped, StripView, make_strip


class ReconstructPanel(Panel):
    """Find the axis of rotation, then reconstruct every energy."""

    NAME: ClassVar[str] = "Reconstruct"
    ACTION: ClassVar[str] = "Reconstruct all energies"
    UNTIL: ClassVar[str] = "reconstruct"
    NEXT: ClassVar[str] = "Binarize"

    def build(self, body: QVBoxLayout) -> None:
        """Put in the look at one slice, the forms, and what was found."""
        self.kept = KeptViews()
        self._alignment: Any = None
        self._alignment_of: Any = None
        self._binning = 1
        self.box = SliceBox()
        self.finder = self.box.finder
        self.view = StripView(self.viewer, self.finder.choose)
        self.live = LivePreview(self.viewer, self.kept)
        body.addWidget(self.box)
        usual = ("center", "algorithm", "filter")
        self.form = self.add_form(ParameterForm(ReconstructParameters, usual=usual), "reconstruct")
        usual = ("stripes", "bad_flats", "binning")
        self.correction = self.add_form(ParameterForm(CorrectParameters, usual=usual, skip=("exclude",)), "correct")
        self.views = self.add_form(ParameterForm(AlignParameters), "align")
        self.views_fold = Fold("Alignment of views", self.views)
        self.found = FoundSection()
        self.found_fold = Fold("What was found", self.found)
        for fold in (Fold("Correction", self.correction), self.views_fold, self.found_fold):
            body.addWidget(fold)
        self.box.preview.clicked.connect(self._preview)
        self.box.find.clicked.connect(self._find)
        for signal in (self.box.live.toggled, self.box.energy.changed, self.box.row.changed):
            signal.connect(self._follow)
        self.listen(self.live.latest.done, self._on_live)
        self.listen(self.live.latest.failed, self._on_live_failed)
        self.finder.chosen.connect(self.view.choose)
        self.finder.large.connect(self.view.show_large)
        self.finder.taken.connect(self._use)
        self.found.energy_chosen.connect(self._go)
        self.correction.edited.connect(self._on_correction)
        self.listen(self.state.events.project, self._on_project)
        callbacks = self.viewer.mouse_drag_callbacks
        callbacks.append(self.view.on_click)
        self.destroyed.connect(partial(_remove, callbacks, self.view.on_click))

    def missing(self) -> tuple[str, str] | None:
        """Ask for a scan."""
        project = self.state.project
        if project is not None and project.kind == "stack":
            return "These volumes are already reconstructed: go on to Binarize.", "Binarize"
        return super().missing()

    def headline(self) -> str:
        """Say how many energies are reconstructed, and where their axis is."""
        project = self.state.project
        if project.planar:
            said = stage_line(self.state, "reconstruct", "The images are taken.")
            if self.state.stage("reconstruct") == "missing":
                said = "The button takes the corrected images as they are."
            return f"{span(project.energies)}, one view each (2-D XANES): nothing needs reconstructing. {said}"
        said = stage_line(self.state, "reconstruct", "All are reconstructed.")
        if self.state.stage("align") == "partial":
            said = "The alignment of views has begun; the button continues."
        found = self._look_up()
        axis = "" if found is None else f" Rotation axis at {axis_in_words(found.centers, found.tilt)}."
        return f"{span(project.energies)}. {said}{axis}"

    def refresh(self) -> None:
        """Show the energies and slices there are, and what was found in their views."""
        project = self.state.project
        self.primary.setText("Take the images" if project.planar else self.ACTION)
        for widget in (self.box, self.form, self.views_fold, self.found_fold):
            widget.setVisible(not project.planar)
        self._binning = project.recipe.correct.binning
        self.box.offer(project)
        found = self._look_up()
        self.found_fold.setVisible(found is not None)
        if found is not None:
            said = project.record.stage("align").get("warnings", {})
            self.found.show_alignment(found, [*said.get("axis", []), *said.get("views", [])])
        self._follow()

    def act(self) -> None:
        """Reconstruct all energies; what was kept for previews makes room, and the volumes are not covered by one."""
        self.box.live.setChecked(False)
        self.kept.forget()
        super().act()

    def _look_up(self) -> Any:
        """Give what the align stage found; None where it is not up to date, or there is nothing to align."""
        project = self.state.project
        if project.planar or self.state.stage("align") != "done":
            self._alignment = None
            return None
        of = (project, project.record.stage("align")["fingerprint"])
        if self._alignment is None or self._alignment_of != of:
            try:
                self._alignment, self._alignment_of = project.alignment(), of
            except ProjectError as error:
                self.say(str(error), error=True)
        return self._alignment

    def _preview(self, *_: Any) -> None:
        if self.apply_forms():
            self.live.interrupt()
            job = preview_slice(self.viewer, self.box.energy.value, self.box.row.value, self.kept)
            if job is not None:
                job.ended.connect(while_alive(self, self._on_preview))

    def _on_preview(self, outcome: Outcome) -> None:
        made = outcome.result
        if made is not None:
            self.box.describe(made.look, before=len(made.layers) > 1)
            if self.state.job is not None:
                self.state.job.turns.add(show_preview(self.viewer, made))

    def _follow(self, *_: Any) -> None:
        """Make the preview anew if it is to follow what is changed."""
        project = self.state.project
        ready = project is not None and self.missing() is None and not project.planar and self.state.job is None
        if not self.box.live.isChecked() or not self.isVisible():
            self.live.stop()
        elif ready and self.live.ask(self.box.energy.value, self.box.row.value):
            self.box.say("Making the preview…")

    def _on_live(self, made: Previewed | str | None) -> None:
        if isinstance(made, str):
            self.say(made, error=True)
            self.box.say("")
        elif made is not None and self.state.job is None:
            self.say("")
            self.live.show(made)
            self.box.describe(made.look, before=len(made.layers) > 1)

    def _on_live_failed(self, error: Exception) -> None:
        self.say(f"The preview stopped at an unforeseen error ({type(error).__name__}: {error}).", error=True)

    def _find(self, *_: Any) -> None:
        if self.apply_forms():
            self.live.interrupt()
            box = self.box
            job = make_strip(self.viewer, box.energy.value, box.row.value, box.span.value, self.kept)
            if job is not None:
                job.ended.connect(while_alive(self, self._on_strip))

    def _on_strip(self, outcome: Outcome) -> None:
        if outcome.result is not None:
            self.box.describe(outcome.result.look)
            if self.state.job is not None:
                self.state.job.turns.add(self._show_strip(outcome.result))

    def _show_strip(self, made: Stripped) -> Iterator[None]:
        self.finder.show_strip(made)
        yield
        yield from self.view.show(made)

    def _use(self, column: float) -> None:
        self.form["center"].value = column
        if self.apply_forms():
            self.box.say(
                f"Column {column:g} will be used for all energies; preview a slice at another energy to check it."
            )

    def _go(self, energy: float) -> None:
        """Go to an energy, in the choice of slices and in the volumes."""
        project = self.state.project
        self.box.go(project.energies, energy)
        self.found.mark(float(project.energies[self.box.energy.value]))
        go_to_energy(self.viewer, self.box.energy.value)

    def _on_correction(self, name: str) -> None:
        """Take a given axis along when the images are binned: its column is of the binned image."""
        binning = self.correction["binning"].value
        if name != "binning" or binning == self._binning:
            return
        project, center = self.state.project, self.form["center"].value
        if center != "auto":
            columns = int(project.scan().projections[0].shape[2])
            each = [rebinned(c, columns, self._binning, binning) for c in np.atleast_1d(center)]
            self.form["center"].value = each[0] if len(each) == 1 else tuple(each)
            self.box.say("The rotation axis was converted: columns are those of the binned images.")
        self._binning = binning
        self._drop_strip()

    def _on_project(self, *_: Any) -> None:
        self.live.stop()
        self.kept.forget()
        self._drop_strip()
        self.box.say(FIRST)

    def _drop_strip(self) -> None:
        """Take away a strip whose columns mean nothing any more."""
        self.finder.hide()
        take_away(self.viewer, *STRIP_ROLES)

    def _on_progress(self, progress: Progress) -> None:
        super()._on_progress(progress)
        aligning = progress.stage == "align" and progress.energy is not None and progress.message
        self.say(f"{progress.energy:.1f} eV: {progress.message}." if aligning else "")
        if progress.stage == "reconstruct" and progress.done == 0 and progress.energy is None:
            self._on_changed()  # the views are aligned now: show what was found


def _remove(callbacks: list[Any], callback: Any, *_: Any) -> None:
    if callback in callbacks:
        callbacks.remove(callback)
