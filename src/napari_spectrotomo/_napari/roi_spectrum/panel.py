"""The ROI spectrum panel: the mean spectrum of what is drawn, following it as it is dragged."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from napari.layers import Points, Shapes
from qtpy.QtCore import Qt
from qtpy.QtGui import QCloseEvent
from qtpy.QtWidgets import QLabel, QVBoxLayout

from ...progress import Progress
from ..alive import while_alive
from ..energy_text import ENERGIES, shown_energy
from ..layers import go_to_energy, layer_of, show_stage
from ..panel import Panel
from ..plot import EnergyPlot
from ..readable import ReadableLabel
from ..run import GROWING
from ..theme import colors
from .chosen import is_drawn
from .controls import Controls
from .curves import References, curves_of, key_of
from .drawing import is_own, moved_into, regions_layer
from .follower import Follower, Wish
from .regions import MOST
from .spectra import Answer, RegionSpectrum
from .taking import Taking

_DOUBTS = 2
"""Sentences on spectra that are shown at a time."""


class RoiSpectrumPanel(Panel):
    """Spectra of drawn regions."""

    NAME: ClassVar[str] = "ROI spectrum"

    def build(self, body: QVBoxLayout) -> None:
        """Put in the choice of regions and the plot."""
        self.controls = c = Controls()
        self.plot = EnergyPlot("attenuation", legend="none")
        self.plot.energy_chosen.connect(self._go)
        self.key, self.note = ReadableLabel(), QLabel()
        self.note.setTextFormat(Qt.TextFormat.PlainText)  # it names layers
        for label in (self.key, self.note):
            label.setWordWrap(True)
        self.taking = Taking(self.plot, self.say)
        body.addWidget(c)
        body.addWidget(self.key)
        body.addWidget(self.plot, 10)
        body.addWidget(self.note)
        body.addWidget(self.taking)
        self.spectra: list[RegionSpectrum] = []
        self._laid: References = {}
        self.follower = Follower(self.viewer, while_alive(self, self._wish))
        self.listen(self.follower.found, self._on_found)
        self.listen(self.follower.failed, self._on_failed)
        c.draw.clicked.connect(lambda: self._start(Shapes, "add_ellipse"))
        c.pick.clicked.connect(lambda: self._start(Points, "add"))
        c.chosen.chosen.connect(lambda: self.follower.follow(c.chosen.layers))
        c.depth.changed.connect(self._on_depth)
        c.scroll.toggled.connect(self._on_scroll)
        for box in (*c.shown.values(), c.normalized):
            box.toggled.connect(lambda _: self.refresh())
        c.references.wanted.connect(self._on_references)
        c.references.read.connect(self._on_read)
        c.references.failed.connect(lambda words: self.say(words, error=True))
        for event in (self.viewer.layers.events.inserted, self.viewer.layers.events.removed):
            self.listen(event, self._refill)
        self.listen(self.viewer.dims.events.point, self._on_scrolled)
        self.listen(self.viewer.dims.events.order, self._on_scrolled)
        self._refill()

    def missing(self) -> tuple[str, str] | None:
        """Ask for volumes."""
        project = self.state.project
        if layer_of(self.viewer, "raw") is not None or (
            project is not None and self.state.stage("reconstruct") != "missing"
        ):
            return None
        if project is not None and project.kind == "scan":
            return "Reconstruct the scan first: there are no volumes to take a spectrum of.", "Reconstruct"
        return "Load a scan or a stack of volumes first.", "Load"

    def headline(self) -> str:
        """Say what to do."""
        return (
            "Draw a region or pick a point, and drag it: its spectrum follows. Raw dashed, registered solid; shaded: one "
            "standard error."
        )

    def refresh(self) -> None:
        """Compute again: volumes, windows or the theme may have changed."""
        self.note.setStyleSheet(f"color: {colors(self.viewer).faint};")
        if not self.follower.layers:
            self._show([])
        self.controls.references.offer(self.state.project, self._windows(), self._energies())
        self.follower.renew()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Leave off reading."""
        self.follower.stop()
        super().closeEvent(event)

    # Drawing.

    def _start(self, kind: Any, mode: str) -> None:
        """Add a layer to draw in, on the volumes' grid; a sentence where no volumes are in the viewer."""
        if layer_of(self.viewer, "raw") is None and self.state.project is not None:
            show_stage(self.viewer, self.state.project, "reconstruct")
        raw = layer_of(self.viewer, "raw")
        if raw is None:
            self.say("There are no volumes to draw on yet: reconstruct the scan first.", error=True)
            return
        flat = self.controls.scroll.isChecked()
        regions_layer(self.viewer, raw, kind, flat=flat, size=self.controls.diameter).mode = mode

    def _own(self) -> list[Any]:
        return [x for x in self.viewer.layers if is_own(x)]

    def _on_depth(self, *_: Any) -> None:
        for layer in self._own():  # a point is as large as the ball whose spectrum it shows
            if isinstance(layer, Points):
                layer.size = layer.current_size = self.controls.diameter
        self.follower.update()

    def _on_scroll(self, flat: bool) -> None:
        raw = layer_of(self.viewer, "raw")
        for layer in self._own():
            if raw is None or (layer.ndim == 2) == flat:
                continue
            if moved_into(self.viewer, layer, raw, flat=flat, shown=self.follower.shown_slice(raw)) is None:
                self.say(f"{layer.name} has shapes that go through slices: they stay where they are.")

    # Following.

    def _wish(self) -> Wish | None:
        if not self.isVisible():
            return None
        c = self.controls
        recipe = None if self.state.project is None else self.state.project.recipe.spectra
        return Wish(c.stacks, int(c.depth.value), c.normalized.isChecked(), self._windows() or recipe, self._shift())

    def _refill(self, event: Any = None) -> None:
        raw = layer_of(self.viewer, "raw")
        self.controls.chosen.fill(list(self.viewer.layers), () if raw is None else tuple(raw.data.shape[-3:]))
        if raw is None and self.spectra:
            self._show([])
        if event is not None:
            self._on_changed()

    def _on_scrolled(self, event: Any = None) -> None:
        self._mark()
        if any(layer.ndim == 2 for layer in self.follower.layers):
            self.follower.update()

    def _on_progress(self, progress: Progress) -> None:
        super()._on_progress(progress)
        if progress.energy is not None and progress.stage in GROWING:
            self.follower.forget(GROWING[progress.stage], progress.energy)

    # Showing.

    def _on_found(self, found: Answer) -> None:
        self._show(found.spectra, found.doubts)

    def _show(self, spectra: list[RegionSpectrum], doubts: tuple[str, ...] = ()) -> None:
        raw = layer_of(self.viewer, "raw")
        self.spectra = spectra = [] if raw is None else spectra  # volumes may have gone since they were asked for
        normalized, shift = self.controls.normalized.isChecked(), self._shift()
        unit = "" if raw is None or normalized else raw.metadata.get("attenuation_unit", "")
        label = "normalised attenuation" if normalized else f"attenuation ({unit})" if unit else "attenuation"
        self.plot.relabel(label)
        self.plot.say_below(f"energy, shifted by {shift:+.2f} eV as for the map (eV)" if shift else "energy (eV)")
        laid = self._laid if normalized else {}
        self.plot.draw(curves_of(spectra, laid))
        self.key.setText(key_of(spectra, laid))
        self.taking.give(spectra, unit, label, shift, self._about())
        self.note.setText(self._words(spectra, doubts))
        self.note.setVisible(bool(self.note.text()))
        self._mark()

    def _words(self, spectra: list[RegionSpectrum], doubts: tuple[str, ...]) -> str:
        """Say what is left out, and what is doubtful."""
        many = [x.name for x in self.follower.layers if is_drawn(x) and len(x.data) > MOST]
        words = [f"Of {name} the first {MOST} regions are followed." for name in many]
        words += doubts[:_DOUBTS]
        if not all(s.whole for s in spectra):
            words.append("Reading energies: faint spectra are not complete yet.")
        if self.controls.normalized.isChecked() and spectra and not self._windows():
            words.append(
                "There is no edge map that is up to date: windows are the recipe's, about the edge of each spectrum."
            )
        return " ".join(words)

    def _on_failed(self, error: Exception) -> None:
        self.say(f"The spectrum could not be computed: {error}", error=True)

    def _on_references(self, wanted: bool) -> None:
        self.say("")
        if wanted and not self.controls.normalized.isChecked():
            self.controls.normalized.setChecked(True)  # references are on no other scale
        self.refresh()

    def _on_read(self, references: References) -> None:
        if references or self._laid:
            self._laid = references
            self._show(self.spectra)

    def _mark(self, event: Any = None) -> None:
        energy = shown_energy(self.viewer)
        self.plot.mark(None if energy is None else energy + self._shift())

    def _go(self, energy: float) -> None:
        energies = self._energies()
        if len(energies):
            go_to_energy(self.viewer, int(np.argmin(np.abs(energies + self._shift() - energy))))

    # What the project says.

    def _energies(self) -> Any:
        raw = layer_of(self.viewer, "raw")
        return np.empty(0) if raw is None else np.asarray(raw.metadata[ENERGIES])

    def _windows(self) -> dict[str, Any]:
        """Give the windows of an edge map that is up to date; empty where there is none."""
        done = self.state.project is not None and self.state.stage("spectra") == "done"
        return self.state.project.edge_windows() if done else {}

    def _shift(self) -> float:
        return 0.0 if self.state.project is None else float(self.state.project.energy_shift()["shift_eV"])

    def _about(self) -> dict[str, object]:
        """Give what XDI asks to know of the element, as far as the recipe says it."""
        spectra = None if self.state.project is None else self.state.project.recipe.spectra
        if spectra is None or spectra.element is None:
            return {}
        return {"Element.symbol": spectra.element, "Element.edge": spectra.edge}
