"""The Export panel: numbers, surfaces, movies and pictures as files of other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QFileDialog, QTabWidget, QVBoxLayout

from ..panel import Panel
from ..run import busy_with, start
from ..work import Outcome
from .mesh_tab import MeshTab
from .picture_tab import MovieTab, PictureTab
from .stack_tab import StackTab
from .tab import Tab


class ExportPanel(Panel):
    """Take results elsewhere."""

    NAME: ClassVar[str] = "Export"
    ACTION: ClassVar[str] = StackTab.ACTION

    def build(self, body: QVBoxLayout) -> None:
        """Put in a page for each kind of thing that can be taken away."""
        self.pages = QTabWidget()
        self.pages.setDocumentMode(True)
        self.numbers, self.surface = StackTab(self.viewer), MeshTab(self.viewer)
        self.picture, self.movie = PictureTab(self.viewer), MovieTab(self.viewer)
        for tab in (self.numbers, self.surface, self.picture, self.movie):
            self.pages.addTab(tab, tab.TITLE)
        body.addWidget(self.pages)
        self._folder: Path | None = None
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._on_changed)
        self.pages.currentChanged.connect(lambda _: self._on_changed())
        layers = self.viewer.layers.events
        for event in (layers.inserted, layers.removed, layers.reordered, self.viewer.dims.events.ndisplay):
            self.listen(event, self._later)
        self.listen(self.viewer.layers.selection.events.active, self._on_active)

    @property
    def tab(self) -> Tab:
        """The page in front."""
        return self.pages.currentWidget()

    def missing(self) -> tuple[str, str] | None:
        """Ask for layers, whoever made them."""
        return None if len(self.viewer.layers) else ("There is nothing to take away yet: load a scan first.", "Load")

    def headline(self) -> str:
        """Say what it is for."""
        return "Take what the viewer holds to other programs, to print, or to slides."

    def refresh(self) -> None:
        """Bring the page in front up to date."""
        self.primary.setText(self.tab.ACTION)
        self.tab.refresh()

    def act(self) -> None:
        """Ask for a file's name, and write it."""
        reason = self.tab.why_not()
        if reason:
            self.say(reason, error=True)
            return
        kinds = self.tab.kinds()
        first = next(iter(kinds))
        filters = ";;".join(f"{words} (*{suffix})" for suffix, words in kinds.items())
        name = str(self._start() / f"{self.tab.suggestion()}{first}")
        chosen, kind = QFileDialog.getSaveFileName(self, self.tab.ACTION.rstrip("…"), name, filters)
        if chosen:
            suffix = next((s for s, words in kinds.items() if kind.startswith(words)), first)
            path = Path(chosen)
            self.save(path if path.suffix else path.with_suffix(suffix))

    def save(self, path: Path) -> None:
        """Write what the page in front shows to a file, in a worker."""
        project = self.state.project
        if project is not None and path.parent.resolve() == project.path.resolve():
            self.say("That is the project's own folder: choose another, lest its results are written over.", error=True)
            return
        if self.state.job is not None:
            self.say(busy_with(self.viewer, "this panel"), error=True)
            return
        self._folder = path.parent
        task = self.tab.begin(path)
        job = start(self.viewer, f"Writing {path.name}", task.steps)
        if job is not None and task.after is not None:
            job.companions.append(task)
            job.released.connect(task.after)

    def _start(self) -> Path:
        project = self.state.project
        return self._folder or (project.path.parent if project is not None else Path.home())

    def _on_ended(self, outcome: Outcome) -> None:
        super()._on_ended(outcome)
        if isinstance(outcome.result, Path) and not outcome.error:
            self.say(f"Written: {outcome.result}")
        elif outcome.cancelled:
            self.say("Stopped. Nothing was written.")

    def _later(self, event: Any = None) -> None:
        self._soon.start()

    def _on_active(self, event: Any = None) -> None:
        if self.isVisible():
            self.numbers.choose_active()
