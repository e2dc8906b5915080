"""The section of the Register panel that does one energy again: with other settings, or from where it was put by hand."""

from __future__ import annotations

import threading
from collections.abc import Generator
from typing import Any

import numpy as np
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QGridLayout, QGroupBox, QLabel, QPushButton, QVBoxLayout, QWidget

from ...errors import SpectrotomoError
from ...progress import Progress
from ...register import RegisterParameters
from ...workflow import redo_energy
from ..alive import while_alive
from ..energy_text import energy_index
from ..forms import ParameterForm
from ..layers import drop_stale, layer_of, lying, nudged_index, put_nudge, renew, take_away
from ..layers.sample_box import sample_box
from ..registered import registered
from ..run import start
from ..state import state_of
from ..work import Outcome
from .moves import Moves

_OF_THE_SERIES = ("fixed", "smooth", "reference", "deformation_spacing")
_CHANGED = ("registered", "difference raw", "difference registered", "checkerboard")
_HOW = (
    "Bring green onto magenta: type shifts and turns, or drag the layer in a 2-D slice with napari's transform tool (top "
    "left); what the 2-D view shows is right for moves within the slice."
)


class AgainSection(QGroupBox):
    """Registers the energy that the slider shows again, by itself.

    Parameters
    ----------
    viewer : napari viewer

    Attributes
    ----------
    wrong : Signal(str)
        A sentence about what could not be done.
    begun, left : Signal()
        A volume is there to be moved by hand; it was given up.
    ended : Signal(int, str)
        An energy, as an index, is done again; what came of it.
    """

    wrong = Signal(str)
    begun = Signal()
    left = Signal()
    ended = Signal(int, str)

    def __init__(self, viewer: Any) -> None:
        super().__init__("One energy again")
        self._viewer, self._state = viewer, state_of(viewer)
        self._shown: Any = None
        self._at, self._before, self._flat = 0, np.nan, True
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setMinimumHeight(2 * self.words.fontMetrics().lineSpacing())  # where the fold leaves little room
        self.form = ParameterForm(RegisterParameters, usual=(), skip=_OF_THE_SERIES, more="Settings for this energy")
        self.redo = _button(
            "Register again", "Registers this energy alone, with its own settings, looked for everywhere."
        )
        self.nudge = _button(
            "Nudge by hand…", "Shows its volume in 3-D where its transform puts it, to be moved by hand."
        )
        self.take = _button("Take as the start", "Registers this energy from where the green volume lies.")
        self.keep = _button(
            "Keep as it is", "Takes the place of the green volume for everything, without registering it."
        )
        self.drop = _button("Give up the nudge", "Takes the green volume away; nothing is changed.")
        self.redo.clicked.connect(lambda: self._go())
        self.nudge.clicked.connect(self._nudge)
        self.take.clicked.connect(lambda: self._go(by_hand=True))
        self.keep.clicked.connect(lambda: self._go(by_hand=True, keep=True))
        self.drop.clicked.connect(self._give_up)
        layout = QVBoxLayout(self)
        layout.addWidget(self.words)
        layout.addWidget(self.form)
        buttons = QGridLayout()
        buttons.addWidget(self.redo, 0, 0)
        buttons.addWidget(self.nudge, 0, 1)
        layout.addLayout(buttons)
        self.by_hand = QWidget()
        inside = QVBoxLayout(self.by_hand)
        inside.setContentsMargins(0, 4, 0, 0)
        how = QLabel(_HOW)
        how.setWordWrap(True)
        self.moves = Moves(viewer)
        inside.addWidget(how)
        inside.addWidget(self.moves)
        ends = QGridLayout()
        ends.addWidget(self.take, 0, 0)
        ends.addWidget(self.keep, 0, 1)
        ends.addWidget(self.drop, 1, 0, 1, 2)
        inside.addLayout(ends)
        layout.addWidget(self.by_hand)

    def index(self) -> int | None:
        """Give the energy in question: the one that is nudged, else that of the slider; None where nothing has energies."""
        nudged = nudged_index(self._viewer)
        if nudged is not None:
            return nudged
        layers = (layer_of(self._viewer, role) for role in ("registered", "raw"))
        return next((i for x in layers if x is not None and (i := energy_index(self._viewer, x)) is not None), None)

    def refresh(self, *_: Any) -> None:
        """Say which energy it is, and what can be done."""
        project = self._state.project
        if project is None or self._state.stage("register") != "done":
            self.hide()
            return
        self.show()
        if project.recipe.register != self._shown:
            self._shown = project.recipe.register
            self.form.show_parameters(self._shown)
        nudging = nudged_index(self._viewer) is not None
        index = self.index()
        can = index is not None and index != project.fixed_index
        self.by_hand.setVisible(nudging)
        self.redo.setEnabled(can and not nudging)
        self.nudge.setEnabled(can and not nudging)
        self.words.setText(_in_words(project, index))

    def _go(self, by_hand: bool = False, keep: bool = False) -> None:
        """Register the energy again in the worker."""
        project, index, viewer = self._state.project, self.index(), self._viewer
        if index is None:
            return
        try:
            begin = lying(layer_of(viewer, "nudge")) if by_hand else None
        except SpectrotomoError as error:
            self.wrong.emit(str(error))
            return
        energy, parameters = float(project.energies[index]), self.form.values()
        self._at, self._before = index, _mse(project, index)

        def steps(abort: threading.Event) -> Generator[Progress, None, Any]:
            yield Progress("register", 0, 2, "begun", energy)
            found = redo_energy(project, index, start=begin, keep=keep, parameters=parameters, abort=abort)
            registered(project)  # read here, so that the panels have it at hand
            return found

        job = start(viewer, f"{'Placing' if keep else 'Registering'} {energy:.1f} eV", steps)
        if job is not None:
            job.ended.connect(while_alive(self, self._on_ended))

    def _on_ended(self, outcome: Outcome) -> None:
        if outcome.result is None:
            return
        project, index = self._state.project, self._at
        self._leave()
        drop_stale(self._viewer, project)
        for role in _CHANGED:
            renew(self._viewer, role, float(project.energies[index]))
        self.ended.emit(
            index,
            f"{project.energies[index]:.1f} eV is done again: MSE {_number(self._before)} before, "
            f"{_number(_mse(project, index))} now. Map the edge anew.",
        )

    def _nudge(self) -> None:
        """Show the volume to be moved; where its transform failed, as its nearest neighbour lies."""
        project, index = self._state.project, self.index()
        if index is None:
            return
        matrices = registered(project).matrices
        known = np.flatnonzero(np.isfinite(matrices).all(axis=(1, 2)))
        nearest = int(known[np.argmin(np.abs(known - index))])
        self._flat = self._viewer.dims.ndisplay == 2
        put_nudge(self._viewer, project, index, matrices[nearest])
        self.moves.begin(_middle(self._viewer, project))
        self.refresh()
        self.begun.emit()

    def _give_up(self) -> None:
        self._leave()
        self.left.emit()

    def _leave(self) -> None:
        take_away(self._viewer, "nudge")
        if self._flat:
            self._viewer.dims.ndisplay = 2
        self.refresh()


def _button(words: str, tip: str) -> QPushButton:
    button = QPushButton(words)
    button.setToolTip(tip)
    return button


def _in_words(project: Any, index: int | None) -> str:
    if index is None:
        return "Go to an energy with the slider: it can be registered again by itself."
    energy = f"{project.energies[index]:.1f} eV"
    if index == project.fixed_index:
        return f"{energy} is the fixed energy and stays; go to another one with the slider."
    note = project.record.stage("register").get("redone", {}).get(str(index))
    said = "" if not note else ", placed by hand" if note["kept"] else ", registered again by hand"
    return f"<b>{energy}</b>: MSE {_number(_mse(project, index))}{said}."


def _mse(project: Any, index: int) -> float:
    return float(registered(project).quality["mse_registered"][index])


def _number(value: float) -> str:
    return f"{value:.5f}" if np.isfinite(value) else "unknown"


def _middle(viewer: Any, project: Any) -> Any:
    """Give the middle of the sample in the fixed volume, (z, y, x) in voxels; that of the volume where it is not known."""
    box = sample_box(viewer)
    return (np.array(project.stack("reconstruction").shape) - 1) / 2 if box is None else box.mean(axis=0)
