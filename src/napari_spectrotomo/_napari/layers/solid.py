"""A map on the particles' surface and on a cut through them, as layers: three of triangles, coloured as the map's own layer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from napari.layers import Layer, Surface
from napari.utils.colormaps import Colormap

from ..energy_text import STALE
from .body import Body, Cut, Mesh, joined, opened
from .maps import MAP_ROLES, show_bar
from .show import layer_of, show_only, take_away
from .tuples import ROLE

SOLID_ROLES = ("surface", "cut", "unknown")
MAP_OF = "map"
"""Where the metadata of the surface keep the role of the map on it."""

_LOOKS = ("colormap", "contrast_limits", "gamma")
_GREY = Colormap([[0.55, 0.55, 0.57, 1.0]] * 2, name="unknown")
_FILLED = 1.0
_SEEN_WELL = 0.6  # cosine of the angle at which one looks at a cut


@dataclass(frozen=True, slots=True, eq=False)
class Solid:
    """What there is to draw: a map on the surface, on the cut if there is one, and what is unknown of both."""

    surface: Mesh
    face: Mesh | None
    unknown: Mesh
    cut: Cut | None


def solid_of(
    skin: tuple[Mesh, Mesh], labels: npt.NDArray[np.integer], values: npt.NDArray[np.floating], cut: Cut | None
) -> Solid:
    """Add a cut through a map, (z, y, x), to its `painted` surface; some milliseconds, in a worker for the sake of large bodies."""
    surface, unknown = skin
    if cut is None:
        return Solid(surface, None, unknown, None)
    face, hole = opened(labels, values, cut)
    return Solid(surface, face, joined(unknown, hole) if hole else unknown, cut)


def solid_steps(viewer: Any, solid: Solid, painted_from: Layer, shaded: bool) -> Iterator[None]:
    """Show a map as a body in three dimensions, in the colours of the layer of the map; about a layer a step.

    Parameters
    ----------
    viewer : napari viewer
    solid : Solid
    painted_from : Layer
        Of the map; its colours and limits, and theirs, are linked.
    shaded : bool
        Whether light shows the shape; colours in the shade are then darker than the bar's.
    """
    base: Any = painted_from
    role, name = base.metadata[ROLE], base.metadata.get(STALE, base.name)
    parts = {"surface": solid.surface, "cut": solid.face, "unknown": solid.unknown}
    fresh = layer_of(viewer, "surface") is None
    coloured, drawn = [base], [part for part, mesh in parts.items() if mesh]
    for part, mesh in parts.items():
        if mesh is None or part not in drawn:
            if (spare := layer_of(viewer, part)) is not None:
                spare.visible = False  # napari hides one sooner than it takes it away, and it may be wanted again
            continue
        layer = _put_mesh(viewer, part, mesh, f"{name}, {part}", base)
        layer.metadata[MAP_OF] = role
        shading = "smooth" if shaded and part == "surface" else "none"
        if str(layer.shading) != shading:
            layer.shading = shading
        clip(layer, None if part == "cut" else solid.cut)
        if part != "unknown":
            coloured.append(layer)
        yield
    _share_looks(viewer, coloured)
    yield
    for part in drawn:
        seen = layer_of(viewer, part)
        if seen is not None and not seen.visible:
            seen.visible = True
            yield
    show_only(viewer, *drawn)
    if fresh and (surface := layer_of(viewer, "surface")) is not None:
        show_bar(viewer, surface)


def clip(layer: Any, cut: Cut | None) -> None:
    """Leave out of a layer of triangles what a cut takes away."""
    planes = [] if cut is None else [_plane(cut, layer)]
    now = [
        {"position": p.position, "normal": p.normal, "enabled": p.enabled} for p in layer.experimental_clipping_planes
    ]
    if now != planes:
        layer.experimental_clipping_planes = planes


def move_cut(viewer: Any, cut: Cut) -> None:
    """Move the plane that cuts what is there, ahead of the map on the new cut, which takes a worker."""
    for role in ("surface", "unknown"):
        layer = layer_of(viewer, role)
        if layer is not None:
            clip(layer, cut)


def fit_body(viewer: Any, body: Body, scale: Any) -> None:
    """Make a body fill the canvas in three dimensions, and look at it along z, a little from the side."""
    size = np.asarray(scale, np.float64)[-3:]
    low, high = body.box * size
    viewer.camera.center = tuple((low + high) / 2)
    viewer.camera.zoom = _FILLED * float(min(viewer.canvas.size)) / float(np.linalg.norm(high - low + size))
    look_along(viewer, np.array([1.0, 0.0, 0.0]))


def look_along(viewer: Any, inward: npt.NDArray[np.float64]) -> None:
    """Turn the camera so that a cut is seen whose inside lies in this direction, (z, y, x); as it is, if it is seen well."""
    if float(np.dot(viewer.camera.view_direction, inward)) > _SEEN_WELL:
        return
    aside = np.where(inward == 0, np.array([0.35, 0.3, 0.4]), 0)
    direction = inward + aside
    up = (-1, 0, 0) if inward[1] else (0, -1, 0)
    viewer.camera.set_view_direction(tuple(direction / np.linalg.norm(direction)), up)


def _put_mesh(viewer: Any, role: str, mesh: Mesh, name: str, like: Any) -> Any:
    values = np.zeros(len(mesh.corners), np.float32) if mesh.values is None else mesh.values
    data = (mesh.corners, mesh.faces, values)
    layer: Any = layer_of(viewer, role)
    if layer is not None and tuple(layer.scale) == tuple(like.scale):
        if any(new is not old for new, old in zip(data, layer.data, strict=True)):
            layer.data = data
        _rename(layer, name)
        return layer
    take_away(viewer, role)
    unknown = mesh.values is None
    look = {} if unknown else {key: getattr(like, key) for key in _LOOKS}
    given = {"scale": like.scale, "units": like.units, "axis_labels": like.axis_labels}
    made = Surface(data, name=name, metadata={ROLE: role}, visible=False, **given, **look)
    if unknown:
        made.colormap, made.contrast_limits = _GREY, (0, 1)
    return viewer.add_layer(made)


def _rename(layer: Any, name: str) -> None:
    """Name a layer; what says that it is out of date stays behind its name."""
    known = layer.metadata.get(STALE, layer.name)
    if known != name:
        suffix = layer.name.removeprefix(known) if STALE in layer.metadata else ""
        if STALE in layer.metadata:
            layer.metadata[STALE] = name
        layer.name = name + suffix


def _share_looks(viewer: Any, layers: list[Any]) -> None:
    """Give the layers of a body the looks of the first one, which is the map's, and keep them alike from now on."""
    base, *others = layers
    ours = [layer for layer in viewer.layers if layer.metadata.get(ROLE) in (*MAP_ROLES, "surface", "cut")]
    viewer.layers.unlink_layers(ours, _LOOKS)
    for layer in others:
        for key in _LOOKS:
            if getattr(layer, key) != getattr(base, key):
                setattr(layer, key, getattr(base, key))
    viewer.layers.link_layers(layers, _LOOKS)


def _plane(cut: Cut, layer: Any) -> dict[str, Any]:
    """Give the plane for napari, which counts in the world's units here, whatever it says (0.9.2)."""
    place = np.zeros(3)
    place[cut.axis] = cut.position * float(layer.scale[-3:][cut.axis])
    return {"position": tuple(place), "normal": tuple(cut.inward), "enabled": True}
