"""The photon energy in the canvas, following the slider: the energy axis itself is only an index."""

from __future__ import annotations

from typing import Any
from weakref import ref

from .waiting import WAITING

ENERGIES = "energies_eV"
"""Where a layer's metadata keep its energies."""


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
        viewer.dims.events.point.connect(self.update)
        viewer.dims.events.order.connect(self.update)
        viewer.dims.events.ndisplay.connect(self.update)
        viewer.layers.events.removed.connect(self.update)
        WAITING.changed.connect(self.update)
        viewer.layers.events.inserted.connect(self._watch)
        for layer in viewer.layers:
            layer.events.visible.connect(self.update)
        self.update()

    def _watch(self, event: Any) -> None:
        event.value.events.visible.connect(self.update)
        self.update()

    def update(self, event: Any = None) -> None:
        """Write the energy shown, or hide the text where there is none."""
        viewer = self._viewer()
        if viewer is None:
            return
        energy = shown_energy(viewer)
        text = viewer.canvas.overlays.text
        if energy is not None:
            reading = any(layer.visible and layer in WAITING for layer in viewer.layers)
            text.text = f"{energy:.1f} eV" + ("\nreading…" if reading else "")
            text.font_size = 14
            text.position = "top_left"
        text.visible = energy is not None
