"""What was found when the views were aligned: rotation axis, jitter and motion against energy."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QComboBox, QVBoxLayout, QWidget

from ...workflow.describe_alignment import alignment_in_words
from ..forms import Words
from ..plot import EnergyPlot, legend_of
from .finder import AMBER
from .found_curves import PAGES, curves_of


class FoundSection(QWidget):
    """Plots of one alignment against energy, with words.

    Attributes
    ----------
    energy_chosen : Signal(float)
        The energy that was clicked, eV.
    """

    energy_chosen = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self._alignment: Any = None
        self.words = Words()
        self.page = QComboBox()
        self.page.addItems(list(PAGES))
        self.page.currentIndexChanged.connect(lambda _: self._draw())
        self.plot = EnergyPlot("", legend="none")
        self.plot.setFixedHeight(165)
        self.plot.setToolTip("Click an energy to look at a slice of it above.")
        self.plot.energy_chosen.connect(self.energy_chosen.emit)
        self.legend = Words()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        for widget in (self.words, self.page, self.plot, self.legend):
            layout.addWidget(widget)

    def show_alignment(self, alignment: Any, warnings: list[str]) -> None:
        """Show what was found, and what was warned of."""
        self._alignment = alignment
        said = "".join(f"<br><span style='color: {AMBER};'>⚠ {escape(one)}</span>" for one in warnings)
        self.words.setText("<br>".join(map(escape, alignment_in_words(alignment))) + said)
        self._draw()

    def mark(self, energy: float | None) -> None:
        """Put the line at an energy."""
        self.plot.mark(energy)

    def _draw(self) -> None:
        if self._alignment is None:
            return
        curves = curves_of(self._alignment, self.page.currentText())
        self.plot.relabel(*PAGES[self.page.currentText()])
        self.plot.draw(curves)
        known = [c for c in curves if np.isfinite(c.values).any()]
        self.legend.setText(legend_of(known) if known else "Nothing was measured: see 'Alignment of views'.")
