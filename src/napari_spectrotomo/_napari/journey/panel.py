"""The Spectro-tomography dock: the steps in order, one at a time, and what goes for all of them."""

from __future__ import annotations

from functools import partial
from typing import Any

from qtpy.QtCore import Qt, QUrl
from qtpy.QtGui import QDesktopServices, QKeySequence, QShowEvent
from qtpy.QtWidgets import QHBoxLayout, QMenu, QPushButton, QShortcut, QStackedWidget, QVBoxLayout, QWidget

from ..alive import listen
from ..docks import BESIDE, JOURNEY, STEPS, make_panel, name_dock, open_panel
from ..layers import history_of
from ..panel import Panel
from ..state import plain_viewer, state_of
from ..status import next_step, plan_line, whole_run
from .recipes import open_recipe, save_recipe
from .run_all import RunAll

_TAB = "Steps"
"""Of the dock's tab, beside those of other panels."""


class JourneyPanel(QWidget):
    """Shows one step at a time; each is made when it is first shown.

    Parameters
    ----------
    napari_viewer : napari viewer

    Attributes
    ----------
    steps : dict
        The panels made so far, by name.
    """

    def __init__(self, napari_viewer: Any) -> None:
        super().__init__()
        self.viewer = plain_viewer(napari_viewer)
        self.state = state_of(self.viewer)
        self.steps: dict[str, Panel] = {}
        self.pages = QStackedWidget()
        self.run_all = QPushButton("Run all")
        self.menu = QPushButton("More…")
        self.menu.setMenu(self._menu())
        self.running = RunAll(self)
        self.run_all.clicked.connect(self.running.start)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 4)
        layout.setSpacing(2)
        layout.addWidget(self.pages, 1)
        layout.addLayout(self._bottom())
        for key, function in (
            ("Ctrl+Return", lambda: self.step.primary.click()),
            ("Alt+Right", lambda: self._go(1)),
            ("Alt+Left", lambda: self._go(-1)),
        ):
            shortcut = QShortcut(QKeySequence(key), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(function)
        for name in ("project", "revision", "job"):
            listen(self, getattr(self.state.events, name), self._on_changed)
        self.show_step(next_step(self.state))
        self._on_changed()

    @property
    def step(self) -> Panel:
        """The panel of the step that is shown."""
        return self.pages.currentWidget()

    def show_step(self, name: str) -> Panel:
        """Show a step, and give its panel."""
        if name not in self.steps:
            self.steps[name] = make_panel(self.viewer, name)
            self.pages.addWidget(self.steps[name])
        panel = self.steps[name]
        self.pages.setCurrentWidget(panel)
        panel.catch_up()
        return panel

    def showEvent(self, event: QShowEvent) -> None:
        """Name the dock when it is first seen."""
        name_dock(self, JOURNEY, _TAB)
        super().showEvent(event)

    def _bottom(self) -> QVBoxLayout:
        first, second = QHBoxLayout(), QHBoxLayout()
        first.addWidget(self.run_all, 1)
        first.addWidget(self.menu)
        self.beside: dict[str, QPushButton] = {}
        for name, words in BESIDE.items():
            button = QPushButton(name)
            button.setToolTip(words)
            button.clicked.connect(partial(self._open_beside, name))
            second.addWidget(button)
            self.beside[name] = button
        rows = QVBoxLayout()
        rows.setContentsMargins(8, 0, 8, 0)
        rows.setSpacing(4)
        rows.addLayout(first)
        rows.addLayout(second)
        return rows

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        self.save = menu.addAction("Save the settings as a recipe…", partial(save_recipe, self))
        self.open = menu.addAction("Use a recipe…", partial(open_recipe, self))
        menu.addSeparator()
        self.undo = menu.addAction("Undo the last step's layers", self._undo)
        self.folder = menu.addAction("Show the project folder", self._show_folder)
        menu.aboutToShow.connect(self._on_changed)
        menu.setToolTipsVisible(True)
        self.save.setToolTip("All that is set in the panels, as a YAML file for `spectrotomo run --recipe`.")
        self.open.setToolTip("Take the settings of a recipe; steps that they change are out of date then.")
        self.undo.setToolTip("Put the layers back as they were before the last step; its results stay in the project.")
        return menu

    def _on_changed(self, *_: Any) -> None:
        project, idle = self.state.project, self.state.job is None
        plan = plan_line(self.state, whole_run(project)) if project is not None and project.is_read and idle else ""
        left = project is None or not project.is_read or bool(plan) or self.running.other_chosen()
        self.run_all.setEnabled(idle and left)
        words = "Does every step that is not done, with the settings as they are, and shows results as they come."
        self.run_all.setToolTip(f"{words}\n{plan}" if left else "Every step is done.")
        history = history_of(self.viewer)
        self.save.setEnabled(project is not None)
        self.open.setEnabled(idle)
        self.folder.setEnabled(project is not None)
        self.undo.setEnabled(idle and history.last is not None)
        self.undo.setText(f"Undo the layers of: {history.last}" if history.last else "Undo the last step's layers")

    def _go(self, by: int) -> None:
        """Show the step before or after the one shown."""
        at = STEPS.index(self.step.NAME) + by
        if 0 <= at < len(STEPS):
            self.show_step(STEPS[at])

    def _open_beside(self, name: str, *_: Any) -> None:
        open_panel(self.viewer, name)

    def _undo(self) -> None:
        title = history_of(self.viewer).undo(self.state.project)
        self.step.say(f"The layers are as they were before: {title}. What it made is still in the project.")
        self._on_changed()

    def _show_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.state.project.path)))
