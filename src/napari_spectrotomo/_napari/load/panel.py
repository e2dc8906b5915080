"""The Load panel: from a path to a project, with a summary of what was found and every doubt about it."""

from __future__ import annotations

from functools import partial
from html import escape
from pathlib import Path
from typing import Any, ClassVar

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QFileDialog, QLabel, QPushButton, QVBoxLayout

from ...io import ReadParameters
from ...workflow import Recipe, in_words
from ..forms import Fold, ParameterForm
from ..layers import ROLE, layer_of
from ..panel import Panel
from ..path_row import PathRow
from ..settings import setting
from ..status import span
from ..theme import colors
from ..work import Outcome
from .exclusions import ExclusionEditor
from .opening import default_folder, exclude, is_project, load, read_again, reopen
from .projections_box import ProjectionsBox
from .projections_window import show_projections
from .words import asked_for, in_panel


class LoadPanel(Panel):
    """Choose a scan or a stack, and see what was found."""

    NAME: ClassVar[str] = "Load"
    ACTION: ClassVar[str] = "Load"
    UNTIL: ClassVar[str] = "read"
    NEXT: ClassVar[str] = "Reconstruct"

    def build(self, body: QVBoxLayout) -> None:
        """Put in the paths, the reading parameters, the summary and the exclusions."""
        self.source = PathRow(
            "Scan or stack (folder or file)",
            "Raw projections or reconstructed volumes; drop them here or on napari.",
            file=True,
        )
        self.folder = PathRow(
            "Project folder", "Where everything that is made is kept; one that holds this scan's project is continued."
        )
        self.source.changed.connect(self._suggest)
        self.open_project = QPushButton("Open a project made before…")
        self.open_project.clicked.connect(self._choose_project)
        self.form = ParameterForm(ReadParameters, usual=(), more="How to read")
        self.form.edited.connect(lambda name: self._edited.add(name))
        self.summary = QLabel()
        self.summary.setWordWrap(True)
        self.look = QPushButton("Show the projections")
        self.look.clicked.connect(self._show_projections)
        self.exclusions = ExclusionEditor()
        self.exclusions.edited.connect(lambda wanted: exclude(self.viewer, wanted))
        self.exclusions.refused.connect(lambda why: self.say(why, error=True))
        self.fold = Fold("Leave out energies or projections", self.exclusions)
        self.box = ProjectionsBox(self.viewer, self.listen)
        for widget in (
            *(self.source, self.folder, self.open_project, self.form),
            *(self.box, self.look, self.summary, self.fold),
        ):
            body.addWidget(widget)
        self._edited: set[str] = set()
        self._was_other = False
        self._filled_for: Any = None
        self._tried: Any = None
        self.listen(self.viewer.layers.events.inserted, self._on_layer)
        self.listen(self.viewer.layers.events.removed, self._on_projections)
        for layer in self.viewer.layers:
            self._take_source(layer)

    def missing(self) -> tuple[str, str] | None:
        """Nothing comes before loading."""
        return None

    def headline(self) -> str:
        """Say what is loaded, or what to do."""
        project = self.state.project
        chosen = self.source.path
        if project is None:
            if self.state.job is not None:
                return ""
            if chosen is not None and chosen.exists():
                return f"Press Load to open {chosen.name}."
            return "Choose a scan folder or file, or drop one on napari, then press Load."
        if chosen is not None and self.is_other:
            return f"Press Load to open {chosen.name}. {project.source.name} stays until then; its project is kept."
        if not project.is_read:
            return f"{project.source.name} is to be read in another way than before."
        doubts = len(_doubts(project.input()))
        doubted = f" ⚠ {doubts} doubt{'s'[: doubts > 1]} below." if doubts else ""
        return f"{project.source.name}: {span(project.energies)}. Project in {project.path.name}.{doubted}"

    def refresh(self) -> None:
        """Show the project's paths, summary and exclusions."""
        project = self.state.project
        if project is not None and not project.is_read:
            self._read_again(project)
            return
        is_scan = project is not None and project.kind == "scan"
        named = is_scan and not self.is_other  # of another scan than the line's nothing is shown
        self.fold.setVisible(named)
        here = named and layer_of(self.viewer, "projections") is not None
        self.look.setVisible(named and not here)
        self.box.setVisible(here)
        self.summary.setVisible(project is not None and not self.is_other)
        if project is None:
            self.summary.setText("")
            return
        self.next.setText(f"Next: {'Reconstruct' if project.kind == 'scan' else 'Binarize'} →")
        if project is not self._filled_for:
            self._filled_for = project
            self._edited.clear()
            self.source.path, self.folder.path = project.source, project.path
            self.form.show_parameters(project.recipe.read)
        self.summary.setText(summary(project, colors(self.viewer).warn))
        if here:
            self.box.show_project(project)
        left_out = project.recipe.correct.exclude
        energies = sorted({*map(float, project.energies), *(x.energy for x in left_out if x.energy is not None)})
        views = max(len(p) for p in project.scan().projections) if is_scan else 0
        self.exclusions.show_exclusions(left_out, energies, views)

    @property
    def is_other(self) -> bool:
        """Whether the line names something else than what is loaded: a scan that was dropped or chosen since."""
        project, source = self.state.project, self.source.path
        return project is not None and source is not None and source.absolute() not in (project.source, project.path)

    def offer(self, source: Path, error: str = "") -> None:
        """Take up the path of what was dropped, to be loaded by the button; `error` says why that fails as it is."""
        if self.state.job is None:
            self.source.path = source
            if self.is_other or self.state.project is None:
                self._edited.clear()
                self.form.show_parameters((self.state.recipe or Recipe()).read)
        self._say_error(error)

    def can_go_on(self) -> bool:
        """Say whether the next step would show what the line names."""
        return super().can_go_on() and not self.is_other

    def plan(self) -> str:
        """Say what there is to do, once it is known what the source holds."""
        project = self.state.project
        return super().plan() if project is None or project.is_read else ""

    def _read_again(self, project: Any) -> None:
        """Read in the worker what a recipe or another panel changed how to read; once, and not again where that failed."""
        how = (project, project.recipe.read, project.recipe.correct.exclude)
        if self.state.job is None and how != self._tried:
            self._tried = how
            read_again(self.viewer)

    def act(self) -> None:
        """Load what the line names: a scan, a stack, or a project."""
        source, folder = self.source.path, self.folder.path
        if source is None:
            self.say("Choose a scan folder or file first.", error=True)
        elif is_project(source):
            reopen(self.viewer, source)
        else:
            source = source.absolute()
            read = {name: value for name, value in self.form.values().items() if name in self._edited}
            load(self.viewer, source, folder or default_folder(source, setting("project_folder")), read)

    def _open(self, name: str) -> None:
        project = self.state.project
        if name != self.NAME:
            self.box.leave()
        super()._open("Binarize" if name == self.NEXT and project is not None and project.kind == "stack" else name)

    def _show_projections(self) -> None:
        """Show the projections here while there are no volumes, else in a window of their own."""
        show_projections(self.viewer, self.state.project, self.box)

    def _suggest(self, text: str) -> None:
        path = Path(text).expanduser()
        project = self.state.project
        if project is not None and path.absolute() == project.source:
            self.folder.path = project.path
        elif text.strip() and path.exists() and not is_project(path):
            self.folder.path = default_folder(path.absolute(), setting("project_folder"))
        if self.is_other != self._was_other:
            self._was_other = self.is_other
            self.state.touch()  # what else goes by it, such as Run all
        else:
            self._on_changed()

    def _choose_project(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Project folder", str(self.folder.path or Path.home()))
        if chosen:
            reopen(self.viewer, Path(chosen))

    def _on_layer(self, event: Any) -> None:
        self._take_source(event.value)
        self._on_projections(event)

    def _on_projections(self, event: Any) -> None:
        """Show what projections can be looked at while they are there."""
        if event.value.metadata.get(ROLE) == "projections" and self.state.project is not None and not self._behind:
            self.refresh()

    def _take_source(self, layer: Any) -> None:
        """Take the path of a scan that was dropped on napari: of files that lie together, their folder."""
        source = layer.metadata.get("source", "")
        if not source or layer.metadata.get(ROLE) not in ("projections", "raw") or self.state.project is not None:
            return
        before, dropped = self.source.path, Path(source)
        if before is None:
            self.source.path = dropped
        elif before != dropped and before.is_file() and dropped.is_file() and before.parent == dropped.parent:
            self.source.path = dropped.parent

    def _say_error(self, error: str, details: str = "") -> None:
        """Say what went wrong in reading, with the field that mends it in sight."""
        source = self.source.path
        said = error if source is None else error.replace(f"{source.absolute().parent}/", "")
        field = asked_for(error, self.form.widgets)
        if field:
            said = in_panel(said, field, self.form[field].label)
            self.form.more.expand(animate=False)
            QTimer.singleShot(0, partial(self.content.ensureWidgetVisible, self.form[field].native))
        self.say(said, error=True, details=details or error) if error else self.say("")

    def _on_ended(self, outcome: Outcome) -> None:
        super()._on_ended(outcome)
        if outcome.error:
            self._say_error(outcome.error, outcome.details)
        if outcome.cancelled and self.state.project is None:
            self.say("Stopped; nothing was loaded.")


def summary(project: Any, warn: str) -> str:
    """Say what a project's source holds, as HTML: the facts, then every doubt in the colour `warn`."""
    found = project.input()
    rows = "".join(
        f"<tr><td style='padding-right: 8px;'>{escape(k)}</td><td>{escape(v)}</td></tr>"
        for k, v in in_words(found).items()
    )
    said = "".join(f"<p style='color: {warn};'>⚠ {escape(d)}</p>" for d in _doubts(found))
    return f"{said}<table>{rows}</table>"  # the doubts first: a table is longer than what is seen


def _doubts(found: Any) -> list[str]:
    return [
        *found.metadata.get("doubts", []),
        *(f"{Path(str(file)).name} was skipped: {reason}" for file, reason in found.metadata.get("skipped", [])),
        *found.metadata.get("excluded", []),
    ]
