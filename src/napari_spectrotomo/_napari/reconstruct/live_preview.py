"""A preview that follows what is changed, without a button: the newest request wins, and the GUI thread never waits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from weakref import ref

from ...errors import Aborted, SpectrotomoError
from ..latest import Latest
from ..state import state_of
from ..turns import Turns
from .kept import KeptViews
from .preview import Previewed, previewing, show_preview


class LivePreview:
    """Makes the slice that is asked for anew whenever something that it depends on changed.

    With another axis the views' shifts are found anew, which takes seconds: a slice with the shifts there are comes first.

    Parameters
    ----------
    viewer : napari viewer
    kept : KeptViews

    Attributes
    ----------
    latest : Latest
        Its `done` gives a `Previewed`, a sentence where there is none, or None where another one was asked for meanwhile.
    """

    def __init__(self, viewer: Any, kept: KeptViews) -> None:
        self._viewer, self._kept = ref(viewer), kept
        self.latest = Latest()
        self._turns = Turns()
        self._asked: Any = None
        self._abort = threading.Event()
        self._exact: Callable[[], Previewed | str | None] = lambda: None

    def ask(self, index: int, row: int) -> bool:
        """Make the preview of a slice, if it would be another one than the last; say whether it is made."""
        viewer = self._viewer()
        project = None if viewer is None else state_of(viewer).project
        if project is None:
            return False
        recipe, aligned = project.recipe, project.record.stage("align").get("fingerprint")
        wanted = (project, index, row, recipe.correct, recipe.align, recipe.reconstruct, aligned)
        if wanted == self._asked:
            return False
        self.stop()
        self._asked, self._abort = wanted, threading.Event()
        abort, kept = self._abort, self._kept
        self._exact = lambda: _made(project, index, row, kept, abort, quick=False)
        self.latest.ask(lambda: _made(project, index, row, kept, abort, quick=True))
        return True

    def stop(self) -> None:
        """Leave what is being made, and make it anew when it is asked for next."""
        self._asked = None
        self._abort.set()

    def interrupt(self) -> None:
        """Leave what is being made; the next change is followed again."""
        self._abort.set()

    def show(self, made: Previewed) -> None:
        """Show a preview."""
        viewer = self._viewer()
        if viewer is None:
            return
        self._turns.add(show_preview(viewer, made))
        if made.look.near and not self._abort.is_set():
            self.latest.ask(self._exact)


def _made(
    project: Any, index: int, row: int, kept: KeptViews, abort: threading.Event, *, quick: bool
) -> Previewed | str | None:
    steps = previewing(project, index, row, kept, abort, quick=quick)
    try:
        while True:
            next(steps)
    except StopIteration as end:
        return end.value
    except Aborted:
        return None
    except SpectrotomoError as error:
        return str(error)
