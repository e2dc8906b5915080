"""The ROI spectrum panel: the mean spectrum of what is drawn, following it as it is dragged."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from magicgui.widgets import ComboBox, SpinBox
from napari.layers import Labels, Points, Shapes
from qtpy.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QVBoxLayout
from superqt.utils import qthrottled

from ...errors import SpectrotomoError
from ..energy_text import ENERGIES, shown_energy
from ..forms import labelled
from ..latest import Latest
from ..layers import ROLE, go_to_energy, layer_of, show_stage
from ..panel import Panel
from ..plot import Curve, EnergyPlot
from .regions import regions_of
from .spectra import RegionSpectrum, save_spectra, spectra_of

_INTERVAL = 60  # ms between spectra while a region is dragged


class RoiSpectrumPanel(Panel):
    """Spectra of drawn regions."""

    NAME: ClassVar[str] = "ROI spectrum"

    def build(self, body: QVBoxLayout) -> None:
        """Put in the choice of regions and the plot."""
        self.draw = QPushButton("Draw regions")
        self.draw.setToolTip("A new shapes layer: draw an ellipse, a rectangle or a polygon, then drag it about.")
        self.draw.clicked.connect(self._draw_regions)
        self.pick = QPushButton("Pick points")
        self.pick.setToolTip("A new points layer: click where you want a spectrum.")
        self.pick.clicked.connect(self._pick_points)
        buttons = QHBoxLayout()
        buttons.addWidget(self.draw)
        buttons.addWidget(self.pick)
        body.addLayout(buttons)
        self.layer = ComboBox(
            label="regions of",
            choices=[("nothing drawn yet", None)],
            tooltip="A shapes, points or labels layer (of labels: the selected one).",
        )
        self.depth = SpinBox(
            label="depth (voxels)",
            value=1,
            min=0,
            max=50,
            tooltip="Slices on either side of a flat shape; radius of a point.",
        )
        self._choice = labelled([self.layer, self.depth])
        body.addWidget(self._choice)
        self.plot = EnergyPlot("attenuation", legend="bottom")
        self.plot.energy_chosen.connect(self._go)
        body.addWidget(self.plot, 10)
        self.export = QPushButton("Export as CSV or XDI…")
        self.export.setToolTip(
            "Mean, standard error and count of every spectrum; larch and Athena open XDI. The name's ending decides."
        )
        self.export.setEnabled(False)
        self.export.clicked.connect(self._export)
        body.addWidget(self.export)
        self.spectra: list[RegionSpectrum] = []
        self._followed_layer: Any = None
        self._seen: tuple[Any, ...] = ()
        self._latest = Latest()
        self.listen(self._latest.done, self._show)
        self.listen(self._latest.failed, self._on_failed)
        self.update_spectra = qthrottled(self._update, timeout=_INTERVAL)
        self.layer.changed.connect(self._follow)
        self.depth.changed.connect(lambda *_: self.update_spectra())
        for event in (self.viewer.layers.events.inserted, self.viewer.layers.events.removed):
            self.listen(event, self._refill)
        self.listen(self.viewer.layers.selection.events.active, self._on_active)
        self.listen(self.viewer.dims.events.point, self._mark)
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
            "Draw a region, pick a point, or choose a label; drag it and the spectrum follows. Raw dashed, registered solid, "
            "one standard error shaded."
        )

    def refresh(self) -> None:
        """Compute again: volumes may have changed."""
        self._seen = ()
        self.update_spectra()

    def _draw_regions(self) -> None:
        layer = self._new(
            self.viewer.add_shapes,
            "Regions",
            edge_width=1,
            face_color="transparent",
            edge_color="#ffd33d",
        )
        if layer is not None:
            layer.mode = "add_ellipse"

    def _pick_points(self) -> None:
        layer = self._new(self.viewer.add_points, "Picked points", size=3, face_color="#ffd33d")
        if layer is not None:
            layer.mode = "add"

    def _new(self, add: Any, name: str, **look: Any) -> Any:
        """Add a layer to draw in, on the volumes' grid; None and a sentence where no volumes are in the viewer."""
        raw: Any = layer_of(self.viewer, "raw")
        if raw is None and self.state.project is not None:
            show_stage(self.viewer, self.state.project, "reconstruct")
            raw = layer_of(self.viewer, "raw")
        if raw is None:
            self.say("There are no volumes to draw on yet: reconstruct the scan first.", error=True)
            return None
        place = {"scale": raw.scale[-3:], "units": raw.units[-3:], "axis_labels": raw.axis_labels[-3:]}
        layer = add(ndim=3, name=name, metadata={ROLE: "regions"}, **place, **look)
        self.layer.value = layer.name
        return layer

    def _refill(self, event: Any = None) -> None:
        chosen = self.layer.value
        names = [
            x.name
            for x in self.viewer.layers
            if isinstance(x, Shapes | Points) or (isinstance(x, Labels) and x.ndim == 3)
        ]
        self.layer.choices = [(n, n) for n in names] or [("nothing drawn yet", None)]
        if chosen in names:
            self.layer.value = chosen
        self._follow()
        if event is not None:
            self._on_changed()

    def _on_active(self, event: Any) -> None:
        layer = self.viewer.layers.selection.active
        if layer is not None and any(layer.name == name for name in self.layer.choices):
            self.layer.value = layer.name

    def _follow(self, *_: Any) -> None:
        """Listen to the chosen layer: its data, and what moves while it is dragged."""
        name = self.layer.value
        layer = self.viewer.layers[name] if name is not None and name in self.viewer.layers else None
        if layer is self._followed_layer:
            return
        for event in _changes(self._followed_layer):
            event.disconnect(self._on_region)
        self._followed_layer = layer
        for event in _changes(layer):
            event.connect(self._on_region)
        self._seen = ()
        self.update_spectra()

    def _on_region(self, event: Any = None) -> None:
        self.update_spectra()

    def _update(self) -> None:
        layer, raw = self._followed_layer, layer_of(self.viewer, "raw")
        if raw is None and self.spectra:
            self._show([])
        if raw is None or not self.isVisible():
            return
        regions = [] if layer is None else regions_of(layer, raw, self.depth.value)
        stacks = {
            role: (x.data, x.metadata[ENERGIES])
            for role in ("raw", "registered")
            if (x := layer_of(self.viewer, role)) is not None
        }
        seen = tuple((r.name, str(r.box), r.mask.tobytes(), tuple(r.color)) for r in regions) + tuple(
            id(d) for d, _ in stacks.values()
        )
        if seen == self._seen:
            return
        self._seen = seen
        self._latest.ask(lambda: spectra_of(regions, stacks))

    def _show(self, spectra: list[RegionSpectrum]) -> None:
        raw = layer_of(self.viewer, "raw")
        self.spectra = spectra = [] if raw is None else spectra  # volumes may have gone since they were asked for
        unit = "" if raw is None else raw.metadata.get("attenuation_unit", "")
        self.plot.relabel(f"attenuation ({unit})" if unit else "attenuation")
        self.plot.draw(
            [
                Curve(s.energies, s.mean, f"{s.region.name} {s.stack}", s.region.color, s.stack == "raw", band=s.error)
                for s in spectra
            ]
        )
        self.export.setEnabled(bool(spectra))
        self._mark()

    def _on_failed(self, error: Exception) -> None:
        self.say(f"The spectrum could not be computed: {error}", error=True)

    def _mark(self, event: Any = None) -> None:
        self.plot.mark(shown_energy(self.viewer))

    def _go(self, energy: float) -> None:
        raw = layer_of(self.viewer, "raw")
        if raw is not None:
            go_to_energy(self.viewer, int(np.argmin(np.abs(raw.metadata[ENERGIES] - energy))))

    def _export(self) -> None:
        kinds = "CSV, all in one table (*.csv);;XDI, a file a spectrum (*.xdi)"
        chosen, _ = QFileDialog.getSaveFileName(self, "Export spectra", "roi_spectra.csv", kinds)
        if not chosen:
            return
        raw = layer_of(self.viewer, "raw")
        unit = raw.metadata.get("attenuation_unit", "") if raw is not None else ""
        shift = 0.0 if self.state.project is None else float(self.state.project.energy_shift()["shift_eV"])
        try:
            written = save_spectra(self.spectra, Path(chosen), unit, self._about(), shift)
        except SpectrotomoError as error:
            self.say(str(error), error=True)
            return
        more = f" and {len(written) - 1} more" if len(written) > 1 else ""
        corrected = f", energies shifted by {shift:+.2f} eV as for the edge map" if shift else ""
        self.say(f"Written to {written[0].name}{more}{corrected}.")

    def _about(self) -> dict[str, object]:
        """Give what XDI asks to know of the element, as far as the recipe says it."""
        project = self.state.project
        if project is None or project.recipe.spectra.element is None:
            return {}
        return {"Element.symbol": project.recipe.spectra.element, "Element.edge": project.recipe.spectra.edge}


def _changes(layer: Any) -> list[Any]:
    if layer is None:
        return []
    events = [layer.events.data, layer.events.set_data]
    return [*events, layer.events.selected_label] if isinstance(layer, Labels) else events
