"""A whole project in a viewer: its layers, its panels, and the next step in front."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..workflow import Project
from .docks import open_panel
from .load.opening import show_done
from .state import state_of
from .status import LAST_STAGE


def open_project(path: str | Path, viewer: Any = None) -> Any:
    """Open a project in napari.

    Parameters
    ----------
    path : path
        A project folder.
    viewer : napari.Viewer, optional
        A new one by default.

    Returns
    -------
    napari.Viewer
        With the layers of all that is done, and the panels docked.

    Raises
    ------
    ProjectError
        If there is no project at `path`.
    """
    project = Project.open(path)
    if viewer is None:
        import napari

        viewer = napari.Viewer(title=f"spectrotomo: {project.path.name}")
    state = state_of(viewer)
    show_done(viewer, project)
    state.project = project
    steps = [name for name in LAST_STAGE if not (name == "Reconstruct" and project.kind == "stack")]
    open_next = [name for name in steps if project.state(LAST_STAGE[name]) != "done"]
    for name in (*steps, "Quality", "ROI spectrum"):
        open_panel(viewer, name)
    open_panel(viewer, open_next[0] if open_next else "Edge map")
    return viewer
