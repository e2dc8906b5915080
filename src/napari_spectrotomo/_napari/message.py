"""A sentence in a panel, an error's details behind a button."""

from __future__ import annotations

from typing import Any
from weakref import ref

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QLabel, QMessageBox, QPushButton, QWidget

from .theme import colors


class Message(QWidget):
    """A sentence, hidden while there is none.

    Parameters
    ----------
    viewer : napari viewer
        Whose theme the colour of errors goes by.
    """

    def __init__(self, viewer: Any) -> None:
        super().__init__()
        self._viewer = ref(viewer)
        self.details = ""
        self.label = QLabel()
        self.label.setTextFormat(Qt.TextFormat.PlainText)  # errors name files, whose names may look like HTML
        self.label.setWordWrap(True)
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.more = QPushButton("Details…")
        self.more.setToolTip("What lies behind this error, to copy into a mail to those who can help.")
        self.more.clicked.connect(self._show_details)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.label, 1)
        row.addWidget(self.more, 0, Qt.AlignmentFlag.AlignTop)
        self.hide()

    def text(self) -> str:
        """Give the sentence that is shown."""
        return self.label.text()

    def say(self, sentence: str, *, error: bool = False, details: str = "") -> None:
        """Show a sentence in place of the one before; none hides it."""
        viewer = self._viewer()
        self.label.setText(sentence)
        self.label.setStyleSheet(f"color: {colors(viewer).error};" if error and viewer is not None else "")
        self.details = details
        self.more.setVisible(bool(details))
        self.setVisible(bool(sentence))

    def _show_details(self) -> None:
        box = QMessageBox(QMessageBox.Icon.Warning, "What went wrong", self.text(), parent=self)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setDetailedText(self.details)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()
