"""What of the spectra is taken away: numbers and pictures, to the clipboard and to files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from qtpy.QtGui import QImage
from qtpy.QtWidgets import QApplication, QFileDialog, QHBoxLayout, QMenu, QPushButton, QWidget

from ...errors import SpectrotomoError
from ...report import spectra_picture, write_spectra_picture
from ..alive import while_alive
from ..latest import Latest
from ..plot import EnergyPlot
from .curves import drawn
from .spectra import RegionSpectrum, as_text, save_spectra

_NUMBERS = "CSV, all in one table (*.csv);;XDI, a file a spectrum (*.xdi)"
_PICTURES = "PNG, 300 dpi (*.png);;SVG (*.svg);;PDF (*.pdf)"


class Taking(QWidget):
    """Two buttons with menus: copy and export.

    Parameters
    ----------
    plot : EnergyPlot
        Whose curves are drawn.
    say : callable
        Says a sentence in the panel.
    """

    def __init__(self, plot: EnergyPlot, say: Callable[..., None]) -> None:
        super().__init__()
        self._plot, self._say = plot, say
        self._spectra: list[RegionSpectrum] = []
        self._unit, self._label, self._shift = "", "", 0.0
        self._about: dict[str, object] = {}
        self._drawing = Latest()
        self._drawing.done.connect(while_alive(self, self._on_drawn))
        self._drawing.failed.connect(while_alive(self, self._on_failed))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        self.copy = self._menu("Copy", "To the clipboard, for a spreadsheet or a talk.", row)
        self.export = self._menu("Export", "To files.", row)
        for menu, words, tip, do in (
            (
                self.copy,
                "Numbers",
                "A table with tabs: energies in eV, mean, standard error, count.",
                self.copy_numbers,
            ),
            (self.copy, "Picture", "The plot on white, 120 mm wide at 300 dpi.", self.copy_picture),
            (self.export, "Numbers (CSV, XDI)…", "Larch and Athena open XDI.", self.export_numbers),
            (self.export, "Picture (PNG, SVG, PDF)…", "The plot on white, 120 mm wide.", self.export_picture),
        ):
            action = menu.menu().addAction(words)
            action.setToolTip(tip)
            action.triggered.connect(lambda _=False, do=do: do())
        self.give([], "", "", 0.0, {})

    def give(
        self, spectra: list[RegionSpectrum], unit: str, label: str, shift: float, about: dict[str, object]
    ) -> None:
        """Say what there is: whole spectra, their unit and label, the energy shift in them, and the fields of an XDI file."""
        self._spectra, self._unit, self._label, self._shift, self._about = spectra, unit, label, shift, about
        self.setEnabled(bool(spectra) and all(s.whole for s in spectra))

    def copy_numbers(self) -> None:
        """Put the spectra into the clipboard as a table."""
        try:
            QApplication.clipboard().setText(as_text(self._spectra, self._unit))
        except SpectrotomoError as error:
            self._say(str(error), error=True)
            return
        self._say(f"Copied {len(self._spectra)} spectra{self._shifted()}.")

    def copy_picture(self) -> None:
        """Put the plot into the clipboard as a picture."""
        curves, label, energy = drawn(list(self._plot.curves)), self._label, self._plot.energy
        self._drawing.ask(lambda: spectra_picture(curves, label=label, energy=energy))

    def export_numbers(self) -> None:
        """Write the spectra to a file."""
        chosen, _ = QFileDialog.getSaveFileName(self, "Export spectra", "roi_spectra.csv", _NUMBERS)
        if not chosen:
            return
        try:
            written = save_spectra(self._spectra, Path(chosen), self._unit, self._about)
        except SpectrotomoError as error:
            self._say(str(error), error=True)
            return
        more = f" and {len(written) - 1} more" if len(written) > 1 else ""
        self._say(f"Written to {written[0].name}{more}{self._shifted()}.")

    def export_picture(self) -> None:
        """Write the plot to a file."""
        chosen, _ = QFileDialog.getSaveFileName(self, "Export the plot", "roi_spectra.png", _PICTURES)
        if not chosen:
            return
        path = Path(chosen) if Path(chosen).suffix else Path(chosen).with_suffix(".png")
        curves, label, energy = drawn(list(self._plot.curves)), self._label, self._plot.energy
        self._drawing.ask(lambda: write_spectra_picture(path, curves, label=label, energy=energy))

    def _on_drawn(self, made: bytes | Path) -> None:
        if isinstance(made, Path):
            self._say(f"Written to {made.name}.")
        else:
            QApplication.clipboard().setImage(QImage.fromData(made))
            self._say("Copied the plot as a picture.")

    def _on_failed(self, error: Exception) -> None:
        self._say(str(error), error=True)

    def _shifted(self) -> str:
        return f", energies shifted by {self._shift:+.2f} eV as for the edge map" if self._shift else ""

    def _menu(self, words: str, tip: str, row: QHBoxLayout) -> Any:
        button = QPushButton(words)
        button.setToolTip(tip)
        menu = QMenu(button)
        menu.setToolTipsVisible(True)
        button.setMenu(menu)
        row.addWidget(button)
        return button
