"""The photon energy in the canvas, following the slider: the energy axis itself is only an index; and what is out of date."""

from __future__ import annotations

from typing import Any
from weakref import ref

from qtpy.QtCore import QTimer

from .docks import is_open
from .waiting import WAITING

ENERGIES = "energies_eV"
"""Where a layer's metadata keep its energies."""

ANGLES = "angles_deg"
"""Where the metadata of a layer of projections keep the angles of the views of every energy, in degrees."""

CAPTION = "caption"
"""Where a layer's metadata keep words that stand in the canvas while it is seen."""

STALE = "out_of_date"
"""Where a layer's metadata keep its plain name while what it shows is out of date."""

_APPEARS = 30
"""Milliseconds until words come up where there were none: their letters are painted in a turn of their own, after the layer."""


def energy_index(viewer: Any, layer: Any) -> int | None:
    """Give the energy of `layer` that is shown, as an index; None where its energy axis is displayed as space, or it has none."""
    energies = layer.metadata.get(ENERGIES)
    axis = viewer.dims.ndim - layer.ndim
    if energies is None or axis < 0 or axis in viewer.dims.displayed:
        return None
    index = round(float(viewer.dims.point[axis]))
    return index if 0 <= index < len(energies) else None


def shown_energy(viewer: Any) -> float | None:
    """Give the energy in eV that the topmost visible energy stack shows; None when there is none."""
    for layer in reversed(list(viewer.layers)):
        if layer.visible and (index := energy_index(viewer, layer)) is not None:
            return float(layer.metadata[ENERGIES][index])
    return None


class EnergyText:
    """Keeps the text overlay of a viewer's canvas at the energy shown."""

    def __init__(self, viewer: Any) -> None:
        self._viewer = ref(viewer)
        self._soon = QTimer(singleShot=True, interval=_APPEARS)
        self._soon.timeout.connect(self._appear)
        viewer.dims.events.point.connect(self.update)
        viewer.dims.events.order.connect(self.update)
        viewer.dims.events.ndisplay.connect(self.update)
        viewer.layers.events.removed.connect(self.update)
        WAITING.changed.connect(self.update)
        viewer.layers.events.inserted.connect(self._watch)
        for layer in viewer.layers:
            self._follow(layer)
        self.update()

    def _follow(self, layer: Any) -> None:
        layer.events.visible.connect(self.update)
        layer.events.metadata.connect(self.update)

    def _watch(self, event: Any) -> None:
        self._follow(event.value)
        self.update()

    def update(self, event: Any = None) -> None:
        """Write the energy shown and what is out of date, or hide the text where there is neither."""
        viewer = self._viewer()
        if viewer is None:
            return
        energy = shown_energy(viewer)
        said = [layer.metadata[CAPTION] for layer in viewer.layers if layer.visible and CAPTION in layer.metadata]
        if energy is not None:
            said.append(f"{energy:.1f} eV{_at_angle(viewer)}")
        if any(layer.visible and layer in WAITING for layer in viewer.layers):
            said.append("reading…")
        stale = [layer.metadata[STALE] for layer in viewer.layers if layer.visible and STALE in layer.metadata]
        if stale:
            said.append(f"out of date: {stale[-1] if len(stale) == 1 else f'{len(stale)} layers'}")
        text = viewer.canvas.overlays.text
        if said:
            text.text = "\n".join(said)
            text.font_size = 14
            text.position = "top_left"
            if not text.visible:
                self._soon.start()
        else:
            self._soon.stop()
            text.visible = False

    def _appear(self) -> None:
        viewer = self._viewer()
        if viewer is not None and is_open(viewer):
            viewer.canvas.overlays.text.visible = True


def shown_angle(viewer: Any) -> float | None:
    """Give the angle in degrees of the view that the topmost visible layer of projections shows; None where there is none."""
    for layer in reversed(list(viewer.layers)):
        energy = energy_index(viewer, layer) if layer.visible else None
        axis = viewer.dims.ndim - layer.ndim + 1
        if energy is None or ANGLES not in layer.metadata or axis in viewer.dims.displayed:
            continue
        angles, view = layer.metadata[ANGLES][energy], round(float(viewer.dims.point[axis]))
        return float(angles[view]) if 0 <= view < len(angles) else None
    return None


def _at_angle(viewer: Any) -> str:
    angle = shown_angle(viewer)
    return "" if angle is None else f", {angle:.2f}°"
