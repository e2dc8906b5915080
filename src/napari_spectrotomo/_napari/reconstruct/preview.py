"""One slice with the axis of rotation it was made for, in seconds: to judge the centre before hours of work."""

from __future__ import annotations

import threading
from collections.abc import Generator
from functools import partial
from typing import Any
from weakref import ref

import numpy as np

from ...data import Scan
from ...preprocess import correct_tomogram
from ...progress import Progress, raise_if_aborted
from ...reconstruct import find_center_of, reconstruct_volume
from ..layers import put, show_only, volume_layer
from ..run import start
from ..state import plain_viewer, state_of
from ..work import Job, Outcome


def preview_slice(viewer: Any, index: int, row: int, center: float | None) -> Job | None:
    """Reconstruct one slice of one energy in the worker, about the axis found there or about `center`.

    The outcome's result is the axis' column and the slice's layer.
    """
    project = state_of(viewer).project

    def steps(abort: threading.Event) -> Generator[Progress, None, tuple[float, Any]]:
        scan, recipe = project.scan(), project.recipe
        yield Progress("correct", 0, 3, energy=float(scan.energies[index]))
        corrected = correct_tomogram(scan, index, recipe.correct)
        raise_if_aborted(abort)
        yield Progress("correct", 1, 3, energy=float(scan.energies[index]))
        views = np.asarray(corrected.optical_density, np.float32)
        found = find_center_of(views, corrected.angles) if center is None else center
        raise_if_aborted(abort)
        yield Progress("reconstruct", 2, 3, energy=float(scan.energies[index]))
        size = None if scan.pixel_size is None else float(scan.pixel_size[index])
        volume = reconstruct_volume(
            views[:, row : row + 1], corrected.angles, found, 1.0, size, recipe.reconstruct, abort
        )
        voxel = None if size is None else np.full(3, size)
        name = f"Slice {row} at {scan.energies[index]:.1f} eV, axis {found:.2f}"
        return found, volume_layer(np.asarray(volume, np.float32)[0][None], voxel, "preview", name)

    job = start(viewer, "Finding the axis" if center is None else "Trying the axis", steps)
    if job is not None:
        job.ended.connect(partial(_show, ref(plain_viewer(viewer))))
    return job


def fullest_row(scan: Scan) -> int:
    """Give the detector row with the most sample in it, judged by one projection and one flat of the last energy."""
    views, flats = scan.projections[-1], scan.flats[-1]
    middle = len(views) // 2
    view = np.asarray(views[middle : middle + 1], np.float64)[0]
    if scan.kind == "optical_density":
        absorbed = view
    else:
        flat = np.asarray(flats[:1], np.float64)[0] if len(flats) else np.full_like(view, view.max())
        absorbed = np.log(np.maximum(flat, 1.0) / np.maximum(view, 1.0)) if scan.kind == "counts" else 1.0 - view
    return int(np.argmax(np.clip(absorbed, 0.0, 3.0).mean(axis=1)))  # clipped: a dead pixel is no sample


def _show(viewer_ref: Any, outcome: Outcome) -> None:
    viewer = viewer_ref()
    if viewer is not None and outcome.result is not None:
        layer = put(viewer, outcome.result[1])
        layer.reset_contrast_limits()
        show_only(viewer, "preview")
        viewer.reset_view()
