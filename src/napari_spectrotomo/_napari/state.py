"""What the panels of one viewer share: its project, the work under way, and a count that goes up when results change."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from psygnal import EventedModel
from pydantic import ConfigDict, PrivateAttr

from ..workflow.record import State


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
    recipe : Recipe or None
        What a scan that is loaded next begins with; None for the defaults.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    project: Any = None
    job: Any = None
    revision: int = 0
    recipe: Any = None

    _known: dict[str, State] = PrivateAttr(default_factory=dict)
    _known_of: tuple[Any, int] = PrivateAttr(default=(None, 0))

    def touch(self) -> None:
        """Tell all panels that a parameter or a result changed."""
        self.forget()
        self.revision += 1

    def forget(self) -> None:
        """Ask the project anew how far its stages are, when it is asked next."""
        self._known.clear()

    def stage(self, name: str) -> State:
        """Give the state of a stage of the project, as `Project.state` does, 'missing' without one.

        Each asking hashes parameters and opens files, and every panel asks for several stages after every change; so the
        answer is kept until the next change. While work is under way it may be another one each time, and is not kept.
        """
        if self.project is None:
            return "missing"
        if self.job is not None:
            self.forget()
            return self.project.state(name)
        if self._known_of != (self.project, self.revision):
            self.forget()
            self._known_of = (self.project, self.revision)
        if name not in self._known:
            self._known[name] = self.project.state(name)
        return self._known[name]


_STATES: WeakKeyDictionary[Any, ViewerState] = WeakKeyDictionary()
_COMPANIONS: WeakKeyDictionary[Any, list[Any]] = WeakKeyDictionary()


def plain_viewer(viewer: Any) -> Any:
    """Give the viewer itself: napari hands plugins a proxy, which is another one for every panel."""
    return getattr(viewer, "__wrapped__", viewer)


def state_of(viewer: Any) -> ViewerState:
    """Give the state of `viewer`, made when it is first asked for; from then on layers say their energy, and when they are old."""
    from .energy_text import EnergyText
    from .layers.ahead import read_ahead
    from .layers.stale import StaleMarks

    viewer = plain_viewer(viewer)
    if viewer not in _STATES:
        _STATES[viewer] = ViewerState()
        text = EnergyText(viewer)
        _COMPANIONS[viewer] = [text, StaleMarks(viewer, _STATES[viewer], text), read_ahead(viewer, _STATES[viewer])]
    return _STATES[viewer]
