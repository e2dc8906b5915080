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
from .stages import MAGENTA
from .tuples import ROLE, energy_layer

Which = Literal["raw", "registered"]
PIXELS = 2.0
"""Width of outlines on the screen."""

_COLORS = {"outline fixed": MAGENTA, "outline moving": "lime"}


@dataclass(frozen=True, slots=True, eq=False)
class Outlines:
    """Outlines of the masks of the fixed and of another energy in one slice.

    Attributes
    ----------
    index : int
        Of the other energy.
    which : 'raw' or 'registered'
        How its mask lies.
    fixed, moving : (n, 2, 4) float32
        Pieces as start and direction, (energy, z, y, x) in voxels.
    """

    index: int
    which: Which
    fixed: npt.NDArray[np.float32]
    moving: npt.NDArray[np.float32]


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
    return Outlines(index, which, _pieces(fixed, index, axis, at), _pieces(moving, index, axis, at))


def put_outlines(viewer: Any, project: Any, found: Outlines) -> None:
    """Show outlines: of the fixed mask in magenta, of the other one in green, white where they fall together."""
    energies, size = project.energies, volumes_of(project).voxel_size
    names = {
        "outline fixed": f"Outline fixed {energies[project.fixed_index]:.1f} eV",
        "outline moving": f"Outline {found.which} {energies[found.index]:.1f} eV",
    }
    for role, data in (("outline fixed", found.fixed), ("outline moving", found.moving)):
        layer: Any = layer_of(viewer, role)
        if layer is not None:
            layer.data = data
            layer.name = names[role]
            continue
        look = {"edge_color": _COLORS[role], "vector_style": "line", "edge_width": thickness(viewer, size)}
        about = {"name": names[role], "blending": "additive", "metadata": {ROLE: role}}
        viewer.add_layer(Layer.create(data, look | about | volume_axes(4, size), "vectors"))


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
