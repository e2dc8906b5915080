"""The Binarize panel: volumes become masks, the mask of the fixed energy becomes particles."""

from __future__ import annotations

import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any, ClassVar

from qtpy.QtCore import QTimer
from qtpy.QtGui import QHideEvent
from qtpy.QtWidgets import QGroupBox, QVBoxLayout

from ...errors import ParameterError, ProjectError, SpectrotomoError
from ...progress import Progress
from ...segment import BinarizeParameters, LabelParameters, with_threshold
from ..alive import while_alive
from ..forms import Fold, ParameterForm, Warned, Words
from ..layers import Ready, go_to_energy, layer_of, leave_comparison, made_ready, put, show_only
from ..layers.ready import volumes_of
from ..panel import Panel
from ..run import run_until, start
from ..status import span, stage_line
from ..theme import colors
from ..work import Outcome
from .against_energy import AgainstEnergy
from .cutting import Cut, Whole
from .edits import EditWatch
from .edits_row import HOW_TO, EditsRow
from .live import LiveThreshold, shown_index
from .own import take_edits, take_file, take_labels, take_masks
from .own_section import OwnSection, polygon_of
from .threshold_section import ThresholdSection, rounded_shift

_FIELD = {"masks": ("binarize", "masks"), "labels": ("label", "labels"), "region": ("binarize", "region")}
_NO_PARTICLE = "⚠ No particle was found: try another threshold, or remove less."
_SLIDING = 120  # ms that a slider stands still before its energy is looked at


