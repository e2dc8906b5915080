"""A row for references: a tick to lay them over the spectra, and a button to choose their files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QPushButton, QWidget

from ..alive import while_alive
from ..latest import Latest
from .overlaid import overlaid

_FILTERS = "Spectra (*.xdi *.prj *.xmu *.nor *.mu *.txt *.dat *.csv *.tsv *.asc);;All files (*)"


class ReferenceRow(QWidget):
    """References laid over the spectra: the recipe's, or those of files chosen here.

    Attributes
    ----------
    wanted : Signal(bool)
        References shall be shown, or no more.
    read : Signal(object)
        References by name, or none.
    failed : Signal(str)
        What was wrong with files.
    """

    wanted, read, failed = Signal(bool), Signal(object), Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.tick, self.choose = QCheckBox("references"), QPushButton("Files…")
        self.tick.setToolTip(
            "Lay the recipe's reference spectra, or those of the files chosen, over the normalised ones."
        )
        self.choose.setToolTip("Files of reference spectra: XDI, two-column text (eV or keV), or an Athena project.")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.tick)
        row.addWidget(self.choose)
        row.addStretch(1)
        self.files: tuple[str, ...] = ()
        self._recipes: tuple[str, ...] = ()
        self._seen: Any = None
        self._latest = Latest()
        self._latest.done.connect(while_alive(self, self._on_read))
        self._latest.failed.connect(while_alive(self, self._on_failed))
        self.tick.toggled.connect(self._on_tick)
        self.choose.clicked.connect(self._choose)

    def offer(self, project: Any, windows: dict[str, Any], energies: Any) -> None:
        """Say what references there are, with the windows of the map and the energies of the scan in eV; read them if wanted."""
        given = None if project is None else project.recipe.composition.references
        self._recipes = () if given is None else (str(given),)
        shift = 0.0 if project is None else float(project.energy_shift()["shift_eV"])
        files = self.files or self._recipes
        names = ", ".join(Path(f).stem for f in files)
        self.tick.setText("references" if not files else f"references ({names if len(names) < 24 else len(files)})")
        seen = (files, str(windows), tuple(energies), shift) if self.tick.isChecked() else None
        if seen == self._seen:
            return
        self._seen = seen
        if seen is None or not files or not windows or not len(energies):
            self.read.emit({})
            if seen is not None and files and not windows:
                self.failed.emit("Make the edge map (again) first: references are normalised with its windows.")
            return
        at = energies + shift
        self._latest.ask(lambda: overlaid(files, at, windows))

    def _on_tick(self, on: bool) -> None:
        if on and not (self.files or self._recipes):
            self._choose()
            if not self.files:
                self.tick.setChecked(False)
                return
        self.wanted.emit(on)

    def _choose(self) -> None:
        chosen, _ = QFileDialog.getOpenFileNames(self, "Reference spectra", "", _FILTERS)
        if chosen:
            self.files = tuple(chosen)
            if self.tick.isChecked():
                self.wanted.emit(True)
            else:
                self.tick.setChecked(True)

    def _on_read(self, found: Any) -> None:
        references, problems = found
        self.read.emit(references if self.tick.isChecked() else {})
        if problems:
            self.failed.emit(" ".join(problems))

    def _on_failed(self, error: Exception) -> None:
        self.read.emit({})
        self.failed.emit(str(error))
