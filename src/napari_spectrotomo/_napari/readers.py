"""Readers: what is dropped on napari comes up at once, or as soon as a worker has read the headers of its many files."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any
from weakref import ref

from napari.layers import Layer
from qtpy.QtCore import QTimer

import napari

from ..errors import ReadError, SpectrotomoError
from ..io import identify, is_recognised, read_scan, read_stack
from ..progress import Progress
from ..workflow import STAGES
from .docks import JOURNEY, open_panel
from .layers import projections_layer, volumes_layer
from .layers.tuples import LayerTuple
from .offered import offer
from .run import busy_with, start
from .state import plain_viewer, state_of
from .work import Outcome

Reader = Callable[[Any], list[LayerTuple]]
_NOTHING_YET: list[Any] = [(None,)]
"""npe2's sign for "nothing to add"."""
_LINES = 200
"""Lines of a YAML file that are looked at."""


def get_reader(path: str | Sequence[str]) -> Reader | None:
    """Give the reader of a scan or a stack, or None where nothing of the kind lies at `path`; only headers are looked at."""
    first = Path(path if isinstance(path, str) else path[0])
    if (first / "run.json").is_file():
        return read_project
    if first.suffix.lower() in (".yaml", ".yml"):
        return read_recipe if _is_recipe(first) else None
    return partial(_read, what_is_at) if is_recognised(first) else None


def read_project(path: str | Sequence[str]) -> list[LayerTuple]:
    """Open a project in the viewer it was dropped on, with its panels; without one, give its volumes."""
    from ..workflow import Project  # seconds of imports, which a dropped scan does not wait for
    from .opening import open_project

    folder = path if isinstance(path, str) else path[0]
    viewer = napari.current_viewer()
    if viewer is not None:
        open_project(folder, viewer)
        return _NOTHING_YET
    return [volumes_layer(Project.open(folder).stack("reconstruction"), "raw", "Raw")]


def read_recipe(path: str | Sequence[str]) -> list[LayerTuple]:
    """Take up the settings of a recipe that was dropped, in the dock of all steps; that of a project opens the project."""
    from .journey.recipes import say_taken
    from .opening import open_project

    file = Path(path if isinstance(path, str) else path[0])
    viewer = napari.current_viewer()
    if viewer is not None and (file.parent / "run.json").is_file():
        open_project(file.parent, viewer)
    elif viewer is not None:
        say_taken(open_panel(viewer, JOURNEY), file)
    return _NOTHING_YET


def what_is_at(path: str | Sequence[str]) -> LayerTuple:
    """Read a scan or a stack, whichever it is, as one lazy layer; of a folder every header is looked at."""
    kind, _ = identify(path if isinstance(path, str) else path[0])
    return projections_of(path) if kind == "scan" else volumes_of(path)


def projections_of(path: str | Sequence[str]) -> LayerTuple:
    """Read a scan as one lazy layer of projections."""
    source = path if isinstance(path, str) else path[0]
    return projections_layer(read_scan(path, on_bad_file="skip"), str(source))


def volumes_of(path: str | Sequence[str]) -> LayerTuple:
    """Read a stack of volumes as one lazy layer."""
    source = str(path if isinstance(path, str) else path[0])
    data, given, kind = volumes_layer(read_stack(source), "raw", Path(source).name)
    given["metadata"]["source"] = source
    return data, given, kind


def _read(make: Callable[[Any], LayerTuple], path: str | Sequence[str]) -> list[LayerTuple]:
    """Give the layer of one file at once; that of many comes when the worker of the viewer has read their headers.

    Where a project is open, its layers stay alone: the Load step takes the path up, to be loaded in the project's place.
    It does so too where the files cannot be read as they are, and says why.

    Raises
    ------
    ReadError
        If the viewer is busy with other work.
    """
    viewer = napari.current_viewer()
    first = Path(path if isinstance(path, str) else path[0])
    if viewer is None:
        return [make(path)]
    if state_of(viewer).project is not None and state_of(viewer).job is None:
        offer(viewer, first)
        return _NOTHING_YET
    if state_of(viewer).job is not None:
        raise ReadError(busy_with(viewer, first.name))
    if first.is_file() and (isinstance(path, str) or len(path) == 1):
        try:
            layer = make(path)
        except SpectrotomoError as error:
            offer(viewer, first, str(error))
            return _NOTHING_YET
        QTimer.singleShot(0, partial(_start_with, ref(plain_viewer(viewer))))
        return [layer]

    def steps(abort: threading.Event) -> Generator[Progress, None, LayerTuple]:
        yield Progress("read", 0, 1, "looking at the files")
        return make(path)

    job = start(viewer, f"Reading {first.name}", steps)
    if job is None:
        raise ReadError(busy_with(viewer, first.name))
    job.ended.connect(partial(_show, ref(plain_viewer(viewer)), first))
    return _NOTHING_YET


def _show(viewer_ref: Any, source: Path, outcome: Outcome) -> None:
    viewer = viewer_ref()
    if viewer is not None and outcome.error:
        offer(viewer, source, outcome.error)
    if viewer is not None and outcome.result is not None:
        viewer.add_layer(Layer.create(*outcome.result))
        QTimer.singleShot(0, partial(_start_with, viewer_ref))  # not in the same turn: each takes napari a while


def _start_with(viewer_ref: Any) -> None:
    """Open the Load panel: it takes the path from the layer that has come."""
    viewer = viewer_ref()
    if viewer is not None:
        open_panel(viewer, "Load")


def _is_recipe(file: Path) -> bool:
    """Say whether a YAML file looks like a recipe, by the names at its margin."""
    try:
        with file.open(encoding="utf-8") as lines:
            names = {line.split(":")[0] for line in islice(lines, _LINES) if line[:1].isalpha()}
    except (OSError, UnicodeDecodeError):
        return False
    return bool(names & {"spectrotomo", *STAGES})
