"""The layer of one energy's volume that is put in place by hand: its affine is the transform.

In three dimensions napari draws any affine rightly, but its transform box works in slices only (napari 0.9); so shifts and turns
are applied here, and whatever else moved the layer is kept.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
from napari.layers import Layer

from ...register import from_napari_affine, napari_affine
from .compare import leave_comparison
from .held import held_volume, held_volumes
from .ready import volumes_of
from .show import layer_of, put, show_only, take_away
from .stages import GREEN
from .tuples import volume_layer

ENERGY = "energy_index"
Matrix = npt.NDArray[np.float64]


def put_nudge(viewer: Any, project: Any, index: int, matrix: Matrix) -> Layer:
    """Show the volume of an energy in green where a transform puts it, over the fixed one in magenta, in three dimensions.

    Parameters
    ----------
    viewer : napari viewer
    project : Project
    index : int
        Of the energy.
    matrix : (4, 4)
        Fixed -> moving, in voxels.
    """
    stack = volumes_of(project)
    raw: Any = layer_of(viewer, "raw")
    fits = raw is not None and raw.data.shape == stack.data.shape
    volume = held_volume(raw.data if fits else held_volumes(stack.data), index)
    look = {"contrast_limits": tuple(raw.contrast_limits)} if fits else {}
    take_away(viewer, "nudge")
    data, given, kind = volume_layer(
        volume,
        stack.voxel_size,
        "nudge",
        f"Nudge {stack.energies[index]:.1f} eV",
        colormap=GREEN,
        blending="additive",
        **look,
    )
    given["metadata"][ENERGY] = index
    given["affine"] = napari_affine(matrix, given["scale"])
    leave_comparison(viewer)
    # napari says it at every slice; the panel says it once, in its own words
    warnings.filterwarnings("ignore", "Non-orthogonal slicing")
    layer = put(viewer, (data, given, kind))
    show_only(viewer, "fixed", "nudge")
    viewer.layers.selection.active = layer
    viewer.dims.ndisplay = 3  # last: a layer that is made in 3-D napari 0.9 draws under the others in 2-D
    return layer


def nudged_index(viewer: Any) -> int | None:
    """Give the energy that is being nudged, as an index, or None."""
    layer = layer_of(viewer, "nudge")
    return None if layer is None else int(layer.metadata[ENERGY])


def nudge(layer: Layer, shift: npt.ArrayLike, turn: npt.ArrayLike, about: npt.ArrayLike) -> Matrix:
    """Give a movement in the layer's world.

    Parameters
    ----------
    layer : Layer
    shift : (3,), voxels along (z, y, x)
    turn : (3,), degrees about the axes z, y and x, done in this order
    about : (3,), voxels
        The point that turns leave where it is.
    """
    scale = np.asarray(layer.scale, np.float64)[-3:]
    linear = np.eye(3)
    for axis, angle in enumerate(np.radians(np.asarray(turn, np.float64))):
        one, two = (a for a in range(3) if a != axis)
        rotation = np.eye(3)
        rotation[one, one] = rotation[two, two] = np.cos(angle)
        rotation[one, two], rotation[two, one] = -np.sin(angle), np.sin(angle)
        linear = rotation @ linear
    center = np.asarray(about, np.float64) * scale
    out = np.eye(4)
    out[:3, :3] = linear
    out[:3, 3] = center - linear @ center + np.asarray(shift, np.float64) * scale
    return out


def lying(layer: Layer) -> Matrix:
    """Give the transform of a nudged layer as it lies, (4, 4), fixed -> moving, in voxels.

    Raises
    ------
    RegistrationError
        If it was squeezed flat.
    """
    return from_napari_affine(np.asarray(layer.affine.affine_matrix)[-4:, -4:], np.asarray(layer.scale)[-3:])
