"""Before and after registration: magenta over green, or side by side with one contrast."""

from __future__ import annotations

from typing import Any, Literal

from .show import layer_of, show_only
from .stages import GREEN
from .tuples import ROLE

View = Literal["before", "after", "side by side", "squared difference"]
LINKED = ("contrast_limits", "gamma")


def compare(viewer: Any, view: View) -> None:
    """Arrange the raw and the registered volumes.

    Parameters
    ----------
    viewer : napari viewer
    view : 'before', 'after', 'side by side' or 'squared difference'
        The fixed volume in magenta under the raw or the registered one in green (white where both agree); or raw and
        registered, or their squared differences to the fixed volume, beside each other with one contrast.
    """
    pairs = {"side by side": ("raw", "registered"), "squared difference": ("difference raw", "difference registered")}
    beside = view in pairs
    for roles in pairs.values():
        layers = [x for role in roles if (x := layer_of(viewer, role)) is not None]
        if view in pairs and roles == pairs[view] and len(layers) == 2:
            layers[0].contrast_limits = layers[1].contrast_limits
            viewer.layers.link_layers(layers, LINKED)
        else:
            _unlink(viewer, layers)
    for role in ("raw", "registered"):
        layer = layer_of(viewer, role)
        if layer is not None:
            layer.colormap = "gray" if beside else GREEN
            layer.blending = "translucent" if beside else "additive"
    if beside:
        show_only(viewer, *pairs[view])
    else:
        show_only(viewer, "fixed", "raw" if view == "before" else "registered")
    _show_regions(viewer, not beside)
    viewer.canvas.grid.stride = 1
    viewer.canvas.grid.shape = (1, -1) if beside else (-1, -1)
    if viewer.canvas.grid.enabled != beside:
        viewer.canvas.grid.enabled = beside
        viewer.reset_view()


def leave_comparison(viewer: Any) -> None:
    """Go back to one picture, the raw volumes in grey."""
    _show_regions(viewer, True)
    if viewer.canvas.grid.enabled:
        viewer.canvas.grid.enabled = False
        viewer.reset_view()
    raw = layer_of(viewer, "raw")
    _unlink(viewer, [x for x in (raw, layer_of(viewer, "registered")) if x is not None])
    if raw is not None:
        raw.colormap = "gray"
        raw.blending = "translucent"


def _show_regions(viewer: Any, visible: bool) -> None:
    """Show or hide what was drawn for spectra: it would take a place of its own in the grid."""
    for layer in viewer.layers:
        if layer.metadata.get(ROLE) == "regions":
            layer.visible = visible


def _unlink(viewer: Any, layers: list[Any]) -> None:
    if len(layers) > 1:
        viewer.layers.unlink_layers(layers, LINKED)
