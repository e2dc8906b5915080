"""Notices that the particles or the masks were painted on with napari's own tools."""

from __future__ import annotations

from typing import Any
from weakref import ref

from napari.layers import Labels
from psygnal import Signal

from ..energy_text import ENERGIES
from ..layers import ROLE, layer_of
from .editable import EditableMasks

WATCHED = ("particles", "mask")
_TOOLS = ("paint", "erase", "fill", "polygon")


class EditWatch:
    """Watches the layers of particles and masks of a viewer.

    Masks lie on disk: they are made ready to be painted on when one of napari's tools is chosen. The bucket fills a body in all
    slices, so that one click merges two particles.

    Parameters
    ----------
    viewer : napari viewer

    Attributes
    ----------
    changed : Signal()
        Something was painted.
    """

    changed = Signal()

    def __init__(self, viewer: Any) -> None:
        self._viewer = ref(viewer)
        self._painted: dict[str, Any] = {}
        self._followed: dict[str, Labels] = {}
        self._dims_before: dict[str, int] = {}
        self.follow()

    @property
    def pending(self) -> dict[str, Labels]:
        """The edited layers by role, as long as they show what was edited."""
        viewer = self._viewer()
        found = {} if viewer is None else {role: layer_of(viewer, role) for role in self._painted}
        return {
            role: layer
            for role, layer in found.items()
            if isinstance(layer, Labels) and layer.data is self._painted[role]
        }

    @property
    def words(self) -> str:
        """What was edited, in words; empty where nothing was."""
        said = []
        for role, layer in self.pending.items():
            if role == "mask":
                energies = [f"{layer.metadata[ENERGIES][e]:.1f} eV" for e in sorted(layer.data.edited)]
                said.append(f"the mask{'s' if len(energies) != 1 else ''} at {', '.join(energies)}")
            else:
                said.append("the particles")
        return " and ".join(sorted(said, reverse=True))

    def follow(self, event: Any = None) -> None:
        """Listen to the layers there are now."""
        viewer = self._viewer()
        for role in WATCHED:
            layer = None if viewer is None else layer_of(viewer, role)
            before = self._followed.get(role)
            if layer is before:
                continue
            if before is not None:
                before.events.paint.disconnect(self._on_paint)
                before.events.mode.disconnect(self._on_mode)
                del self._followed[role]
            if isinstance(layer, Labels):
                layer.events.paint.connect(self._on_paint)
                layer.events.mode.connect(self._on_mode)
                self._followed[role] = layer

    def drop(self) -> list[str]:
        """Forget what was edited, and show masks as they are on disk; give the roles that were edited."""
        dropped = list(self.pending)
        for layer in self.pending.values():
            if isinstance(layer.data, EditableMasks):
                layer.data = layer.data.source
        self._painted.clear()
        return dropped

    def _on_mode(self, event: Any) -> None:
        layer, mode = event.source, str(event.source.mode)
        role = layer.metadata[ROLE]
        if mode in _TOOLS and role == "mask" and not isinstance(layer.data, EditableMasks):
            layer.data = EditableMasks(layer.data)
        if mode == "fill" and role not in self._dims_before:
            self._dims_before[role] = layer.n_edit_dimensions
            layer.n_edit_dimensions = 3
        elif mode != "fill" and role in self._dims_before:
            layer.n_edit_dimensions = self._dims_before.pop(role)

    def _on_paint(self, event: Any) -> None:
        self._painted[event.source.metadata[ROLE]] = event.source.data
        self.changed.emit()
