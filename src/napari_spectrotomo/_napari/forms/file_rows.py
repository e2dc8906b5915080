"""The parameters of a stage that name files, as lines with a button to choose one."""

from __future__ import annotations

import dataclasses
import os
from typing import Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QVBoxLayout, QWidget

from ..path_row import PathRow


class FileRows(QWidget):
    """A line for each of some parameters that name a file; it can be tied to a stage as a form can.

    Parameters
    ----------
    cls : type
        A parameter dataclass.
    names : tuple of str
        Of its parameters, paths or None.
    folders : tuple of str
        Those of them that may name a folder.

    Attributes
    ----------
    edited : Signal(str)
        A parameter was changed by the user; its name.
    """

    edited = Signal(str)

    def __init__(self, cls: type, names: tuple[str, ...], folders: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.rows: dict[str, PathRow] = {}
        self._quiet = False
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for field in dataclasses.fields(cls):
            if field.name in names:
                words = field.metadata.get("label") or field.name.replace("_", " ")
                row = PathRow(words, field.metadata.get("doc", ""), file=True, folder=field.name in folders)
                row.changed.connect(lambda _, name=field.name: self._on_changed(name))
                layout.addWidget(row)
                self.rows[field.name] = row

    def values(self) -> dict[str, Any]:
        """Give the paths as they stand, None for an empty line."""
        return {name: None if row.path is None else os.path.abspath(row.path) for name, row in self.rows.items()}

    def show_parameters(self, parameters: Any) -> None:
        """Write the paths of a parameter record into the lines, without `edited`."""
        self._quiet = True
        try:
            for name, row in self.rows.items():
                if self.values()[name] != getattr(parameters, name):
                    row.path = getattr(parameters, name)
        finally:
            self._quiet = False

    def _on_changed(self, name: str) -> None:
        if not self._quiet:
            self.edited.emit(name)
