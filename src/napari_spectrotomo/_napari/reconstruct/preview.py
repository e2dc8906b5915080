"""One slice as the forms would have it, in seconds: to judge axis, filter and stripes before hours of work."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...data import Scan
from ...progress import Progress, raise_if_aborted
from ...workflow import Project
from ..layers import ROLE, LayerTuple, fit, layer_of, put, show_only, take_away
from ..layers.geometry import volume_axes
from ..layers.tuples import limits
from ..run import start
from ..state import state_of
from ..work import Job
from .kept import KeptViews
from .look import Look, look_at
from .one_slice import reconstruct_slice, rows_of, without_stripes


@dataclass(frozen=True, slots=True, eq=False)
class Previewed:
    """What a preview found, and its layers: the slice, and before it the one with stripes where they were taken out.

    All of them take the same `contrast`.
    """

    look: Look
    layers: tuple[LayerTuple, ...]
    contrast: tuple[float, float]


def preview_slice(viewer: Any, index: int, row: int, kept: KeptViews) -> Job | None:
    """Reconstruct one slice of one energy in the worker; the outcome's result is a `Previewed`."""
    project = state_of(viewer).project
    return start(viewer, "Making the preview", lambda abort: previewing(project, index, row, kept, abort))


def previewing(
    project: Project, index: int, row: int, kept: KeptViews, abort: threading.Event, *, quick: bool = False
) -> Generator[Progress, None, Previewed]:
    """Reconstruct one slice of one energy with all that the recipe says.

    Parameters
    ----------
    project : Project
    index, row : int
        Of the energy, and of the slice.
    kept : KeptViews
    abort : threading.Event
    quick : bool
        Whether shifts of the views found about another axis will do for now.
    """
    recipe = project.recipe
    look = yield from look_at(project, index, kept, abort, vote=False, quick=quick)
    parts = {"preview": rows_of(look, row)}
    if recipe.correct.stripes != "none":
        cleaned = without_stripes(parts["preview"], look, recipe.correct, abort)
        parts = {"preview before": parts["preview"], "preview": cleaned}
    axes = volume_axes(2, None if look.pixel_size is None else np.full(3, look.pixel_size))
    layers: list[LayerTuple] = []
    for role, rows in parts.items():
        raise_if_aborted(abort)
        one = reconstruct_slice(rows, look, recipe.reconstruct, abort)
        name = f"Slice {row} at {look.energy:.1f} eV, axis {look.center:.2f}"
        name += ", stripes left in" if role != "preview" else ", stripes out" if len(parts) > 1 else ""
        # without a z axis: it is seen wherever the sliders of volumes stand
        layers.append((one, {"name": name, "metadata": {ROLE: role}, "cache": False} | axes, "image"))
    return Previewed(look, tuple(layers), limits(layers[-1][0]))


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


def show_preview(viewer: Any, made: Previewed) -> Iterator[None]:
    """Show a preview in place of the last, a layer a step."""
    before = layer_of(viewer, "preview")
    seen = before is not None and before.visible
    if len(made.layers) == 1:
        take_away(viewer, "preview before")
    # the one with its stripes lies on top, hidden: its eye lays it over the other
    for data, about, kind in reversed(made.layers):
        shown: Any = put(viewer, (data, about | {"contrast_limits": made.contrast, "visible": False}, kind))
        shown.contrast_limits = made.contrast
        yield
    show_only(viewer, "preview")
    preview = layer_of(viewer, "preview")
    if not seen and preview is not None:
        viewer.layers.selection.active = preview
        fit(viewer, preview)
