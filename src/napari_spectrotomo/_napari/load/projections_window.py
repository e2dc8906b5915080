"""Projections in a window of their own, where the viewer holds volumes: the two do not share axes."""

from __future__ import annotations

from typing import Any

from ..state import state_of
from .opening import has_volumes
from .projections_box import ProjectionsBox


def show_projections(viewer: Any, project: Any, box: ProjectionsBox) -> Any:
    """Show a project's projections in the viewer of a box, or in a new one beside a box of its own where there are volumes.

    Parameters
    ----------
    viewer : napari viewer
    project : Project
        Of a scan.
    box : ProjectionsBox
        Of that viewer.

    Returns
    -------
    napari viewer
        In which they come up.
    """
    if has_volumes(viewer):
        import napari

        viewer = napari.Viewer(title=f"Projections of {project.source.name}")
        box = ProjectionsBox(viewer, lambda signal, listener: signal.connect(listener))
        box.setTitle("")
        viewer.window.add_dock_widget(box, name="Projections", area="right", add_vertical_stretch=True)
    state_of(viewer)  # from now on the canvas says energy and angle
    box.show_project(project)
    return viewer
