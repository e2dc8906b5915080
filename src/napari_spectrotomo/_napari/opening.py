"""A whole project in a viewer: its layers, its panels, and the next step in front."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from weakref import ref

from ..errors import ProjectError
from ..workflow import Project
from .docks import BESIDE, open_panel
from .load.opening import reopen
from .run import busy_with, in_turns
from .state import plain_viewer, state_of
from .status import next_step
from .work import Outcome


def open_project(path: str | Path, viewer: Any = None) -> Any:
    """Open a project in napari: the Load panel at once, the layers and the other panels when the worker has read the scan.

    Parameters
    ----------
    path : path
        A project folder.
    viewer : napari.Viewer, optional
        A new one by default.

    Returns
    -------
    napari.Viewer
        Soon with the layers of all that is done, and the panels docked.

    Raises
    ------
    ProjectError
        If there is no project at `path`, or the viewer is busy.
    """
    project = Project.open(path)
    if viewer is None:
        import napari

        viewer = napari.Viewer(title=f"spectrotomo: {project.path.name}")
    job = reopen(viewer, project.path)
    if job is None:
        raise ProjectError(busy_with(viewer, project.path.name))
    job.ended.connect(partial(_open_panels, ref(plain_viewer(viewer))))
    open_panel(viewer, "Load")
    return viewer


def _open_panels(viewer_ref: Any, outcome: Outcome) -> None:
    """Show the first step that is not done, and beside the steps what looks at their results."""
    viewer = viewer_ref()
    if viewer is not None and outcome.result is not None:
        in_turns(viewer, _panels(viewer))


def _panels(viewer: Any) -> Iterator[None]:
    for name in BESIDE:
        open_panel(viewer, name)
        yield
    open_panel(viewer, next_step(state_of(viewer)))
