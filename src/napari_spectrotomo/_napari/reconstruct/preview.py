"""One slice as the forms would have it, in seconds: to judge axis, filter and stripes before hours of work."""

from __future__ import annotations

import threading
from collections.abc import Generator
from dataclasses import dataclass
from functools import partial
from typing import Any
from weakref import ref

import numpy as np

from ...data import Scan
from ...progress import Progress
from ..layers import ROLE, LayerTuple, fit, layer_of, put, show_only, take_away
from ..layers.geometry import volume_axes
from ..layers.tuples import limits
from ..run import start
from ..state import plain_viewer, state_of
from ..work import Job, Outcome
from .kept import KeptViews
from .look import Look, look_at
from .one_slice import reconstruct_slice, rows_of, without_stripes


@dataclass(frozen=True, slots=True, eq=False)
class Previewed:
    """What a preview found, and its layers: the slice, and before it the one with stripes where they were taken out."""

    look: Look
    layers: tuple[LayerTuple, ...]


def preview_slice(viewer: Any, index: int, row: int, kept: KeptViews) -> Job | None:
    """Reconstruct one slice of one energy in the worker; the outcome's result is a `Previewed`."""
    project = state_of(viewer).project

    def steps(abort: threading.Event) -> Generator[Progress, None, Previewed]:
        recipe = project.recipe
        look = yield from look_at(project, index, kept, abort, vote=False)
        parts = {"preview": rows_of(look, row)}
        if recipe.correct.stripes != "none":
            cleaned = without_stripes(parts["preview"], look, recipe.correct, abort)
            parts = {"preview before": parts["preview"], "preview": cleaned}
        axes = volume_axes(2, None if look.pixel_size is None else np.full(3, look.pixel_size))
        layers: list[LayerTuple] = []
        for role, rows in parts.items():
            one = reconstruct_slice(rows, look, recipe.reconstruct, abort)
            name = f"Slice {row} at {look.energy:.1f} eV, axis {look.center:.2f}"
            name += ", stripes left in" if role != "preview" else ", stripes out" if len(parts) > 1 else ""
            # without a z axis: it is seen wherever the sliders of volumes stand
            layers.append((one, {"name": name, "metadata": {ROLE: role}, "cache": False} | axes, "image"))
        return Previewed(look, tuple(layers))

    job = start(viewer, "Making the preview", steps)
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
    if viewer is None or outcome.result is None:
        return
    before = layer_of(viewer, "preview")
    seen = before is not None and before.visible
    if len(outcome.result.layers) == 1:
        take_away(viewer, "preview before")
    # the one with its stripes lies on top, hidden: its eye lays it over the other
    shown = [put(viewer, made) for made in reversed(outcome.result.layers)]
    for layer in shown:
        layer.contrast_limits = limits(shown[0].data)
    show_only(viewer, "preview")
    viewer.layers.selection.active = shown[0]
    if not seen:
        fit(viewer, shown[0])
