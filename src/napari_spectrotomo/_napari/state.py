"""What the panels of one viewer share: its project, the work under way, and a count that goes up when results change."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from psygnal import EventedModel
from pydantic import ConfigDict


class ViewerState(EventedModel):
    """The shared state of one viewer.

    Attributes
    ----------
    project : Project or None
        What is being worked on.
    job : Job or None
        The long work under way; there is one at a time.
    revision : int
        Goes up whenever a parameter or a result of the project changed.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    project: Any = None
    job: Any = None
    revision: int = 0

    def touch(self) -> None:
        """Tell all panels that a parameter or a result changed."""
        self.revision += 1


_STATES: WeakKeyDictionary[Any, ViewerState] = WeakKeyDictionary()
_COMPANIONS: WeakKeyDictionary[Any, list[Any]] = WeakKeyDictionary()


def plain_viewer(viewer: Any) -> Any:
    """Give the viewer itself: napari hands plugins a proxy, which is another one for every panel."""
    return getattr(viewer, "__wrapped__", viewer)


def state_of(viewer: Any) -> ViewerState:
    """Give the state of `viewer`, made when it is first asked for; from then on the canvas shows the energy."""
    from .energy_text import EnergyText

    viewer = plain_viewer(viewer)
    if viewer not in _STATES:
        _STATES[viewer] = ViewerState()
        _COMPANIONS[viewer] = [EnergyText(viewer)]
    return _STATES[viewer]
