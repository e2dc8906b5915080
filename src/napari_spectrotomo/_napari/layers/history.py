"""The layers as they were before the last step, to go back to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary, ref

from napari.layers import Layer

from .compare import leave_comparison
from .stages import drop_stale
from .tuples import ROLE

_LOOK = ("name", "visible", "metadata", "opacity", "blending", "contrast_limits", "colormap", "data")
_KEPT = 2
"""Steps that can be undone: each keeps its layers alive."""


@dataclass(frozen=True, slots=True)
class _Before:
    """What the viewer showed before a step: its layers in order, with their look."""

    title: str
    layers: tuple[tuple[Layer, dict[str, Any]], ...]


class History:
    """Remembers the layers of a viewer before each step.

    Parameters
    ----------
    viewer : napari viewer
    """

    def __init__(self, viewer: Any) -> None:
        self._viewer = ref(viewer)
        self._steps: list[_Before] = []

    @property
    def last(self) -> str | None:
        """Title of the step that can be undone; None where there is none."""
        return self._steps[-1].title if self._steps else None

    def remember(self, title: str) -> None:
        """Keep the layers as they are now, before a step of this title."""
        viewer = self._viewer()
        if viewer is not None:
            layers = tuple((layer, _look_of(layer)) for layer in viewer.layers)
            self._steps = [*self._steps, _Before(title, layers)][-_KEPT:]

    def forget(self) -> None:
        """Let go of everything: another project is looked at."""
        self._steps.clear()

    def undo(self, project: Any) -> str:
        """Put the layers back as they were before the last step; give its title, or '' where there is none.

        Layers of the user's own stay. Those of stages that have nothing any more do not come back.
        """
        viewer = self._viewer()
        if viewer is None or not self._steps:
            return ""
        before = self._steps.pop()
        leave_comparison(viewer)
        known = [layer for layer, _ in before.layers]
        for layer in [x for x in viewer.layers if ROLE in x.metadata and x not in known]:
            viewer.layers.remove(layer)
        for place, (layer, look) in enumerate(before.layers):
            if layer not in viewer.layers:
                viewer.layers.insert(min(place, len(viewer.layers)), layer)
            for name, value in look.items():
                if getattr(layer, name) is not value:
                    setattr(layer, name, value)
        if project is not None:
            drop_stale(viewer, project)
        return before.title


_HISTORIES: WeakKeyDictionary[Any, History] = WeakKeyDictionary()


def history_of(viewer: Any) -> History:
    """Give the history of a viewer, made when it is first asked for."""
    if viewer not in _HISTORIES:
        _HISTORIES[viewer] = History(viewer)
    return _HISTORIES[viewer]


def _look_of(layer: Layer) -> dict[str, Any]:
    return {name: getattr(layer, name) for name in _LOOK if hasattr(layer, name)}
