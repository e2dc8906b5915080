"""Readers: what is dropped on napari comes up at once, lazily; computing waits for the panels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import napari

from ..errors import ReadError
from ..io import identify, read_scan, read_stack
from .layers import projections_layer, volumes_layer
from .layers.tuples import LayerTuple

Reader = Callable[[Any], list[LayerTuple]]


def get_reader(path: str | Sequence[str]) -> Reader | None:
    """Give the reader of a scan or a stack, or None where nothing of the kind lies at `path`; only headers are looked at."""
    first = Path(path if isinstance(path, str) else path[0])
    if (first / "run.json").is_file():
        return read_project
    try:
        kind, _ = identify(first)
    except ReadError:
        return None
    return read_projections if kind == "scan" else read_volumes


def read_project(path: str | Sequence[str]) -> list[LayerTuple]:
    """Open a project in the viewer it was dropped on, with its panels; without one, give its volumes."""
    from ..workflow import Project  # seconds of imports, which a dropped scan does not wait for
    from .opening import open_project

    folder = path if isinstance(path, str) else path[0]
    viewer = napari.current_viewer()
    if viewer is not None:
        open_project(folder, viewer)
        return [(None,)]  # type: ignore[list-item]  # npe2's sign for "nothing to add"
    project = Project.open(folder)
    return [volumes_layer(project.stack("reconstruction"), "raw", "Raw", project.fixed_index)]


def read_projections(path: str | Sequence[str]) -> list[LayerTuple]:
    """Read a scan as one lazy layer of projections."""
    source = path if isinstance(path, str) else path[0]
    return [projections_layer(read_scan(path, on_bad_file="skip"), str(source))]


def read_volumes(path: str | Sequence[str]) -> list[LayerTuple]:
    """Read a stack of volumes as one lazy layer."""
    source = str(path if isinstance(path, str) else path[0])
    stack = read_stack(source)
    data, given, kind = volumes_layer(stack, "raw", Path(source).name)
    given["metadata"]["source"] = source
    return [(data, given, kind)]
