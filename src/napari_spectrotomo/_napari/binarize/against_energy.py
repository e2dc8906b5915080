"""Thresholds and the size of the mask against energy, so that an odd one shows."""

from __future__ import annotations

from typing import Any

import numpy as np
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QComboBox, QVBoxLayout, QWidget

from ...data import FloatArray
from ...segment import unlike_neighbours
from ..forms import Words
from ..plot import Curve, EnergyPlot
from ..theme import Colors

SIZE, LEVEL = "Size of the mask", "Threshold"
_BLUE, _RED = "#5ca8ff", "#ff5c5c"


class AgainstEnergy(QWidget):
    """Plots of what the stage found at each energy; it fills in while the stage is at work.

    Attributes
    ----------
    energy_chosen : Signal(float)
        The energy that was clicked, eV.
    """

    energy_chosen = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self.page = QComboBox()
        self.page.addItems([LEVEL, SIZE])
        self.page.setToolTip(
            "The threshold follows the sample's absorption, which changes with energy. The size of the mask should not "
            "change: the sample is the same at all energies."
        )
        self.plot = EnergyPlot("", legend="none")
        self.plot.setFixedHeight(165)
        self.words = Words()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        for widget in (self.page, self.plot, self.words):
            layout.addWidget(widget)
        self.page.currentIndexChanged.connect(lambda _: self._draw())
        self.plot.energy_chosen.connect(self.energy_chosen.emit)
        self._energies: FloatArray = np.zeros(0)
        self._values: dict[str, FloatArray] = {}
        self._labels: dict[str, str] = {}

    def show_project(self, project: Any, unit: str, shades: Colors) -> bool:
        """Show what the stage found so far; say whether there is something to be seen."""
        entry = project.record.stage("binarize")
        self._energies = np.asarray(project.energies)
        voxel = project.record.content["scan"].get("voxel_size_nm")
        cube, size_unit = (1.0, "voxels") if voxel is None else (float(np.prod(voxel)) * 1e-9, "µm³")
        if project.planar:
            cube, size_unit = 1.0, "pixels"
        self._values = {
            LEVEL: _by_energy(entry.get("thresholds", {}), self._energies),
            SIZE: _by_energy(entry.get("sample_voxels", {}), self._energies) * cube,
        }
        self._labels = {LEVEL: f"threshold ({unit})" if unit else "threshold", SIZE: f"sample ({size_unit})"}
        if not np.isfinite(self._values[LEVEL]).any():  # masks of one's own have no threshold
            self.page.setCurrentText(SIZE)
        odd = unlike_neighbours(self._values[SIZE])
        self.words.setText(_in_words(self._energies, odd, shades))
        self._draw()
        return any(np.isfinite(values).any() for values in self._values.values())

    def mark(self, energy: float | None) -> None:
        """Put the line at an energy."""
        self.plot.mark(energy)

    def _draw(self) -> None:
        page = self.page.currentText()
        values = self._values.get(page)
        if values is None:
            return
        odd = np.isfinite(unlike_neighbours(self._values[SIZE]))
        least = 0.1 * float(np.nanmax(values)) if page == SIZE and np.isfinite(values).any() else None
        self.plot.relabel(self._labels[page], least)
        known = np.isfinite(values)
        curves = [Curve(self._energies[known], values[known], page, _BLUE, symbols=True)]
        if odd.any():
            curves.append(Curve(self._energies[odd], values[odd], "odd", _RED, symbols=True, line=False))
        self.plot.draw(curves)


def _by_energy(found: dict[str, float], energies: FloatArray) -> FloatArray:
    """Give what the record holds by energy, NaN where it holds nothing."""
    return np.array([found.get(f"{energy:.2f}", np.nan) for energy in energies], np.float64)


def _in_words(energies: FloatArray, odd: FloatArray, shades: Colors) -> str:
    """Name the energies whose masks are of another size than those beside them; HTML."""
    named = [
        f"{energy:.1f} eV ({share:+.0%})" for energy, share in zip(energies, odd, strict=True) if np.isfinite(share)
    ]
    if not named:
        return ""
    verb = "is" if len(named) == 1 else "are"
    return (
        f'<span style="color: {shades.warn};">⚠ The mask {verb} of another size at {", ".join(named)}: click the red point, '
        "then move the threshold for this energy only.</span>"
    )
