"""The part of the Reconstruct panel that looks at one slice: which one, two buttons, and what was found."""

from __future__ import annotations

from typing import Any

import numpy as np
from magicgui.widgets import ComboBox, FloatSpinBox, SpinBox
from qtpy.QtWidgets import QCheckBox, QGroupBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from ...workflow import Project
from ..forms import labelled
from .finder import CenterFinder, vote_in_words
from .look import Look
from .preview import fullest_row

_SPAN = 4.0
FIRST = "Preview a slice with what stands below, or check the axis: the centre strip shows it beside others."


class SliceBox(QGroupBox):
    """Chooses an energy and a slice; shows what looking at it found."""

    def __init__(self) -> None:
        super().__init__("Look at one slice")
        self._energies: list[tuple[str, int]] = []
        self._layout: tuple[int, int] = (0, 0)
        self.energy = ComboBox(label="energy", choices=[], tooltip="The energy to look at.")
        self.row = SpinBox(
            label="slice",
            min=0,
            max=0,
            tooltip="The slice to look at: the detector row, binned ones where they are binned.",
        )
        self.span = FloatSpinBox(
            label="strip ± (pixel)",
            min=0.1,
            max=1000,
            step=0.5,
            value=_SPAN,
            tooltip="How far the columns of the centre strip go to either side of the candidate.",
        )
        self._rows = labelled([self.energy, self.row, self.span])
        self.find, self.preview = QPushButton("Centre strip"), QPushButton("Preview slice")
        self.find.setToolTip(
            "Reconstruct this slice about nine columns beside the axis in the form, or beside the one that the methods vote "
            "for where that is auto: the sharpest slice has the right column."
        )
        self.preview.setToolTip(
            "Reconstruct this slice with all that stands in the forms below: axis (found at this energy where it is auto), "
            "filter, stripes, tilt, shifts of views. With stripe removal, the slice without it waits hidden in the layer list."
        )
        self.live = QCheckBox("Preview follows what I change")
        self.live.setToolTip(
            "Make the preview anew whenever energy, slice, axis, filter, stripe removal or anything else below changes. The "
            "first one of an energy takes longer: its views are corrected once."
        )
        buttons = QHBoxLayout()
        buttons.addWidget(self.find)
        buttons.addWidget(self.preview)
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.finder = CenterFinder()
        layout = QVBoxLayout(self)
        layout.addWidget(self._rows)
        layout.addLayout(buttons)
        layout.addWidget(self.live)
        layout.addWidget(self.note)
        layout.addWidget(self.finder)
        self.say(FIRST)

    def offer(self, project: Project) -> None:
        """Offer the energies and slices of a project; other ones begin at the last energy and the slice with most in it."""
        scan = project.scan()
        energies = [(f"{e:.1f} eV", i) for i, e in enumerate(scan.energies)]
        if energies != self._energies:
            self.energy.choices = self._energies = energies
            self.energy.value = len(energies) - 1
            self._layout = (0, 0)
        binning = project.recipe.correct.binning
        layout = (project.layout()[0], binning)
        if layout != self._layout:
            self._layout = layout
            self.row.max = layout[0] - 1
            self.row.value = min(layout[0] - 1, fullest_row(scan) // binning)

    def go(self, energies: Any, energy: float) -> None:
        """Choose the energy nearest to one in eV."""
        self.energy.value = int(np.argmin(np.abs(np.asarray(energies) - energy)))

    def say(self, words: str) -> None:
        """Say something about the slice, or nothing."""
        self.note.setText(words)
        self.note.setVisible(bool(words))

    def describe(self, look: Look, *, before: bool = False) -> None:
        """Say what geometry a slice was made with, and whether the one with its stripes waits in the layer list."""
        if look.estimate is not None:
            words = vote_in_words(look.estimate, look.energy)
        else:
            words = f"Axis at column <b>{look.center:.2f}</b> at {look.energy:.1f} eV."
        if look.tilt:
            words += f" Tilted by {look.tilt:.2f}°."
        if look.shifts is not None:
            down, across = np.sqrt(np.mean(look.shifts**2, axis=0))
            words += f" Views shifted by {down:.2f} rows and {across:.2f} columns (rms)."
        if look.near:
            words += " These shifts were found about another axis; finding them about this one…"
        if before:
            words += " The slice with its stripes waits hidden in the layer list: its eye lays it over."
        self.say(words)
