"""A map on the particles' surface and on a cut through them, as layers: three of triangles, coloured as the map's own layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from napari.layers import Layer, Surface
from napari.utils.colormaps import Colormap

from .body import Body, Cut, Mesh, joined, opened, painted
from .maps import MAP_ROLES, show_bar
from .show import layer_of, show_only, take_away
from .tuples import ROLE

SOLID_ROLES = ("surface", "cut", "unknown")
MAP_OF = "map"
"""Where the metadata of the surface keep the role of the map on it."""

_LOOKS = ("colormap", "contrast_limits", "gamma")
_GREY = Colormap([[0.55, 0.55, 0.57, 1.0]] * 2, name="unknown")
_FILLED = 0.75


@dataclass(frozen=True, slots=True, eq=False)
class Solid:
    """What there is to draw: a map on the surface, on the cut if there is one, and what is unknown of both."""

    surface: Mesh
    face: Mesh | None
    unknown: Mesh
    cut: Cut | None


def solid_of(body: Body, labels: npt.NDArray[np.integer], values: npt.NDArray[np.floating], cut: Cut | None) -> Solid:
    """Paint a map on the surface and on a cut; some milliseconds, in a worker for the sake of large bodies."""
    surface, unknown = painted(body, values)
    if cut is None:
        return Solid(surface, None, unknown, None)
    face, hole = opened(labels, values, cut)
    return Solid(surface, face, joined(unknown, hole), cut)


def put_solid(viewer: Any, solid: Solid, painted_from: Layer, shaded: bool) -> None:
    """Show a map as a body in three dimensions, in the colours of the layer of the map.

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
    role, name = base.metadata[ROLE], base.name
    meshes = {
        "surface": (solid.surface, name),
        "cut": (solid.face, f"{name} on the cut"),
        "unknown": (solid.unknown, "Unknown"),
    }
    fresh = layer_of(viewer, "surface") is None
    coloured = [base]
    for part, (mesh, words) in meshes.items():
        if not mesh:
            take_away(viewer, part)
            continue
        layer = _put_mesh(viewer, part, mesh, words, base)
        layer.metadata[MAP_OF] = role
        layer.shading = "smooth" if shaded and part == "surface" else "none"
        layer.experimental_clipping_planes = [] if part == "cut" or solid.cut is None else [_plane(solid.cut, layer)]
        if part != "unknown":
            coloured.append(layer)
    _share_looks(viewer, coloured)
    show_only(viewer, *SOLID_ROLES)
    if fresh and (surface := layer_of(viewer, "surface")) is not None:
        show_bar(viewer, surface)


def move_cut(viewer: Any, cut: Cut) -> None:
    """Move the plane that cuts what is there, ahead of the map on the new cut, which takes a worker."""
    for role in ("surface", "unknown"):
        layer: Any = layer_of(viewer, role)
        if layer is not None:
            layer.experimental_clipping_planes = [_plane(cut, layer)]


def look_at(viewer: Any, body: Body, scale: Any, cut: Cut | None, anew: bool) -> None:
    """Turn the camera so that the cut is seen, if it is not; and, `anew`, make the body fill the canvas."""
    size = np.asarray(scale, np.float64)[-3:]
    if anew:
        low, high = body.box * size
        viewer.camera.center = tuple((low + high) / 2)
        across = float(np.linalg.norm(high - low + size))
        viewer.camera.zoom = _FILLED * float(min(viewer.canvas.size)) / across
    inward = cut.inward if cut is not None else np.array([1.0, 0.0, 0.0])
    seen = float(np.dot(viewer.camera.view_direction, inward))
    if anew or (cut is not None and seen < 0.2):
        aside = np.array([0.35, 0.3, 0.4])
        aside[np.flatnonzero(inward)] = 0
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
        layer.name = name
        return layer
    take_away(viewer, role)
    unknown = mesh.values is None
    look = {} if unknown else {key: getattr(like, key) for key in _LOOKS}
    given = {"scale": like.scale, "units": like.units, "axis_labels": like.axis_labels}
    made = Surface(data, name=name, metadata={ROLE: role}, visible=False, **given, **look)
    if unknown:
        made.colormap, made.contrast_limits = _GREY, (0, 1)
    return viewer.add_layer(made)


def _share_looks(viewer: Any, layers: list[Any]) -> None:
    """Give the layers of a body the looks of the first one, which is the map's, and keep them alike from now on."""
    base, *others = layers
    ours = [layer for layer in viewer.layers if layer.metadata.get(ROLE) in (*MAP_ROLES, "surface", "cut")]
    viewer.layers.unlink_layers(ours, _LOOKS)
    for layer in others:
        for key in _LOOKS:
            setattr(layer, key, getattr(base, key))
    viewer.layers.link_layers(layers, _LOOKS)


def _plane(cut: Cut, layer: Any) -> dict[str, Any]:
    """Give the plane for napari, which counts in the world's units here, whatever it says (0.9.2)."""
    place = np.zeros(3)
    place[cut.axis] = cut.position * float(layer.scale[-3:][cut.axis])
    return {"position": tuple(place), "normal": tuple(cut.inward), "enabled": True}
