"""Puts layers into a viewer, one for each role, and chooses which are seen."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
from napari.layers import Layer

from ..energy_text import ENERGIES, energy_index
from ..turns import at_once
from .glance import watch
from .held import forget
from .tuples import ROLE, LayerTuple

SHARES, MOST_SHOWN = 3, 8
"""References in one picture, and references or components with a layer of their own."""
COMPOSITION_ROLES = (
    "composition",
    *(f"fraction {k}" for k in range(1, MOST_SHOWN + 1)),
    "residual",
    "clusters",
    *(f"component {k}" for k in range(1, MOST_SHOWN + 1)),
)
VOLUME_ROLES = (
    "raw",
    "registered",
    "fixed",
    "mask",
    "particles",
    "difference raw",
    "difference registered",
    "checkerboard",
    "outlines",
    "edge energy",
    "edge error",
    "edge step",
    "valence",
    "valence error",
    "surface",
    "cut",
    "unknown",
    *COMPOSITION_ROLES,
    "nudge",
    "jacobian",
    "field",
)
PROJECTION_ROLES = ("projections", "corrected", "view first", "view second", "view outlines")
PREVIEW_ROLES = ("preview", "preview before", "strip", "strip marks", "threshold")
_FILLED = 0.95
"""Share of the canvas that a layer fills."""


def layer_of(viewer: Any, role: str) -> Layer | None:
    """Give the viewer's layer with a role, or None."""
    return next((layer for layer in viewer.layers if layer.metadata.get(ROLE) == role), None)


def put(viewer: Any, made: LayerTuple) -> Layer:
    """Show a layer: new data for the one with its role where they fit, so that its look and place stay; else a new one.

    Projections leave the list when a volume comes: their axes would mix degrees with nanometres.
    """
    return at_once(put_steps(viewer, made))


def put_steps(viewer: Any, made: LayerTuple) -> Generator[None, None, Layer]:
    """Do what `put` does, in steps: napari takes tens of milliseconds to make a layer, and as long to add it."""
    data, given, kind = made
    role = given["metadata"][ROLE]
    layer = layer_of(viewer, role)
    if layer is not None and layer.data.shape == data.shape and tuple(layer.scale) == tuple(given["scale"]):
        layer.metadata = given["metadata"]
        layer.name = given["name"]
        if layer.data is not data:
            layer.data = data
            watch(viewer, layer)
        return layer
    # one that is seen is sliced before it can be watched
    layer = Layer.create(data, {**given, "visible": False}, kind)
    watch(viewer, layer)
    yield
    # in one turn: a canvas without layers would show napari's welcome for a moment
    take_away(viewer, role, *(PROJECTION_ROLES if role not in PROJECTION_ROLES else ()))
    viewer.add_layer(layer)
    layer.visible = given.get("visible", True)
    return layer


def renew(viewer: Any, role: str, energy: float) -> None:
    """Read an energy of a growing layer anew: it was written since."""
    layer = layer_of(viewer, role)
    if layer is None:
        return
    index = int(np.argmin(np.abs(layer.metadata[ENERGIES] - energy)))
    forget(layer.data, index)
    if energy_index(viewer, layer) == index:
        layer.refresh()


def take_away(viewer: Any, *roles: str) -> None:
    """Remove the layers with these roles."""
    for layer in [x for x in viewer.layers if x.metadata.get(ROLE) in roles]:
        viewer.layers.remove(layer)


def show_only(viewer: Any, *roles: str) -> None:
    """Make the layers with these roles visible and the plugin's others not; layers of the user's own stay as they are."""
    for layer in viewer.layers:
        role = layer.metadata.get(ROLE)
        ours = role in (*VOLUME_ROLES, *PREVIEW_ROLES)
        if ours and layer.visible != (role in roles):  # napari draws all anew at each, also where nothing changes
            layer.visible = role in roles


def fit(viewer: Any, layer: Layer) -> None:
    """Make one layer fill the canvas, whatever else is there: napari's own way fails where other layers have more axes."""
    if viewer.dims.ndisplay != 2:
        viewer.reset_view()
        return
    corners = layer.extent.world[:, -2:]
    size = np.maximum(np.ptp(corners, axis=0), 1e-9)
    viewer.camera.center = corners.mean(axis=0)
    viewer.camera.zoom = _FILLED * float(np.min(np.asarray(viewer.canvas.size) / size))


def go_to_sample(viewer: Any, labels: Any, fullest: int) -> None:
    """Move the z slider to the slice with most of the sample, if the one shown has none of it."""
    axis = viewer.dims.ndim - 3
    shown = viewer.dims.current_step[axis]
    if axis >= 0 and shown < len(labels) and not labels[shown].any():
        viewer.dims.set_current_step(axis, fullest)


def go_to_energy(viewer: Any, index: int) -> None:
    """Move the energy slider."""
    if viewer.dims.ndim >= 4:
        viewer.dims.set_point(0, float(index))
