"""Layers to draw regions in: on the volumes' grid, every region in a colour of its own, fixed in space or following the slice."""

from __future__ import annotations

from typing import Any
from weakref import ref

import numpy as np
from napari.layers import Points, Shapes

from ..layers import ROLE
from ..plot import COLORS

_LINE = 1.0  # voxel


def regions_layer(viewer: Any, raw: Any, kind: type[Shapes] | type[Points], *, flat: bool, size: int) -> Any:
    """Add an empty layer to draw in.

    Parameters
    ----------
    viewer : napari viewer
    raw : Image layer
        Of the volumes.
    kind : type
        Shapes or Points.
    flat : bool
        Whether regions lie in whichever slice is shown: the layer has then no axis z.
    size : int, voxel
        Diameter of a point.
    """
    axes = 2 if flat else 3
    color = next_color(viewer)
    place = {"scale": raw.scale[-axes:], "units": raw.units[-axes:], "axis_labels": raw.axis_labels[-axes:]}
    about: dict[str, Any] = {"ndim": axes, "metadata": {ROLE: "regions"}, **place}
    if kind is Shapes:
        layer = viewer.add_shapes(name="Regions", edge_width=_LINE, face_color="transparent", edge_color=color, **about)
    else:
        layer = viewer.add_points(name="Picked points", size=size, face_color=color, border_width=0.05, **about)
    color_by_turns(viewer, layer)
    return layer


def is_own(layer: Any) -> bool:
    """Say whether a layer was added here to draw in."""
    return isinstance(layer, Shapes | Points) and layer.metadata.get(ROLE) == "regions"


def next_color(viewer: Any) -> str:
    """Give the colour of the region that is drawn next."""
    return COLORS[sum(len(layer.data) for layer in viewer.layers if is_own(layer)) % len(COLORS)]


def color_by_turns(viewer: Any, layer: Any) -> None:
    """Give every region that is drawn from now on the next colour."""
    shown_in = ref(viewer)

    def take_next(event: Any = None) -> None:
        where = shown_in()
        if where is None:
            return
        color = next_color(where)
        with layer.block_update_properties():
            if isinstance(layer, Shapes):
                layer.current_edge_color = color
            else:
                layer.current_face_color = color

    layer.events.data.connect(take_next)


def moved_into(viewer: Any, layer: Any, raw: Any, *, flat: bool, shown: float) -> Any:
    """Put what was drawn in a layer into another one that follows the slice shown, or lies in it; None where it cannot.

    Parameters
    ----------
    flat : bool
        Follow the slice (y, x), or lie in space (z, y, x).
    shown : float, voxel
        The slice shown.

    Notes
    -----
    A shape that goes through slices cannot follow one.
    """
    data = [np.atleast_2d(np.asarray(d, float)) for d in layer.data]
    if flat and any(np.ptp(d[:, 0]) > 0 for d in data if isinstance(layer, Shapes)):
        return None
    moved = [d[:, -2:] if flat else np.column_stack([np.full(len(d), np.round(shown)), d]) for d in data]
    kind = Shapes if isinstance(layer, Shapes) else Points
    size = int(layer.current_size) if kind is Points else 1
    made = regions_layer(viewer, raw, kind, flat=flat, size=size)
    if moved and kind is Shapes:
        made.add(moved, shape_type=layer.shape_type, edge_color=layer.edge_color, edge_width=_LINE)
    elif moved:
        made.data = np.concatenate(moved)
        made.face_color = layer.face_color
        made.size = layer.size
    name, mode = layer.name, layer.mode
    viewer.layers.remove(layer)
    made.name, made.mode = name, mode
    return made
