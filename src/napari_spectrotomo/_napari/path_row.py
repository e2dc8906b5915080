"""A path to type, to choose, or to drop."""

from __future__ import annotations

from pathlib import Path

from magicgui.widgets import LineEdit
from qtpy.QtCore import Signal
from qtpy.QtGui import QDragEnterEvent, QDropEvent
from qtpy.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget


class PathRow(QWidget):
    """A label, a line for a path, and buttons that open dialogs.

    Parameters
    ----------
    label, tooltip : str
    file, folder : bool
        Whether a file and whether a folder can be chosen.
    new : bool
        Whether the folder may be one that does not exist yet.

    Attributes
    ----------
    changed : Signal(str)
    near : path or None
        Where choosing begins while the line is empty; None for home.
    """

    changed = Signal(str)

    def __init__(self, label: str, tooltip: str, *, file: bool = False, folder: bool = True, filters: str = "") -> None:
        super().__init__()
        self._filters = filters
        self.near: Path | None = None
        self.line = LineEdit(name=label, tooltip=tooltip)
        self.line.changed.connect(lambda *_: self.changed.emit(self.line.value))
        self.setAcceptDrops(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(QLabel(label))
        row = QHBoxLayout()
        row.addWidget(self.line.native, 1)
        for wanted, words, choose in ((folder, "Folder…", self._choose_folder), (file, "File…", self._choose_file)):
            if wanted:
                button = QPushButton(words)
                button.clicked.connect(choose)
                row.addWidget(button)
        layout.addLayout(row)

    @property
    def path(self) -> Path | None:
        """The path in the line, or None when it is empty."""
        text = self.line.value.strip()
        return Path(text).expanduser() if text else None

    @path.setter
    def path(self, value: Path | str | None) -> None:
        self.line.value = "" if value is None else str(value)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take what is a local path."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Write the first dropped path into the line."""
        self.path = event.mimeData().urls()[0].toLocalFile()

    def _choose_folder(self) -> None:
        self._take(QFileDialog.getExistingDirectory(self, self.line.name, self._start()))

    def _choose_file(self) -> None:
        self._take(QFileDialog.getOpenFileName(self, self.line.name, self._start(), self._filters)[0])

    def _start(self) -> str:
        path = self.path
        return str(path if path and path.exists() else (path.parent if path else self.near or Path.home()))

    def _take(self, chosen: str) -> None:
        if chosen:
            self.path = chosen
