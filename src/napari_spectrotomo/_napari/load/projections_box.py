"""What is looked at of a scan: projections, sinograms, or one view at two energies; as measured or corrected."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from magicgui.widgets import CheckBox
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QButtonGroup, QGroupBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from ...errors import Aborted, SpectrotomoError
from ..alive import while_alive
from ..energy_text import ANGLES
from ..latest import Latest
from ..layers import PROJECTION_ROLES, ROLE, VOLUME_ROLES, fit, go_to_energy, layer_of, put, take_away
from ..layers.tuples import LayerTuple
from ..theme import colors
from .pair_layers import ROLES
from .pair_section import PairSection
from .source import Source, first_read, fullest, optical_density

PROJECTION, SINOGRAM, PAIR = "Projection", "Sinogram", "Two energies"
_TIPS = {
    PROJECTION: "One projection; the sliders under the picture choose energy and angle.",
    SINOGRAM: "All views of one detector row (angle, column); the sliders choose energy and row.",
    PAIR: "One view at two energies over each other, with their outlines: what moved between them parts.",
}
_PLAIN, _TURNED = (0, 1, 2, 3), (0, 2, 1, 3)
"""Orders of the axes (energy, angle, row, column); the last two are seen."""


class ProjectionsBox(QGroupBox):
    """Chooses what is seen of a scan's projections in one viewer.

    Parameters
    ----------
    viewer : napari viewer
        Without volumes: they do not share axes with projections.
    listen : callable(signal, listener)
        Connects a signal for as long as the box lives.
    """

    def __init__(self, viewer: Any, listen: Callable[[Any, Any], None]) -> None:
        super().__init__("Look at the projections")
        self.viewer = viewer
        self.mode = PROJECTION
        self._source: Source | None = None
        self._row_found = self._wrong = False
        self._off = threading.Event()
        self.reading, self.finding, self.correcting = Latest(), Latest(), Latest()
        self.reading.done.connect(while_alive(self, self._on_read))
        self.finding.done.connect(while_alive(self, self._on_row))
        self.correcting.done.connect(while_alive(self, self._on_corrected))
        for latest in (self.reading, self.finding, self.correcting):
            latest.failed.connect(while_alive(self, self._on_failed))
        self._build()
        listen(viewer.dims.events.point, self._on_slider)
        listen(viewer.layers.events.removed, self._on_removed)

    def _build(self) -> None:
        self.buttons, row = QButtonGroup(self), QHBoxLayout()
        for name, tip in _TIPS.items():
            button = QPushButton(name, checkable=True)
            button.setToolTip(tip)
            self.buttons.addButton(button)
            row.addWidget(button)
            button.clicked.connect(partial(self.show_mode, name))
        self.corrected = CheckBox(
            text="Corrected to optical density",
            tooltip="As the next steps see them: darks, flats, exposures, bad pixels, stripes. An energy is corrected when it is "
            "looked at.",
        )
        self.pair = PairSection(self.viewer)
        self.note = QLabel(wordWrap=True, textInteractionFlags=Qt.TextInteractionFlag.TextSelectableByMouse)
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        layout = QVBoxLayout(self)
        layout.addLayout(row)
        for widget in (self.corrected.native, self.pair, self.note):
            layout.addWidget(widget)
        self.corrected.changed.connect(lambda *_: self.show_mode(self.mode))
        self.pair.edited.connect(self._compare)
        self.pair.energy_wanted.connect(self._go_to)
        self.pair.found.connect(self._say)
        self.pair.failed.connect(self._on_failed)

    def show_project(self, project: Any) -> None:
        """Look at a project's scan; what was looked at of another, or before it was changed, goes."""
        if self._source is not None and self._source.holds(project):
            if layer_of(self.viewer, "projections") is None:
                self.show_mode(PROJECTION)
            else:
                self._arrange()
            return
        self._source = source = Source.of(project)
        self._row_found = False
        take_away(self.viewer, "corrected", *ROLES)
        self.pair.offer(project, source.frames)
        scan = project.scan()
        self._button(SINOGRAM).setVisible(not scan.planar)
        self._button(PAIR).setVisible(len(scan) > 1)
        self.show_mode(PROJECTION)

    def show_mode(self, mode: str, *_: Any) -> None:
        """Show projections, a sinogram, or one view at two energies."""
        entered, self.mode = mode != self.mode, mode
        self._say("")
        source = self._source
        if source is None:
            return
        if layer_of(self.viewer, "projections") is None:
            self.reading.ask(partial(first_read, source))
            return
        if mode == SINOGRAM and not self._row_found:
            self._row_found = True
            self.finding.ask(partial(fullest, source))
        if mode != PAIR and self.corrected.value and layer_of(self.viewer, "corrected") is None:
            self._correct(source)
        if mode == PAIR and entered and self._energy() == self.pair.first.value:
            self._go_to(0 if self.pair.first.value else len(source.project.energies) - 1)
        self._arrange()
        self._compare()

    def leave(self) -> None:
        """Take the projections away, and stop what is being worked out."""
        self._stop()
        take_away(self.viewer, *PROJECTION_ROLES)

    def _stop(self) -> None:
        self._off.set()
        self.pair.stop()

    def _button(self, mode: str) -> QPushButton:
        return next(button for button in self.buttons.buttons() if button.text() == mode)

    def _arrange(self) -> None:
        """Bring the buttons, and which layers are seen how, up to date."""
        pair = self.mode == PAIR
        self._color()
        self._button(self.mode).setChecked(True)
        self.corrected.native.setVisible(not pair)
        self.pair.setVisible(pair)
        raw, corrected = layer_of(self.viewer, "projections"), layer_of(self.viewer, "corrected")
        shown = corrected if self.corrected.value and corrected is not None else raw
        for layer in (raw, corrected):
            if layer is not None:
                layer.visible = layer is shown and not pair
        self.pair.arrange(pair)
        order = _TURNED if self.mode == SINOGRAM else _PLAIN
        if self.viewer.dims.ndim == len(order) and tuple(self.viewer.dims.order) != order and shown is not None:
            self.viewer.dims.order = order
            fit(self.viewer, shown)

    def _correct(self, source: Source) -> None:
        self._off.set()
        self._off = threading.Event()
        index = self._energy()
        self._say(f"Correcting {source.project.energies[index]:.1f} eV…")
        self.correcting.ask(partial(optical_density, source, index, self._off))

    def _compare(self) -> None:
        """Compare the two energies at the angle of the slider."""
        layer = layer_of(self.viewer, "projections")
        if self.mode != PAIR or layer is None:
            return
        self._say("…")
        self.pair.take_second(self._energy())
        angles = layer.metadata[ANGLES][self.pair.first.value]
        view = round(float(self.viewer.dims.point[1])) if self.viewer.dims.ndim == len(_PLAIN) else len(angles) // 2
        self.pair.compare(float(angles[min(max(view, 0), len(angles) - 1)]))

    # What comes from threads.

    def _on_read(self, found: tuple[Source, LayerTuple]) -> None:
        source, made = found
        if source is not self._source or any(layer_of(self.viewer, role) is not None for role in VOLUME_ROLES):
            return
        put(self.viewer, made)
        self._go_to(len(source.project.energies) - 1)
        self.show_mode(self.mode)

    def _on_row(self, found: tuple[Source, int]) -> None:
        """Show the sinogram of the row with most of the sample in it."""
        if found[0] is self._source and self.mode == SINOGRAM and self.viewer.dims.ndim == len(_PLAIN):
            self.viewer.dims.set_current_step(2, found[1])

    def _on_corrected(self, found: tuple[Source, LayerTuple]) -> None:
        source, made = found
        if source is not self._source or layer_of(self.viewer, "projections") is None:
            return
        self._say("")
        put(self.viewer, made)
        self._arrange()

    def _on_failed(self, error: Exception) -> None:
        if isinstance(error, Aborted):
            return
        if not isinstance(error, SpectrotomoError):
            raise error
        self._say(str(error), error=True)

    # Sliders and layers.

    def _energy(self) -> int:
        if self.viewer.dims.ndim != len(_PLAIN) or self._source is None:
            return 0
        return int(np.clip(round(float(self.viewer.dims.point[0])), 0, len(self._source.project.energies) - 1))

    def _go_to(self, index: int) -> None:
        if index != self._energy():
            go_to_energy(self.viewer, index)

    def _on_slider(self, event: Any = None) -> None:
        if self._source is None or layer_of(self.viewer, "projections") is None:
            return
        self.pair.take_second(self._energy())
        if self.mode == PAIR:
            self._compare()
        elif self.corrected.value:
            wrong = self._source.frames.wrong.get(self._energy(), "")
            self._say(wrong, error=bool(wrong))

    def _on_removed(self, event: Any) -> None:
        """Leave the axes as others expect them."""
        if event.value.metadata.get(ROLE) == "projections":
            self._stop()
            self.mode = PROJECTION
            if tuple(self.viewer.dims.order) == _TURNED:
                self.viewer.dims.order = _PLAIN

    # Words.

    def _say(self, words: str, *, error: bool = False) -> None:
        self._wrong = error
        self.note.setText(words)
        self.note.setVisible(bool(words))
        self._color()

    def _color(self) -> None:
        """Give the note a colour that can be read on the viewer's theme."""
        shades = colors(self.viewer)
        self.note.setStyleSheet(f"color: {shades.error if self._wrong else shades.text};")
