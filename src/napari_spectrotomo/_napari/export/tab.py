"""What the pages of the Export panel have in common."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from magicgui.widgets import ComboBox
from magicgui.widgets.bases import ValueWidget
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QVBoxLayout, QWidget

from ..forms import Words, labelled
from ..work import Steps


@dataclass(frozen=True, slots=True)
class Task:
    """Long work that a page asks for.

    Attributes
    ----------
    steps : callable(abort) -> generator
        Returns the path that was written.
    after : callable, optional
        Called in the GUI thread however the work ended.
    """

    steps: Steps
    after: Callable[[], None] | None = None


class Tab(QWidget):
    """A page of the Export panel.

    Attributes
    ----------
    TITLE, ACTION : str
        Of its tab and of the panel's button.
    KINDS : dict of str to str
        Suffixes with their words, for the dialog; the first is the default.
    """

    TITLE: ClassVar[str] = ""
    ACTION: ClassVar[str] = ""
    KINDS: ClassVar[dict[str, str]] = {}

    def __init__(self, viewer: Any) -> None:
        super().__init__()
        self.viewer = viewer
        self.page = QVBoxLayout(self)
        self.page.setContentsMargins(4, 8, 4, 4)
        self.about = Words()
        self.about.setTextFormat(Qt.TextFormat.PlainText)  # it names layers
        self.build()
        self.page.addWidget(self.about)
        self.page.addStretch(1)

    def build(self) -> None:
        """Put in the page's fields."""

    def refresh(self) -> None:
        """Bring choices up to date with the viewer."""

    def why_not(self) -> str:
        """Say what is missing; empty when the button can be pressed."""
        return ""

    def suggestion(self) -> str:
        """Give a name for the file, without a suffix."""
        return "export"

    def begin(self, path: Path) -> Task:
        """Take from the viewer what is needed, in the GUI thread, and give the work."""
        raise NotImplementedError

    def kinds(self) -> dict[str, str]:
        """Give the kinds of file that can be written here and now."""
        return self.KINDS

    def add_rows(self, *widgets: ValueWidget) -> QWidget:
        """Add fields below each other."""
        rows = labelled(list(widgets))
        self.page.addWidget(rows)
        return rows


def choose_from(field: ComboBox, layers: list[Any], other: tuple[tuple[str, Any], ...] = ()) -> None:
    """Offer layers by name, the choice of before kept where it is still there."""
    before = field.value
    choices = [*((layer.name, layer) for layer in layers), *other]
    field.choices = choices or [("nothing yet", None)]
    if any(before is value for _, value in choices):
        field.value = before


def file_name(words: str) -> str:
    """Give words as a name of a file: without units, but with a word on what is out of date; letters, numbers, underscores."""
    plain = re.sub(r"\((?!out of date)[^)]*\)", "", words)
    return re.sub(r"\W+", "_", plain).strip("_").lower() or "export"
