"""The Register panel: every volume onto the fixed one, and the pictures that show whether it worked."""

from __future__ import annotations

from typing import Any, ClassVar, get_args

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QButtonGroup, QGridLayout, QGroupBox, QLabel, QPushButton, QVBoxLayout

from ...register import RegisterParameters
from ..energy_text import shown_energy
from ..forms import ParameterForm
from ..layers import compare, go_to_energy
from ..layers.compare import View
from ..panel import Panel
from ..registered import registered
from ..run import run_until
from ..status import span, stage_line
from ..work import Outcome
from .again import AgainSection
from .bending import BendingSection

_TIPS = {
    "before": "The fixed volume in magenta, the raw one of the energy shown in green; whitest where both agree.",
    "after": "The fixed volume in magenta, the registered one of the energy shown in green; whitest where both agree.",
    "side by side": "Raw and registered beside each other, with one contrast.",
    "squared difference": "Squared differences of the masks to the fixed one, raw and registered, with one contrast.",
}


class RegisterPanel(Panel):
    """Register every energy to the fixed one."""

    NAME: ClassVar[str] = "Register"
    ACTION: ClassVar[str] = "Register all energies"
    UNTIL: ClassVar[str] = "register"
    NEXT: ClassVar[str] = "Edge map"

    def build(self, body: QVBoxLayout) -> None:
        """Put in the form and the choice of pictures."""
        self.form = self.add_form(ParameterForm(RegisterParameters, usual=("transform", "engine", "fixed")), "register")
        self.box = QGroupBox("Look at it")
        inner = QVBoxLayout(self.box)
        grid = QGridLayout()
        self.views: dict[str, QPushButton] = {}
        group = QButtonGroup(self)
        for i, view in enumerate(get_args(View)):
            button = QPushButton(view.capitalize())
            button.setCheckable(True)
            button.setToolTip(_TIPS[view])
            button.clicked.connect(lambda _=False, view=view: self._look(view))
            group.addButton(button)
            grid.addWidget(button, i // 2, i % 2)
            self.views[view] = button
        inner.addLayout(grid)
        self.numbers = QLabel()
        self.numbers.setWordWrap(True)
        self.quality = QPushButton("Quality against energy…")
        self.quality.clicked.connect(lambda: self._open("Quality"))
        inner.addWidget(self.numbers)
        inner.addWidget(self.quality)
        body.addWidget(self.box)
        self.again = AgainSection(self.viewer)
        self.again.wrong.connect(lambda words: self.say(words, error=True))
        self.again.ended.connect(self._done_again)
        queued = Qt.ConnectionType.QueuedConnection  # when the rows that have appeared are laid out
        self.again.begun.connect(self._reveal_nudge, queued)
        body.addWidget(self.again)
        self.bending = BendingSection(self.viewer)
        self.listen(self.bending.latest.done, self.bending.show_bent)
        self.listen(self.bending.latest.failed, self._not_shown)
        body.addWidget(self.bending)
        for section in (self.again, self.bending):
            self.listen(self.viewer.dims.events.point, section.refresh)
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
        return (
            f"{span(project.energies)}. {stage_line(self.state, 'register', f'All are registered to {fixed:.1f} eV.')}"
        )

    def refresh(self) -> None:
        """Show the numbers of a registration that is done."""
        project = self.state.project
        done = self.state.stage("register") == "done"
        self.box.setVisible(done)
        if done:
            self.numbers.setText(_means(project))
        self.again.refresh()
        self.bending.refresh()

    def act(self) -> None:
        """Register, then show the overlay."""
        job = run_until(self.viewer, self.UNTIL, "Registering")
        if job is not None:
            job.ended.connect(self._show)

    def _show(self, outcome: Outcome) -> Any:
        if not outcome.error and self.state.stage("register") == "done":
            self._look("after")

    def _look(self, view: View) -> None:
        """Show a comparison; not at the fixed energy, which agrees with itself."""
        project = self.state.project
        if shown_energy(self.viewer) in (None, float(project.energies[project.fixed_index])):
            go_to_energy(self.viewer, 0 if project.fixed_index else len(project.energies) - 1)
        compare(self.viewer, view)
        self.views[view].setChecked(True)

    def _not_shown(self, error: Exception) -> None:
        self.say(f"The deformation cannot be shown: {error}", error=True)

    def _reveal_nudge(self) -> None:
        self.content.ensureWidgetVisible(self.again.drop)

    def _done_again(self, index: int, words: str) -> None:
        """Show the energy that was done again, and say what came of it."""
        self._look("after")
        go_to_energy(self.viewer, index)
        self.say(words)


def _means(project: Any) -> str:
    """Give the means over all energies but the fixed one, before and after."""
    found = registered(project)
    quality = found.quality.drop(index=project.fixed_index)
    stages = ("raw", "global", "registered") if found.particles else ("raw", "registered")
    mse = " → ".join(f"{quality[f'mse_{stage}'].mean():.4f}" for stage in stages)
    dice = " → ".join(f"{quality[f'dice_{stage}'].mean():.3f}" for stage in stages)
    words = "raw → global → a transform a particle" if found.particles else "raw → registered"
    return f"Mean MSE {mse}, Dice {dice} ({words})."
