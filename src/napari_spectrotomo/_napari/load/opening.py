"""Opening a scan, a stack or a project: where its project goes, and the work of reading what there is."""

from __future__ import annotations

import os
import threading
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from weakref import ref

from ...errors import ProjectError
from ...progress import Progress
from ...workflow import Project, Recipe, run_steps
from ..layers import (
    PREVIEW_ROLES,
    PROJECTION_ROLES,
    VOLUME_ROLES,
    Ready,
    history_of,
    layer_of,
    made_ready,
    stage_steps,
    take_away,
)
from ..run import in_turns, start
from ..state import plain_viewer, state_of
from ..turns import at_once
from ..work import Job, Outcome

SUFFIX = "_spectrotomo"


@dataclass(frozen=True, slots=True)
class Opened:
    """A project, with the layers that a worker made ready of it."""

    project: Project
    ready: Ready


def is_project(path: Path) -> bool:
    """Say whether a folder holds a project."""
    return (path / "run.json").is_file()


def default_folder(source: Path, settled: str = "") -> Path:
    """Give the folder where the project of `source` goes: beside it, or at home where that cannot be written.

    Parameters
    ----------
    source : path
    settled : str
        A folder that the user set in napari's preferences for all projects; empty: beside the scan.
    """
    name = (source.name if source.is_dir() else source.stem) + SUFFIX
    places = [Path(settled).expanduser()] if settled else [source.parent, Path.home() / "spectrotomo"]
    place = next((p for p in places if os.access(p, os.W_OK)), places[-1])
    folder, number = place / name, 2
    while _is_taken(folder, source):
        folder = place / f"{name}_{number}"
        number += 1
    return folder


def _is_taken(folder: Path, source: Path) -> bool:
    if not folder.exists():
        return False
    if not is_project(folder):
        return not folder.is_dir() or any(folder.iterdir())
    try:
        return Project.open(folder).source != source.absolute()
    except ProjectError:
        return True


def load(viewer: Any, source: Path, folder: Path, read: dict[str, Any]) -> Job | None:
    """Read a scan or a stack into a project, in the worker; the viewer then shows its projections.

    Parameters
    ----------
    viewer : napari viewer
    source, folder : path
        The scan or stack, and its project.
    read : dict
        Parameters of reading that the user chose; others are as in the folder's project, else in the viewer's recipe.
    """

    begun_with = state_of(viewer).recipe or Recipe()

    def steps(abort: threading.Event) -> Generator[Progress, None, Opened]:
        yield Progress("read", 0, 1, "looking at the files")
        recipe = Project.open(folder).recipe if is_project(folder) else begun_with
        project = Project.create(folder, source, recipe.changed("read", **read))
        yield from run_steps(project, until="read", abort=abort)
        return _looked_into(project)

    job = _begin(viewer, f"Reading {source.name}", steps)
    if job is not None:
        job.ended.connect(partial(_take_recipe, ref(state_of(viewer))))
    return job


def reopen(viewer: Any, folder: Path) -> Job | None:
    """Open a project in the worker; the viewer then shows all that is done."""

    def steps(abort: threading.Event) -> Generator[Progress, None, Opened]:
        yield Progress("read", 0, 1, "opening")
        project = Project.open(folder)
        if project.has_source or project.state("reconstruct") != "done":
            project.input()  # else the results are shown all the same, and the panel says what is not there
        return _looked_into(project)

    return _begin(viewer, f"Opening {folder.name}", steps)


def read_again(viewer: Any) -> Job | None:
    """Read the source of the viewer's project in the worker, as its recipe says now."""
    project = state_of(viewer).project

    def steps(abort: threading.Event) -> Generator[Progress, None, Opened]:
        yield Progress("read", 0, 1, "looking at the files")
        project.input()
        return _looked_into(project)

    return _begin(viewer, f"Reading {project.source.name}", steps)


def exclude(viewer: Any, exclusions: tuple[Any, ...]) -> Job | None:
    """Set what is left out of the viewer's project, in the worker; nothing is changed when it names what is not there."""
    project = state_of(viewer).project

    def steps(abort: threading.Event) -> Generator[Progress, None, Opened]:
        yield Progress("read", 0, 1, "leaving out")
        before = project.recipe.correct.exclude
        project.change("correct", exclude=exclusions)
        fits = False
        try:
            project.input()
            fits = True
        finally:
            if not fits:
                project.change("correct", exclude=before)
        return _looked_into(project)

    return _begin(viewer, "Leaving out", steps)


def show_done(viewer: Any, project: Project, ready: Ready | None = None) -> None:
    """Show all that a project has made in place of another's layers: the last stage that is done decides what is seen.

    Parameters
    ----------
    viewer : napari viewer
    project : Project
    ready : dict, optional
        Layers that were made in a worker; those it lacks are made now.
    """
    at_once(_done_steps(viewer, project, ready))


def _done_steps(viewer: Any, project: Project, ready: Ready | None) -> Iterator[None]:
    """Show all that a project has made, a layer a step; only the last stage's are seen."""
    if project is not state_of(viewer).project:
        take_away(viewer, *PROJECTION_ROLES, *PREVIEW_ROLES, *VOLUME_ROLES)
    if project.state("reconstruct") not in ("done", "partial"):
        if project.kind == "stack" or not has_volumes(viewer):
            yield from stage_steps(viewer, project, "read", ready)
        return
    stages = ("reconstruct", "label", "register", "spectra", "composition")
    there = [stage for stage in stages if project.state(stage) != "missing"]
    if (
        there[-1] == "composition"
        and not {"references", "components", "clusters"} & project.record.stage(there[-1]).keys()
    ):
        there.pop()  # nothing was asked for, and nothing is there to see
    if there[-1] == "spectra" and not project.maps_edges:
        there.pop()  # energies too few for a map: what is registered is seen
    for stage in there:
        yield from stage_steps(viewer, project, stage, ready, seen=stage == there[-1])


def _looked_into(project: Project) -> Opened:
    """Read what the viewer will show, in the worker."""
    reconstructed = project.state("reconstruct") in ("done", "partial")
    stages = ("reconstruct", "label", "register", "spectra", "composition") if reconstructed else ("read",)
    return Opened(project, made_ready(project, *stages))


def has_volumes(viewer: Any) -> bool:
    return any(layer_of(viewer, role) is not None for role in VOLUME_ROLES)


def _begin(viewer: Any, title: str, steps: Any) -> Job | None:
    job = start(viewer, title, steps)
    if job is not None:
        job.ended.connect(partial(_take_in, ref(plain_viewer(viewer))))
    return job


def _take_in(viewer_ref: Any, outcome: Outcome) -> None:
    viewer = viewer_ref()
    if viewer is None or outcome.result is None:
        return
    in_turns(viewer, _taken_in(viewer, outcome.result))


def _take_recipe(state_ref: Any, outcome: Outcome) -> None:
    """Let go of a recipe that a scan has begun with: it was for that one."""
    state = state_ref()
    if state is not None and outcome.result is not None:
        state.recipe = None


def _taken_in(viewer: Any, opened: Opened) -> Iterator[None]:
    before = state_of(viewer).project
    if before is None or before.path != opened.project.path:
        history_of(viewer).forget()  # what was seen of another project is not gone back to
    yield from _done_steps(viewer, opened.project, opened.ready)
    yield
    state_of(viewer).project = opened.project
