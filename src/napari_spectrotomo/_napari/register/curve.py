"""The section of the Register panel that draws the masks' MSE against energy, filling in while energies are registered."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import Any

import numpy as np
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QVBoxLayout, QWidget

from ...progress import Progress
from ...workflow import registered_so_far
from ..energy_text import shown_energy
from ..latest import Latest
from ..plot import EnergyPlot, legend_of
from ..quality.curves import curves_of
from ..readable import ReadableLabel
from ..state import state_of
from ..theme import colors

_HEIGHT = 155
_FLAGS = 3
"""Flagged energies that are named."""


class CurveSection(QWidget):
    """MSE of the masks to the fixed one against energy; a click goes to an energy.

    Parameters
    ----------
    viewer : napari viewer

    Attributes
    ----------
    energy_chosen : Signal(float)
        In eV.
    latest : Latest
        Reads how far the registration is.
    table : DataFrame or None
        What is drawn.
    """

    energy_chosen = Signal(float)

    def __init__(self, viewer: Any) -> None:
        super().__init__()
        self._viewer, self._state = viewer, state_of(viewer)
        self.latest = Latest()
        self.table: Any = None
        self._of: Any = None
        self.plot = EnergyPlot("MSE of masks", legend="none")
        self.plot.setFixedHeight(_HEIGHT)
        self.plot.setToolTip(
            "Mean squared error of the masks (0 to 1) to the fixed one, before and after registration. Click to go to an energy."
        )
        self.legend, self.words = ReadableLabel(), ReadableLabel()
        self.words.setWordWrap(True)
        self.words.setToolTip("Means over the energies that are registered, without the fixed one.")
        self.words.linkActivated.connect(lambda energy: self.energy_chosen.emit(float(energy)))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        for widget in (self.legend, self.plot, self.words):
            layout.addWidget(widget)
        self.plot.energy_chosen.connect(self.energy_chosen)
        self.hide()

    def refresh(self) -> None:
        """Ask how far the registration is."""
        project = self._state.project
        if project is not self._of:
            self._of, self.table = project, None
            self.hide()
        if project is not None:
            self.latest.ask(partial(_read, project))

    def on_progress(self, progress: Progress) -> None:
        """Ask again after every energy."""
        if progress.stage == "register" and progress.energy is not None:
            self.latest.ask(partial(_read, self._state.project))

    def show_table(self, found: tuple[Any, Any]) -> None:
        """Draw what was read, if it is of this project."""
        project, table = found
        if project is not self._state.project:
            return
        known = np.isfinite(table["mse_raw"].to_numpy(float))
        self.table = table
        self.setVisible(bool(known.any()))
        by_particle = bool(table["particles"].max())
        curves = curves_of(table, "mse", by_particle)
        self.plot.draw(curves)
        self._span(table["energy_eV"].to_numpy(float), complete=bool(known.all()))
        self.legend.setText(legend_of(curves))
        self.words.setText(self._in_words(project, table, known))
        self.mark()

    def mark(self, *_: Any) -> None:
        """Put the line at the energy shown."""
        self.plot.mark(shown_energy(self._viewer))

    def _span(self, energies: Any, complete: bool) -> None:
        """Keep the axis as wide as the scan while curves fill in."""
        drawn = self.plot.widget
        if drawn is None:
            return
        if complete:
            drawn.enableAutoRange(axis="x")
        else:
            drawn.setXRange(float(energies.min()), float(energies.max()))

    def _in_words(self, project: Any, table: Any, known: Any) -> str:
        """Give the means so far, and the energies to look at."""
        moved = known & (np.arange(len(table)) != project.fixed_index)
        count = "" if known.all() else f"{int(known.sum())} of {len(table)} energies so far. "
        if not moved.any():
            return count
        stages = ("raw", "global", "registered") if table["particles"].max() else ("raw", "registered")
        mse, dice = (
            " → ".join(_number(table.loc[moved, f"{name}_{stage}"], digits) for stage in stages)
            for name, digits in (("mse", 4), ("dice", 3))
        )
        return f"{count}Mean MSE {mse}, Dice {dice}.{self._flags(table)}"

    def _flags(self, table: Any) -> str:
        flagged = table[table["flag"].fillna("").astype(bool) | (table["status"] == "failed")]
        if not len(flagged):
            return ""
        shades = colors(self._viewer)
        links = ", ".join(
            f'<a href="{row.energy_eV}" style="color: {shades.link};" title="{escape(str(row.flag))}">{row.energy_eV:.1f}</a>'
            for row in flagged.head(_FLAGS).itertuples()
        )
        more = f" and {len(flagged) - _FLAGS} more (see Quality)" if len(flagged) > _FLAGS else ""
        return f' <span style="color: {shades.warn};">Look at</span> {links}{more} eV.'


def _read(project: Any) -> tuple[Any, Any]:
    return project, registered_so_far(project)


def _number(values: Any, digits: int) -> str:
    mean = float(np.nanmean(values)) if np.isfinite(values.to_numpy(float)).any() else np.nan
    return f"{mean:.{digits}f}" if np.isfinite(mean) else "unknown"
