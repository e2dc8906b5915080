"""Pictures made of two volumes: the outlines of both masks, and fields of both in turn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from napari.layers import Layer

from ...assess import checkerboard, mask_outlines, moved_mask
from .geometry import volume_axes
from .ready import volumes_of
from .show import layer_of, put
from .tuples import ROLE, energy_layer

Which = Literal["raw", "registered"]
PIXELS = 2.0
"""Width of outlines on the screen."""

_COLORS = ((1.0, 0.0, 1.0, 1.0), (0.0, 1.0, 0.0, 1.0))
"""Of the fixed and of the moving mask."""


@dataclass(frozen=True, slots=True, eq=False)
class Outlines:
    """Outlines of the masks of the fixed and of another energy in one slice.

    Attributes
    ----------
    index : int
        Of the other energy.
    which : 'raw' or 'registered'
        How its mask lies.
    pieces : (n, 2, 4) float32
        As start and direction, (energy, z, y, x) in voxels: those of the fixed mask first.
    fixed : int
        How many are of the fixed mask.
    """

    index: int
    which: Which
    pieces: npt.NDArray[np.float32]
    fixed: int


def find_outlines(project: Any, which: Which, index: int, axis: int, at: int) -> Outlines:
    """Find the outlines in a slice; it reads that slice, so in a worker.

    Parameters
    ----------
    project : Project
    which : 'raw' or 'registered'
    index : int
        Of the energy.
    axis : int
        That the slice is across: 0, 1 or 2 for z, y or x.
    at : int
        Where along it, in voxels.
    """
    key: tuple[Any, ...] = tuple(at if a == axis else slice(None) for a in range(3))
    masks = project.masks()
    fixed = _plane(masks, (project.fixed_index, *key))
    if which == "raw":
        moving = _plane(masks, (index, *key))
    else:
        moving = moved_mask(_plane(project.squared_difference("registered"), (index, *key)), fixed)
    still, other = _pieces(fixed, index, axis, at), _pieces(moving, index, axis, at)
    return Outlines(index, which, np.concatenate([still, other]), len(still))


def put_outlines(viewer: Any, project: Any, found: Outlines) -> None:
    """Show outlines: of the fixed mask in magenta, of the other one in green, white where they fall together.

    A layer that is hidden stays as it is: napari 0.9 would look for its new colours by what it showed before.
    """
    size = volumes_of(project).voxel_size
    name = f"Outlines {found.which} {project.energies[found.index]:.1f} eV"
    colors = np.repeat(_COLORS, [found.fixed, len(found.pieces) - found.fixed], axis=0)
    layer: Any = layer_of(viewer, "outlines")
    if layer is None:
        look = {"vector_style": "line", "edge_width": thickness(viewer, size), "opacity": 1.0, "blending": "additive"}
        given = look | {"name": name, "metadata": {ROLE: "outlines"}} | volume_axes(4, size)
        if len(colors):
            given["edge_color"] = colors
        viewer.add_layer(Layer.create(found.pieces, given, "vectors"))
        return
    if not layer.visible:
        return
    layer.data = found.pieces
    layer.name = name
    if len(colors):
        layer.edge_color = colors


def thickness(viewer: Any, voxel_size: Any) -> float:
    """Give the width of outlines in voxels that makes them as wide on the screen as they are to be."""
    along = 1.0 if voxel_size is None else float(np.asarray(voxel_size)[-1])
    return float(np.clip(PIXELS / (max(viewer.camera.zoom, 1e-9) * along), 0.02, 4.0))


def put_checkerboard(viewer: Any, project: Any, which: Which, side: int) -> None:
    """Show fields of the fixed volume and of the raw or registered ones in turn, each `side` voxels wide."""
    stack = volumes_of(project)
    shown = stack if which == "raw" else project.stack("registered")
    board = checkerboard(shown, stack.data[project.fixed_index], side)
    raw: Any = layer_of(viewer, "raw")
    limits = (0.0, 1.0) if raw is None else tuple(raw.contrast_limits)
    look = {"colormap": "gray", "blending": "translucent", "contrast_limits": limits}
    put(viewer, energy_layer(board, stack, "checkerboard", f"Checkerboard {which}", **look))


def _plane(lazy: Any, key: tuple[Any, ...]) -> npt.NDArray[Any]:
    return np.asarray(lazy[key].compute(scheduler="synchronous"))


def _pieces(plane: npt.NDArray[Any], index: int, axis: int, at: int) -> npt.NDArray[np.float32]:
    """Put the outlines of a slice into the volume, as napari's vectors: a start and a direction."""
    ends = mask_outlines(plane)
    out = np.zeros((len(ends), 2, 4), np.float32)
    out[:, :, 0] = index
    out[:, :, 1 + axis] = at
    out[:, :, [1 + a for a in range(3) if a != axis]] = ends
    out[:, 1] -= out[:, 0]
    return out
