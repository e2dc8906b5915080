"""What all panels have in common: the trail of steps, what there is, a form, one main button, progress, the next step."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar, TypeVar

from qtpy.QtCore import Qt, QTimer
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from ..errors import SpectrotomoError
from ..progress import Progress
from .alive import listen
from .docks import STEPS, name_dock, open_panel
from .forms import FileRows, ParameterForm
from .keys import Keys
from .message import Message
from .progress_strip import ProgressStrip
from .run import run_until
from .state import plain_viewer, state_of
from .status import plan_line, trail
from .theme import colors
from .work import Job, Outcome

FormT = TypeVar("FormT", ParameterForm, FileRows)
_WIDTH = 340
_SETTLE = 400  # ms after the last keystroke


class Panel(QWidget):
    """A dock panel.

    Parameters
    ----------
    napari_viewer : napari viewer

    Attributes
    ----------
    NAME : str
        As in the manifest.
    ACTION : str
        Words of the main button; without one there is no button.
    UNTIL : str
        Stage of the chain that the main button runs to.
    NEXT : str
        Panel that comes next.
    """

    NAME: ClassVar[str] = ""
    ACTION: ClassVar[str] = ""
    UNTIL: ClassVar[str] = ""
    NEXT: ClassVar[str] = ""

    def __init__(self, napari_viewer: Any) -> None:
        super().__init__()
        self.viewer = plain_viewer(napari_viewer)
        self.state = state_of(self.viewer)
        self._forms: list[tuple[ParameterForm | FileRows, str]] = []
        self._pending = QTimer(self, singleShot=True, interval=_SETTLE)
        self._pending.timeout.connect(self.apply_forms)
        self._followed: dict[str, Job] = {}
        self._keys = Keys(self.viewer)
        self._behind = True
        self.trail, self.header, self.coming = QLabel(), QLabel(), QLabel()
        for label in (self.header, self.coming):
            label.setTextFormat(Qt.TextFormat.PlainText)  # they name files, whose names may look like HTML
        self.message = Message(self.viewer)
        self.open_first, self.primary, self.next = (
            QPushButton(),
            QPushButton(self.ACTION),
            QPushButton(f"Next: {self.NEXT} →"),
        )
        self.content, self.blank = QScrollArea(), QWidget()
        self.strip = ProgressStrip()
        self._first = ""
        self.body = self._lay_out()
        self.build(self.body)
        self.body.addStretch(1)
        self.listen(self.state.events.project, self._drop_edits)
        for signal in (self.state.events.project, self.state.events.revision, self.viewer.events.theme):
            self.listen(signal, self._on_changed)
        self.listen(self.state.events.job, self._on_job)
        self._job_listeners = {"progressed": self._on_progress, "ended": self._on_ended}
        self.destroyed.connect(partial(_leave, self._followed, self._job_listeners, self._keys))
        self._on_job()

    # What a panel says and does, for the panels to fill in.

    def build(self, body: QVBoxLayout) -> None:
        """Put the panel's own widgets into its body."""

    def missing(self) -> tuple[str, str] | None:
        """Give a sentence on what must be done first and the panel that does it; None when nothing is missing."""
        return None if self.state.project is not None else ("Load a scan first.", "Load")

    def headline(self) -> str:
        """Say in one line what there is."""
        return ""

    def refresh(self) -> None:
        """Bring the panel's own widgets up to date."""

    def plan(self) -> str:
        """Say what the main button will do, and how long it should take; empty where nothing is left to do."""
        return plan_line(self.state, self.UNTIL) if self.UNTIL else ""

    def act(self) -> None:
        """Do what the main button says."""
        run_until(self.viewer, self.UNTIL, self.ACTION)

    # What all panels do.

    def listen(self, signal: Any, listener: Any) -> None:
        """Connect a signal of psygnal or napari for as long as the panel lives."""
        listen(self, signal, listener)

    def bind(self, key: str, words: str, function: Any) -> None:
        """Bind a key of the viewer for as long as the panel lives.

        Parameters
        ----------
        key : str
            As napari writes keys, such as 'Shift-B'.
        words : str
            What it does, for napari's list of keys.
        function : callable
            Without arguments.
        """
        self._keys.bind(key, words, function)

    def add_form(self, form: FormT, stage: str) -> FormT:
        """Tie a form, or rows of files, to a stage of the project's recipe: what is edited is written into it."""
        self._forms.append((form, stage))
        form.edited.connect(lambda _: self._pending.start())
        self.body.addWidget(form)
        return form

    def apply_forms(self) -> bool:
        """Write edited values into the recipe, which makes later stages out of date; say whether all could be taken."""
        self._pending.stop()
        project = self.state.project
        if project is None:
            return True
        if self.state.job is not None:
            self._pending.start()  # what is running keeps the parameters it began with
            return False
        try:
            for form, stage in self._forms:
                before = getattr(project.recipe, stage)
                values = {name: value for name, value in form.values().items() if value != getattr(before, name)}
                if values:
                    project.change(stage, **values)
        except SpectrotomoError as error:
            self.say(str(error), error=True)
            return False
        self.say("")
        self.state.touch()
        return True

    def say(self, sentence: str, *, error: bool = False, details: str = "") -> None:
        """Show a sentence under the buttons; an error's details wait behind a button."""
        self.message.say(sentence, error=error, details=details)

    def catch_up(self) -> None:
        """Bring everything up to date that changed while the panel was not seen."""
        self.strip.follow(self.state.job)
        if self._behind:
            self._on_changed()

    def showEvent(self, event: QShowEvent) -> None:
        """Name the dock when it is first seen, and catch up."""
        name_dock(self, self.NAME)
        super().showEvent(event)
        self.catch_up()

    def _lay_out(self) -> QVBoxLayout:
        self.setMinimumWidth(_WIDTH)
        for label in (self.trail, self.header, self.coming):
            label.setWordWrap(True)
        self.trail.linkActivated.connect(lambda name: self._open(name))
        self.open_first.clicked.connect(lambda: self._open(self._first))
        self.primary.setStyleSheet("font-weight: bold; padding: 5px;")
        self.primary.clicked.connect(self._on_primary)
        self.next.clicked.connect(lambda: self._open(self.NEXT))
        inside = QWidget()
        body = QVBoxLayout(inside)
        body.setContentsMargins(0, 0, 4, 0)
        self.content.setWidgetResizable(True)
        self.content.setFrameShape(QFrame.Shape.NoFrame)
        self.content.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.content.setWidget(inside)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 4, 8, 8)
        for widget in (self.trail, self.header, self.open_first):
            layout.addWidget(widget)
        layout.addWidget(self.content, 1)
        layout.addWidget(self.blank, 1)
        layout.addWidget(self.coming)
        buttons = QHBoxLayout()
        buttons.addWidget(self.primary, 3)
        buttons.addWidget(self.next, 2)
        layout.addLayout(buttons)
        for widget in (self.strip, self.message):
            layout.addWidget(widget)
        return body

    def _open(self, name: str) -> None:
        open_panel(self.viewer, name)

    def _on_primary(self) -> None:
        if self.apply_forms():
            self.say("")
            self.act()

    def _drop_edits(self, *_: Any) -> None:
        self._pending.stop()

    def _on_changed(self, *_: Any) -> None:
        self._behind = not self._is_seen()
        if self._behind:
            return
        project = self.state.project
        lacking = self.missing()
        shades = colors(self.viewer)
        self.trail.setText(trail(self.state, self.NAME, shades))
        self.content.setVisible(lacking is None)
        self.blank.setVisible(lacking is not None)
        self.primary.setVisible(lacking is None and bool(self.ACTION))
        self._first = lacking[1] if lacking else ""
        self.open_first.setText(f"Open {self._first}")
        self.open_first.setVisible(bool(self._first) and self._first != self.NAME)
        self.next.setVisible(bool(self.NEXT) and project is not None and lacking is None and self.can_go_on())
        self.header.setText(lacking[0] if lacking else self.headline())
        plan = "" if lacking or project is None or self.state.job is not None else self.plan()
        self.coming.setText(plan)
        self.coming.setVisible(bool(plan))
        self.coming.setStyleSheet(f"color: {shades.faint};")
        if project is not None and not self._pending.isActive():
            for form, stage in self._forms:
                form.show_parameters(getattr(project.recipe, stage))
        if lacking is None:
            self.refresh()

    def can_go_on(self) -> bool:
        """Say whether the next step has its input."""
        return self.NAME not in STEPS or not self.UNTIL or self.state.stage(self.UNTIL) == "done"

    def _on_job(self, *_: Any) -> None:
        _leave_job(self._followed, self._job_listeners)
        job = self.state.job
        self.strip.follow(job)
        for widget in (self.content, self.primary, self.next):
            widget.setEnabled(job is None)
        if job is not None:
            self.say("")
            self._followed["job"] = job
            for signal, listener in self._job_listeners.items():
                getattr(job, signal).connect(listener)
        self._on_changed()

    def _is_seen(self) -> bool:
        """Say whether the panel is shown, or would be in a window that is."""
        return self.isVisible() or self.isVisibleTo(self.window())

    def _on_progress(self, progress: Progress) -> None:
        if self._is_seen():
            self.strip.show_progress(progress)

    def _on_ended(self, outcome: Outcome) -> None:
        if outcome.error:
            self.say(outcome.error, error=True, details=outcome.details)
        elif outcome.cancelled:
            self.say("Stopped. What was finished is kept; the same button continues.")


def _leave_job(followed: dict[str, Job], listeners: dict[str, Any]) -> None:
    job = followed.pop("job", None)
    if job is not None:
        for signal, listener in listeners.items():
            getattr(job, signal).disconnect(listener)


def _leave(followed: dict[str, Job], job_listeners: dict[str, Any], keys: Keys, *_: Any) -> None:
    _leave_job(followed, job_listeners)
    keys.release()
