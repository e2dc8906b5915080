"""The Register panel: every volume onto the fixed one, and the pictures that show whether it worked."""

from __future__ import annotations

from typing import Any, ClassVar, get_args

from qtpy.QtWidgets import QButtonGroup, QGridLayout, QGroupBox, QLabel, QPushButton, QVBoxLayout

from ...register import RegisterParameters
from ..energy_text import shown_energy
from ..forms import ParameterForm
from ..layers import compare, go_to_energy
from ..layers.compare import View
from ..panel import Panel
from ..run import run_until
from ..status import span, stage_line
from ..work import Outcome

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
            quality = project.registration().quality.drop(index=project.fixed_index)
            mse, dice = (quality[[f"{name}_raw", f"{name}_registered"]].mean() for name in ("mse", "dice"))
            self.numbers.setText(
                f"Mean MSE {mse.iloc[0]:.4f} → {mse.iloc[1]:.4f}, Dice {dice.iloc[0]:.3f} → {dice.iloc[1]:.3f} (raw → registered)."
            )

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
