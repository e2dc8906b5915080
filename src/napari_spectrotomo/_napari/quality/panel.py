"""The Quality panel: is the registration right? MSE and Dice against energy, and everything that was warned of."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QListWidget, QListWidgetItem, QVBoxLayout

from ..energy_text import shown_energy
from ..layers import go_to_energy
from ..panel import Panel
from ..plot import Curve, EnergyPlot

RED, BLUE = "#ff5c5c", "#5ca8ff"


class QualityPanel(Panel):
    """Judge the registration."""

    NAME: ClassVar[str] = "Quality"

    def build(self, body: QVBoxLayout) -> None:
        """Put in the plots and the list."""
        self.mse = EnergyPlot("MSE of masks")
        self.dice = EnergyPlot("Dice of masks", legend="bottom")
        for plot in (self.mse, self.dice):
            plot.energy_chosen.connect(self._go)
            body.addWidget(plot, 2)
        title = QLabel("Flags and warnings; click one of an energy to go there.")
        title.setWordWrap(True)
        body.addWidget(title)
        self.list = QListWidget()
        self.list.setWordWrap(True)
        self.list.setMinimumHeight(110)
        self.list.itemClicked.connect(self._on_item)
        body.addWidget(self.list, 1)
        self.listen(self.viewer.dims.events.point, self._mark)

    def missing(self) -> tuple[str, str] | None:
        """Ask for a registration."""
        project = self.state.project
        if project is not None and self.state.stage("register") != "done":
            return "Register the volumes first: quality is judged on registered masks.", "Register"
        return super().missing()

    def headline(self) -> str:
        """Say how many energies need a look."""
        project = self.state.project
        quality = project.registration().quality
        flagged = int((quality["flag"].fillna("").astype(str) != "").sum())
        return f"{len(quality)} energies, red raw, blue registered; " + (
            f"{flagged} with a flag." if flagged else "none with a flag."
        )

    def refresh(self) -> None:
        """Draw the curves and list what was warned of."""
        project = self.state.project
        quality = project.registration().quality
        energies = quality["energy_eV"].to_numpy(float)
        for plot, name in ((self.mse, "mse"), (self.dice, "dice")):
            raw, registered = (quality[f"{name}_{which}"].to_numpy(float) for which in ("raw", "registered"))
            plot.draw(
                [
                    Curve(energies, raw, "raw", RED, symbols=True),
                    Curve(energies, registered, "registered", BLUE, symbols=True),
                ]
            )
        self._mark()
        self.list.clear()
        for row in quality.itertuples():
            flag = "" if row.flag is None or row.flag != row.flag else str(row.flag)
            if flag or row.status not in ("converged",):
                self._add(f"{row.energy_eV:.1f} eV: {flag or row.status}", float(row.energy_eV))
        for warning in project.warnings():
            self._add(warning)
        if not self.list.count():
            self._add("Nothing was flagged.")

    def _add(self, text: str, energy: float | None = None) -> None:
        item = QListWidgetItem(text)
        item.setData(Qt.ItemDataRole.UserRole, energy)
        self.list.addItem(item)

    def _on_item(self, item: Any) -> None:
        energy = item.data(Qt.ItemDataRole.UserRole)
        if energy is not None:
            self._go(float(energy))

    def _go(self, energy: float) -> None:
        go_to_energy(self.viewer, int(np.argmin(np.abs(self.state.project.energies - energy))))

    def _mark(self, event: Any = None) -> None:
        energy = shown_energy(self.viewer)
        for plot in (self.mse, self.dice):
            plot.mark(energy)