class BinarizePanel(Panel):
    """Tell the sample from its surroundings, and its particles from each other."""

    NAME: ClassVar[str] = "Binarize"
    ACTION: ClassVar[str] = "Binarize and label"
    UNTIL: ClassVar[str] = "label"
    NEXT: ClassVar[str] = "Register"

    def build(self, body: QVBoxLayout) -> None:
        """Put in the threshold, the forms and the section for own masks."""
        self.watch, self.edits = EditWatch(self.viewer), EditsRow()
        self.warned = Warned()
        body.addWidget(self.edits)
        body.addWidget(self.warned)
        self.threshold = ThresholdSection()
        self.live = LiveThreshold(self.viewer, self)
        self.against = AgainstEnergy()
        body.addWidget(self.threshold)
        usual = ("method", "sigma", "min_size", "keep_largest", "clear_border")
        skip = ("masks", "region", "thresholds")
        self.form = self.add_form(ParameterForm(BinarizeParameters, usual=usual, skip=skip), "binarize")
        self.against_fold = Fold("Thresholds against energy", self.against)
        self.against_fold.expand(animate=False)
        body.addWidget(self.against_fold)
        box = QGroupBox("Particles")
        inner = QVBoxLayout(box)
        self.particles = self.add_form(ParameterForm(LabelParameters, usual=("separate",), skip=("labels",)), "label")
        inner.addWidget(self.particles)
        self.how_to_edit = Words()
        self.how_to_edit.setText(HOW_TO)
        inner.addWidget(self.how_to_edit)
        body.addWidget(box)
        self.own = OwnSection(self.viewer)
        for event in (self.viewer.layers.events.inserted, self.viewer.layers.events.removed):
            self.listen(event, self.own.refill)
            self.listen(event, self.watch.follow)
        self.listen(self.watch.changed, self._on_edit)
        self.edits.take.clicked.connect(self._take_over)
        self.edits.drop.clicked.connect(self._drop)
        self._again = QTimer(self, singleShot=True, interval=0)
        self._again.timeout.connect(self._run)
        self.own.layer_chosen.connect(self._on_layer)
        self.own.file_chosen.connect(lambda kind, path: take_file(self.viewer, *_FIELD[kind], Path(path)))
        self.own.cleared.connect(lambda kind: self._set(kind, None))
        self.fold = Fold("Masks, labels or a region of your own", self.own)
        body.addWidget(self.fold)
        self._sliding = QTimer(self, singleShot=True, interval=_SLIDING)
        self._sliding.timeout.connect(self._follow)
        self._connect_threshold()

    def _connect_threshold(self) -> None:
        self.listen(self.live.looks.done, self.live.on_look)
        self.listen(self.live.looks.failed, self.live.on_failed)
        self.listen(self.live.wholes.done, self.live.on_whole)
        self.listen(self.live.wholes.failed, self.live.on_failed)
        self.listen(self.viewer.dims.events.point, self._on_slider)
        self.listen(self.state.events.project, lambda *_: self.live.forget())
        self.live.looking.connect(self.threshold.wait)
        self.live.cut_ready.connect(self._on_cut)
        self.live.whole_ready.connect(self._on_whole)
        self.live.failed.connect(self._on_no_threshold)
        self.threshold.moved.connect(self._on_moved)
        self.threshold.placed.connect(self._on_placed)
        self.threshold.reset.connect(self._on_reset)
        self.threshold.live.connect(lambda _: self._show_live())
        self.against.energy_chosen.connect(self._go)

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
            words = f"Masks are done; {count} particle{'s' if count != 1 else ''} found." if count else _NO_PARTICLE
        stage = "label" if self.state.stage("binarize") == "done" else "binarize"
        return f"{span(project.energies)}. {stage_line(self.state, stage, words)}"

    def refresh(self) -> None:
        """Show the threshold of the energy shown, those of all, and which masks, labels and region are in use."""
        recipe = self.state.project.recipe
        for kind, (stage, name) in _FIELD.items():
            self.own.show_used(kind, getattr(getattr(recipe, stage), name))
        self.own.refill()
        self.how_to_edit.setStyleSheet(f"color: {colors(self.viewer).faint};")
        self.warned.show_stage(self.state, "binarize")
        self._on_edit()
        self._show_found()
        self._follow()

    def act(self) -> None:
        """Binarize and label; what was looked at makes room."""
        if self.watch.pending:
            self.say(
                f"You edited {self.watch.words}: take your edits over above, or drop them, before masks are made anew."
            )
            self.content.ensureWidgetVisible(self.edits)
            return
        self._run()

    def hideEvent(self, event: QHideEvent) -> None:
        """Take the moving mask from the picture: other steps show other things."""
        self.live.leave()
        super().hideEvent(event)

    def _run(self) -> None:
        leave_comparison(self.viewer)
        self.live.show(False)
        self.live.forget()
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

    def _follow(self) -> None:
        """Look at the threshold of the energy shown."""
        project = self.state.project
        if project is None or self.state.job is not None or self.missing() is not None or not self.isVisible():
            return
        self.against.mark(float(project.energies[shown_index(self.viewer, project)]))
        if project.recipe.binarize.masks is not None:
            self.threshold.refuse("Masks of your own are in use: no threshold is taken.", colors(self.viewer))
            self.live.show(False)
        else:
            self.live.follow()

    def _on_slider(self, *_: Any) -> None:
        self._sliding.start()

    def _show_found(self) -> None:
        project = self.state.project
        try:
            unit = volumes_of(project).attenuation_unit
        except ProjectError:  # the reconstruction was stopped before its first volume
            self.against_fold.hide()
        else:
            self.against_fold.setVisible(self.against.show_project(project, unit, colors(self.viewer)))

    def _on_cut(self, cut: Cut) -> None:
        self.threshold.show_cut(cut, colors(self.viewer))
        self._show_live()

    def _on_whole(self, whole: Whole) -> None:
        self.threshold.show_whole(whole, colors(self.viewer))

    def _on_no_threshold(self, sentence: str) -> None:
        self.threshold.refuse(sentence, colors(self.viewer))
        self.live.show(False)

    def _show_live(self, moving: bool = False) -> None:
        """Lay the mask over the picture where it is another one than the project's."""
        changed = moving or self.state.stage("binarize") != "done"
        self.live.show(self.threshold.ticked.isChecked() and changed)

    def _on_moved(self, level: float) -> None:
        cut = self.live.cut
        if cut is not None:
            self.live.move(level)
            self.threshold.say_moving(cut, level)
            self._show_live(moving=True)

    def _on_placed(self, level: float) -> None:
        """Write where the line was left into the recipe."""
        cut = self.live.cut
        if cut is None:
            return
        if cut.own is not None or self.threshold.alone:
            self._change(thresholds=with_threshold(cut.parameters, cut.energy, level))
        else:
            self._change(shift=rounded_shift(cut, level))

    def _on_reset(self) -> None:
        cut = self.live.cut
        if cut is not None and cut.own is not None:
            self._change(thresholds=with_threshold(cut.parameters, cut.energy, None))
        elif cut is not None:
            self._change(shift=0.0)

    def _on_edit(self) -> None:
        self.edits.say(self.watch.words, colors(self.viewer))

    def _take_over(self, *_: Any) -> None:
        if self.apply_forms():
            job = take_edits(self.viewer, {role: layer.data for role, layer in self.watch.pending.items()})
            if job is not None:
                job.ended.connect(while_alive(self, self._on_taken))

    def _on_taken(self, outcome: Outcome) -> None:
        if not outcome.error and not outcome.cancelled:
            self._again.start()  # when the viewer is free

    def _drop(self, *_: Any) -> None:
        project = self.state.project

        def steps(abort: threading.Event) -> Generator[Progress, None, Ready]:
            yield Progress("label", 0, 1, "reading")
            return made_ready(project, "label")

        if "particles" in self.watch.drop():
            job = start(self.viewer, "Reading the particles", steps)
            if job is not None:
                job.ended.connect(while_alive(self, self._on_dropped))
        self._on_edit()

    def _on_dropped(self, outcome: Outcome) -> None:
        if outcome.result:
            put(self.viewer, outcome.result["particles"])

    def _change(self, **values: Any) -> None:
        if self._pending.isActive() and not self.apply_forms():
            return
        try:
            self.state.project.change("binarize", **values)
        except SpectrotomoError as error:
            self.say(str(error), error=True)
        self.state.touch()

    def _go(self, energy: float) -> None:
        """Show the volume and the mask of the energy nearest to one that was clicked."""
        energies = self.state.project.energies
        raw = layer_of(self.viewer, "raw")
        if raw is not None and not raw.visible:
            leave_comparison(self.viewer)
            show_only(self.viewer, "raw", "mask", "particles")
        go_to_energy(self.viewer, int(abs(energies - energy).argmin()))

    def _on_progress(self, progress: Progress) -> None:
        super()._on_progress(progress)
        if progress.stage == "binarize" and progress.energy is not None and self.isVisible():
            self._show_found()
            self.against.mark(progress.energy)
