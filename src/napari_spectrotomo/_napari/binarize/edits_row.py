"""A word and two buttons that appear when particles or masks were edited by hand."""

from __future__ import annotations

from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from ..theme import Colors

HOW_TO = (
    "To edit by hand, choose the layer Particles or Mask and use napari's brush, eraser and bucket. Pick one particle's colour "
    "and pour it on another to merge them; erase, or paint a new number, to part one."
)


class EditsRow(QWidget):
    """Says what was edited, and offers to take it over or to drop it."""

    def __init__(self) -> None:
        super().__init__()
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.take, self.drop = QPushButton("Take over my edits"), QPushButton("Drop them")
        self.take.setToolTip("Save what was edited in the project, set it in the recipe, and label again with it.")
        self.drop.setToolTip("Show what the project holds again; what was edited is lost.")
        buttons = QHBoxLayout()
        buttons.addWidget(self.take, 1)
        buttons.addWidget(self.drop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 4)
        layout.addWidget(self.words)
        layout.addLayout(buttons)
        self.hide()

    def say(self, edited: str, shades: Colors) -> None:
        """Name what was edited, or hide."""
        self.words.setText(f"You edited {edited}. The project does not know it yet.")
        self.words.setStyleSheet(f"color: {shades.accent};")
        self.setVisible(bool(edited))
