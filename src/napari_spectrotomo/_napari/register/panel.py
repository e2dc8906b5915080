"""The Register panel: every volume onto the fixed one, and the pictures that show whether it worked."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

import numpy as np
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QVBoxLayout

from ...errors import ProjectError
from ...progress import Progress
from ...register import RegisterParameters
from ..alive import while_alive
from ..energy_text import shown_energy
from ..forms import ParameterForm
from ..layers import go_to_energy
from ..panel import Panel
from ..registered import registered
from ..run import run_until
from ..status import span, stage_line
from ..work import Outcome
from .again import AgainSection
from .bending import BendingSection
from .curve import CurveSection
from .views import KEY, ViewSection


class RegisterPanel(Panel):
    """Register every energy to the fixed one."""

    NAME: ClassVar[str] = "Register"
    ACTION: ClassVar[str] = "Register all energies"
    UNTIL: ClassVar[str] = "register"
    NEXT: ClassVar[str] = "Edge map"

    def build(self, body: QVBoxLayout) -> None:
        """Put in the form, the curve, the choice of pictures, and what is done about one energy."""
        self.form = self.add_form(ParameterForm(RegisterParameters, usual=("transform", "engine", "fixed")), "register")
        self.curve = CurveSection(self.viewer)
        self.curve.energy_chosen.connect(self._go)
        body.addWidget(self.curve)
        self.views = ViewSection(self.viewer)
        body.addWidget(self.views)
        self.bind(KEY, "Before or after registration (Spectro-tomography)", self.views.turn)
        self.again = AgainSection(self.viewer)
        self.again.wrong.connect(lambda words: self.say(words, error=True))
        self.again.ended.connect(self._done_again)
        queued = Qt.ConnectionType.QueuedConnection  # when the rows that have appeared are laid out
        self.again.begun.connect(self._reveal_nudge, queued)
        self.again.left.connect(lambda: self.views.look("overlay"))
        body.addWidget(self.again)
        self.bending = BendingSection(self.viewer)
        self.listen(self.bending.latest.done, self.bending.show_bent)
        body.addWidget(self.bending)
        self.curve.latest.done.connect(while_alive(self.curve, self.curve.show_table))
        self.listen(self.views.latest.done, self.views.show_outlines)
        for section, what in ((self.curve, "quality"), (self.views, "outlines"), (self.bending, "deformation")):
            self.listen(section.latest.failed, partial(self._not_shown, what))
        dims = self.viewer.dims.events
        for listener in (self.again.refresh, self.bending.refresh, self.views.follow, self.curve.mark):
            self.listen(dims.point, listener)
        for signal in (dims.ndisplay, dims.order):
            self.listen(signal, self.views.follow)
        self.listen(self.viewer.camera.events.zoom, self.views.on_zoom)
        for signal in (self.viewer.layers.events.inserted, self.viewer.layers.events.removed):
            self.listen(signal, self.again.refresh)

    def missing(self) -> tuple[str, str] | None:
        """Ask for masks, and for more than one energy."""
        project = self.state.project
        if project is None:
            return super().missing()
        if len(project.energies) < 2:
            return "This scan has one energy: there is nothing to register it to.", ""
        if self.state.stage("binarize") == "missing":
            return "Binarize the volumes first: shapes are registered, not greys.", "Binarize"
        return None

    def headline(self) -> str:
        """Say how many energies are registered, and to which."""
        project = self.state.project
        fixed = project.energies[project.fixed_index]
        words = f"All are registered to {fixed:.1f} eV."
        if self.state.stage("register") == "done" and (failed := _failed(project)):
            words = f"⚠ {failed} of {len(project.energies) - 1} could not be registered to {fixed:.1f} eV: look at the masks."
        return f"{span(project.energies)}. {stage_line(self.state, 'register', words)}"

    def refresh(self) -> None:
        """Show how far the registration is, and what there is to look at."""
        for section in (self.curve, self.views, self.again, self.bending):
            section.refresh()

    def act(self) -> None:
        """Register, the raw volumes over the fixed one meanwhile, then show the overlay."""
        job = run_until(self.viewer, self.UNTIL, "Registering")
        if job is None:
            return
        job.ended.connect(while_alive(self, self._show))
        if self.state.stage("binarize") == "done":
            self.views.look("overlay", before=True)

    def _on_job(self, *_: Any) -> None:
        """Leave the curve and the pictures in use while there is work, and the wheel."""
        super()._on_job()
        idle = self.state.job is None
        self.content.setEnabled(True)
        for widget in (self.form, self.again):
            widget.setEnabled(idle)

    def _on_progress(self, progress: Progress) -> None:
        super()._on_progress(progress)
        if progress.stage == self.UNTIL:
            project = self.state.project
            self.header.setText(
                f"{span(project.energies)}. Registering them to {project.energies[project.fixed_index]:.1f} eV."
            )
        self.curve.on_progress(progress)

    def _show(self, outcome: Outcome) -> Any:
        if not outcome.error and self.state.stage("register") == "done":
            self.views.look("overlay", before=False)

    def _go(self, energy: float) -> None:
        """Go to an energy, and show it where nothing is seen that has energies."""
        project = self.state.project
        if shown_energy(self.viewer) is None:
            self.views.look(self.views.view or "overlay")
        go_to_energy(self.viewer, int(np.argmin(np.abs(project.energies - energy))))

    def _not_shown(self, what: str, error: Exception) -> None:
        self.say(f"The {what} cannot be shown: {error}", error=True)

    def _reveal_nudge(self) -> None:
        self.content.ensureWidgetVisible(self.again.drop)

    def _done_again(self, index: int, words: str) -> None:
        """Show the energy that was done again, and say what came of it."""
        self.views.look("overlay", before=False)
        go_to_energy(self.viewer, index)
        self.say(words)


def _failed(project: Any) -> int:
    """Count the energies of a finished registration that have no transform; none where it cannot be read, which a run will say."""
    try:
        return int((registered(project).quality["status"] == "failed").sum())
    except ProjectError:
        return 0
