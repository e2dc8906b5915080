"""The sample scan: simulated once in the worker, kept on disk, and opened lazily from then on."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Generator
from functools import partial
from pathlib import Path
from typing import Any
from weakref import ref

import dask.array as da
import numpy as np
from qtpy.QtCore import QStandardPaths, QTimer

import napari

from .. import __version__
from ..errors import DataError
from ..progress import Progress
from ..simulate import SimulateParameters, simulate_scan, write_simulation
from .docks import open_panel
from .layers import ROLE, put, take_away
from .layers.geometry import projection_axes
from .layers.tuples import LayerTuple
from .offered import offer
from .readers import projections_of
from .run import busy_with, start
from .state import plain_viewer, state_of
from .work import Job, Outcome


def sample_folder() -> Path:
    """Give the folder where the sample scan is kept, in the user's data folder."""
    place = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericDataLocation)
    return Path(place) / "napari-spectrotomo" / f"simulated_scan_{__version__}"


def simulated_scan() -> list[LayerTuple]:
    """Give the sample as layers: at once when it was simulated before; else it comes when the worker has simulated it.

    In a window the Load panel opens beside it, with the scan's path, ready to go on; where a project is open its layers stay
    alone, and the Load panel takes the path up.

    Raises
    ------
    DataError
        If the viewer is busy with other work.
    """
    folder, viewer = sample_folder(), napari.current_viewer()
    occupied = viewer is not None and state_of(viewer).project is not None
    if folder.is_dir():
        if occupied:
            offer(viewer, folder)
            return [_passing(viewer)]
        if viewer is not None:
            open_panel(viewer, "Load")
        return [projections_of(str(folder))]
    if viewer is not None:
        open_panel(viewer, "Load")
        if simulate_sample(viewer, folder) is None:
            raise DataError(busy_with(viewer, "the sample"))
        return [_passing(viewer) if occupied else _placeholder()]
    for _ in _simulate(folder, threading.Event()):
        pass
    return [projections_of(str(folder))]


def simulate_sample(viewer: Any, folder: Path) -> Job | None:
    """Simulate the sample in the viewer's worker and show it when it is there."""
    job = start(viewer, "Simulating the sample scan", partial(_simulate, folder))
    if job is not None:
        job.ended.connect(partial(_show, ref(plain_viewer(viewer)), folder))
    return job


def _simulate(folder: Path, abort: threading.Event) -> Generator[Progress, None, Path]:
    yield Progress("simulate", 0, 2)
    scan, truth = simulate_scan(abort=abort)
    yield Progress("simulate", 1, 2)
    unfinished = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(unfinished, ignore_errors=True)
    write_simulation(scan, truth, unfinished)
    unfinished.rename(folder)
    yield Progress("simulate", 2, 2)
    return folder


def _show(viewer_ref: Any, folder: Path, outcome: Outcome) -> None:
    viewer = viewer_ref()
    if viewer is None:
        return
    if state_of(viewer).project is not None:
        if outcome.result is not None:
            offer(viewer, folder)
        return
    take_away(viewer, "projections")
    if outcome.result is not None:
        put(viewer, projections_of(str(folder)))


def _passing(viewer: Any) -> LayerTuple:
    """Give an empty layer that goes at once: napari wants one, and a project's layers stay alone."""
    given: dict[str, Any] = {"name": "Sample", "visible": False, "metadata": {ROLE: "passing"}}
    beside = viewer.layers[-1] if viewer.layers else None
    if beside is not None:
        given |= {"ndim": beside.ndim, "scale": beside.scale, "units": beside.units, "axis_labels": beside.axis_labels}
    QTimer.singleShot(0, partial(_passed, ref(plain_viewer(viewer))))
    return np.zeros((0, given.get("ndim", 2))), given, "points"


def _passed(viewer_ref: Any) -> None:
    viewer = viewer_ref()
    if viewer is not None:
        take_away(viewer, "passing")


def _placeholder() -> LayerTuple:
    """Give an empty layer that stands for the scan until it is simulated: napari wants a layer at once."""
    p = SimulateParameters()
    empty = da.zeros((len(p.energies), p.n_angles, p.rows, p.columns), np.uint16, chunks=(1, 1, p.rows, p.columns))
    given = {"name": "Projections, being simulated", "contrast_limits": (0, 1), "metadata": {ROLE: "projections"}}
    return empty, given | projection_axes(4), "image"
