"""Before and after registration: magenta over green, side by side with one contrast, as outlines, in fields, or as differences."""

from __future__ import annotations

from typing import Any, Literal

from .sample_box import frame_sample
from .show import layer_of, show_only
from .stages import GREEN
from .tuples import ROLE

View = Literal["overlay", "side by side", "outlines", "checkerboard", "squared difference"]
FLAT: tuple[View, ...] = ("outlines", "checkerboard")
"""Pictures of slices, which say nothing in three dimensions."""

LINKED = ("contrast_limits", "gamma")
_UNDER_LINES = 0.6
_PAIRS = {"side by side": ("raw", "registered"), "squared difference": ("difference raw", "difference registered")}


def compare(viewer: Any, view: View, *, before: bool = False) -> None:
    """Arrange the raw and the registered volumes.

    Parameters
    ----------
    viewer : napari viewer
    view : 'overlay', 'side by side', 'outlines', 'checkerboard' or 'squared difference'
        The fixed volume in magenta under the registered one in green (white where both agree); raw and registered, or their
        squared differences to the fixed volume, beside each other with one contrast and their names; the registered volume in
        grey under the outlines of both masks; or registered and fixed in alternate fields. The layers of outlines and fields
        are made by `pictures`.
    before : bool
        Whether the raw volume is shown in place of the registered one, where one of them is.
    """
    beside = view in _PAIRS
    for name, roles in _PAIRS.items():
        layers: list[Any] = [x for role in roles if (x := layer_of(viewer, role)) is not None]
        if name == view and len(layers) == 2:
            layers[0].contrast_limits = layers[1].contrast_limits
            viewer.layers.link_layers(layers, LINKED)
        else:
            _unlink(viewer, layers)
        for layer in layers:
            layer.name_overlay.visible = name == view
            layer.name_overlay.font_size = 10
            layer.name_overlay.position = "bottom_left"
    bar: Any = layer_of(viewer, "difference registered")
    if bar is not None:
        bar.colorbar.visible = view == "squared difference"
    for role in ("raw", "registered"):
        shown: Any = layer_of(viewer, role)
        if shown is not None:
            shown.colormap = GREEN if view == "overlay" else "gray"
            shown.blending = "additive" if view == "overlay" else "translucent"
            shown.opacity = _UNDER_LINES if view == "outlines" else 1.0
    which = "raw" if before else "registered"
    roles_of = {
        "overlay": ("fixed", which),
        "outlines": (which, "outlines"),
        "checkerboard": ("checkerboard",),
    }
    show_only(viewer, *(_PAIRS[view] if beside else roles_of[view]))
    _show_regions(viewer, not beside)
    viewer.canvas.grid.stride = 1
    viewer.canvas.grid.shape = (1, -1) if beside else (-1, -1)
    if viewer.canvas.grid.enabled != beside:
        viewer.canvas.grid.enabled = beside
        frame_sample(viewer)


def leave_comparison(viewer: Any) -> None:
    """Go back to one picture, the raw volumes in grey."""
    _show_regions(viewer, True)
    if viewer.canvas.grid.enabled:
        viewer.canvas.grid.enabled = False
        viewer.reset_view()
    for roles in _PAIRS.values():
        layers: list[Any] = [x for role in roles if (x := layer_of(viewer, role)) is not None]
        _unlink(viewer, layers)
        for layer in layers:
            layer.name_overlay.visible = False
            if layer.metadata[ROLE].startswith("difference"):
                layer.colorbar.visible = False
    raw: Any = layer_of(viewer, "raw")
    if raw is not None:
        raw.colormap = "gray"
        raw.blending = "translucent"
        raw.opacity = 1.0


def _show_regions(viewer: Any, visible: bool) -> None:
    """Show or hide what was drawn for spectra: it would take a place of its own in the grid."""
    for layer in viewer.layers:
        if layer.metadata.get(ROLE) == "regions":
            layer.visible = visible


def _unlink(viewer: Any, layers: list[Any]) -> None:
    if len(layers) > 1:
        viewer.layers.unlink_layers(layers, LINKED)
