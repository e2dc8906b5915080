"""Layers that show what a stage made before its parameters or inputs changed say so, in their names and on the canvas."""

from __future__ import annotations

from typing import Any
from weakref import ref

from ..energy_text import STALE
from .stages import ROLES
from .tuples import ROLE

SUFFIX = " (out of date)"


class StaleMarks:
    """Keeps the marks of a viewer's layers: those of a stage that is out of date have it in their names.

    Parameters
    ----------
    viewer : napari viewer
    shared : ViewerState
    text : EnergyText
        Says on the canvas what is out of date.
    """

    def __init__(self, viewer: Any, shared: Any, text: Any) -> None:
        self._viewer, self._shared, self._text = ref(viewer), ref(shared), text
        for signal in (shared.events.project, shared.events.revision, shared.events.job, viewer.layers.events.inserted):
            signal.connect(self.update)

    def update(self, *_: Any) -> None:
        """Mark what is out of date, and take the mark from what is not any more."""
        viewer, shared = self._viewer(), self._shared()
        if viewer is None or shared is None or shared.job is not None:
            return  # what is at work takes away what it replaces
        changed = False
        for stage, roles in ROLES.items():
            layers = [layer for layer in viewer.layers if layer.metadata.get(ROLE) in roles]
            stale = bool(layers) and shared.project is not None and shared.stage(stage) == "outdated"
            for layer in layers:
                changed = _mark(layer, stale) or changed
        if changed:
            self._text.update()


def _mark(layer: Any, stale: bool) -> bool:
    """Mark a layer, or take its mark; say whether that changed anything."""
    if stale == (STALE in layer.metadata):
        return False
    if stale:
        layer.metadata[STALE] = layer.name
        layer.name = f"{layer.name}{SUFFIX}"
    else:
        layer.name = layer.metadata.pop(STALE)
    return True
