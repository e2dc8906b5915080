"""The section of the Register panel that shows a deformation, where the project has one."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from qtpy.QtWidgets import QCheckBox, QGroupBox, QLabel, QVBoxLayout

from ...register import read_deformation
from ..energy_text import energy_index
from ..latest import Latest
from ..layers import compare, layer_of, take_away
from ..layers.deformation import Bent, look_into, show_deformation
from ..registered import registered
from ..state import state_of


class BendingSection(QGroupBox):
    """Shows the deformation of the energy that the slider shows.

    Parameters
    ----------
    viewer : napari viewer
    """

    def __init__(self, viewer: Any) -> None:
        super().__init__("Deformation")
        self._viewer, self._state = viewer, state_of(viewer)
        self._asked: tuple[Any, int] | None = None
        self.latest = Latest()
        self.check = QCheckBox("Show it: growth and displacements")
        self.check.setToolTip("Red grew and blue shrank from the fixed to the moving volume; arrows are drawn longer.")
        self.words = QLabel()
        self.words.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.addWidget(self.check)
        layout.addWidget(self.words)
        self.check.toggled.connect(self._on_toggled)

    def refresh(self, *_: Any) -> None:
        """Ask for the energy shown, where the deformation is to be seen and another one was."""
        project = self._state.project
        done = project is not None and self._state.stage("register") == "done"
        found = registered(project) if done else None
        self.setVisible(found is not None and found.deformation is not None)
        layer = layer_of(self._viewer, "registered")
        index = None if layer is None else energy_index(self._viewer, layer)
        if found is None or found.deformation is None or index is None or not self.check.isChecked():
            self._asked = None
        elif self._asked != (found, index):
            self._asked = (found, index)
            self.latest.ask(partial(_look, project, found.deformation, found.matrices[index], index))

    def show_bent(self, bent: Bent) -> None:
        """Put the layers in their place, and say how much it bends."""
        if self._asked is None or self._asked[1] != bent.index:
            return  # another energy was gone to meanwhile
        project = self._state.project
        show_deformation(
            self._viewer, bent, float(project.energies[bent.index]), project.stack("registered").voxel_size
        )
        self.words.setText(in_words(bent, float(project.energies[bent.index])))

    def _on_toggled(self, wanted: bool) -> None:
        self.words.clear()
        if not wanted:
            take_away(self._viewer, "jacobian", "field")
            compare(self._viewer, "overlay")
        self.refresh()


def in_words(bent: Bent, energy: float) -> str:
    """Say how much an energy bends, and whether it folds."""
    low, high = bent.span
    words = (
        f"At {energy:.1f} eV points move by up to {bent.largest:.2f} voxel, volumes change by {low:.3f} to {high:.3f}"
    )
    if bent.folded > 0:
        share = 100 * bent.folded
        return f"{words}, and {share:.{0 if share >= 10 else 2}f} % of the volume folds: take more stiffness or a wider spacing."
    return f"{words}, and nothing folds."


def _look(project: Any, group: Path, matrix: Any, index: int) -> Bent:
    return look_into(read_deformation(group), project.labels(), matrix, index)
