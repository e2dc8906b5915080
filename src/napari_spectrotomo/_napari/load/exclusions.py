"""Leaving out energies and projections by hand, each with its reason."""

from __future__ import annotations

import re
from typing import Any

from magicgui.widgets import ComboBox, LineEdit
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QListWidget, QPushButton, QVBoxLayout, QWidget

from ...errors import ParameterError
from ...preprocess import Exclusion
from ..forms import labelled

_RANGE = re.compile(r"(\d{1,9})(?:\s*-\s*(\d{1,9}))?", re.ASCII)


class ExclusionEditor(QWidget):
    """A short form for one more exclusion, and the list of those there are.

    Attributes
    ----------
    edited : Signal(tuple)
        All exclusions as they should be.
    refused : Signal(str)
        Why the form cannot be taken.
    """

    edited = Signal(object)
    refused = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._exclusions: tuple[Exclusion, ...] = ()
        self._views = 0
        self.energy = ComboBox(label="energy", choices=[("every energy", None)], tooltip="The energy it is about.")
        self.projections = LineEdit(
            label="projections", tooltip="Numbers of projections from 0, such as 3, 7-9; empty: the whole energy."
        )
        self.projections.native.setPlaceholderText("3, 7-9 or empty: all of them")
        self.reason = LineEdit(label="reason", tooltip="Why; it stands in the recipe and the report.")
        self.add = QPushButton("Leave out")
        self.add.clicked.connect(self._add)
        self.list = QListWidget()
        self.list.setMaximumHeight(80)
        self.list.setWordWrap(True)
        self.remove = QPushButton("Take back the selected")
        self.remove.clicked.connect(self._remove)
        self._fields = labelled([self.energy, self.projections, self.reason])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self._fields, self.add, self.list, self.remove):
            layout.addWidget(widget)

    def show_exclusions(self, exclusions: tuple[Exclusion, ...], energies: Any, views: int) -> None:
        """Show the exclusions of a project, and the energies there are to leave out.

        Parameters
        ----------
        exclusions : tuple of Exclusion
        energies : (E,), eV
        views : int
            The most projections that an energy has now.
        """
        self._exclusions = tuple(exclusions)
        left_out = sum(views if x.angles else len(x.projections or ()) for x in self._exclusions)
        self._views = views + left_out  # numbers count what was left out before
        chosen = self.energy.value
        choices = [("every energy", None), *((f"{e:.1f} eV", float(e)) for e in energies)]
        self.energy.choices = choices
        if any(value == chosen for _, value in choices):
            self.energy.value = chosen
        self.list.clear()
        self.list.addItems([_words(x) for x in self._exclusions])
        self.list.setVisible(bool(self._exclusions))
        self.remove.setVisible(bool(self._exclusions))

    def _add(self) -> None:
        try:
            views = numbers_from(self.projections.value, self._views)
        except ParameterError as error:
            self.refused.emit(str(error))
            return
        reason = self.reason.value.strip()
        if not reason:
            self.refused.emit("Say why it is left out: the reason stands in the recipe and the report.")
        elif self.energy.value is None and not views:
            self.refused.emit("Choose an energy to leave out, or give the numbers of projections.")
        else:
            self.edited.emit(
                (*self._exclusions, Exclusion(reason=reason, energy=self.energy.value, projections=views or None))
            )

    def _remove(self) -> None:
        rows = {index.row() for index in self.list.selectedIndexes()}
        if rows:
            self.edited.emit(tuple(x for i, x in enumerate(self._exclusions) if i not in rows))


def numbers_from(text: str, count: int) -> tuple[int, ...]:
    """Read numbers and ranges, such as ``3, 7-9``; empty where nothing is written.

    Parameters
    ----------
    text : str
    count : int
        Numbers are below this.

    Raises
    ------
    ParameterError
        If it is anything else, a range runs backwards, or a number is too high.
    """
    numbers: list[int] = []
    for part in filter(None, (p.strip() for p in text.split(","))):
        found = _RANGE.fullmatch(part)
        if not found:
            raise ParameterError(f"{part!r} is no projection: give numbers and ranges, such as 3, 7-9.")
        first, last = int(found[1]), int(found[2] or found[1])
        if last < first:
            raise ParameterError(f"{part!r} runs backwards: write {last}-{first}.")
        if last >= count:
            raise ParameterError(f"There is no projection {last} in this scan: they are numbered from 0.")
        numbers += range(first, last + 1)
    if text.strip() and not numbers:
        raise ParameterError(f"{text.strip()!r} is no projection: give numbers and ranges, such as 3, 7-9.")
    return tuple(numbers)


def _words(exclusion: Exclusion) -> str:
    where = "every energy" if exclusion.energy is None else f"{exclusion.energy:.1f} eV"
    what = "" if exclusion.projections is None else f", projections {', '.join(map(str, exclusion.projections))}"
    angles = "" if exclusion.angles is None else f", {', '.join(f'{a:g}°' for a in exclusion.angles)}"
    return f"{where}{what}{angles}: {exclusion.reason}"
