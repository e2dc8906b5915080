"""Layers of a project as napari's layer tuples: data, keywords, kind.

Energy stacks stay dask arrays; nothing is read but a frame or three single slices of one energy, for the contrast.
"""

from __future__ import annotations

from typing import Any

import dask.array as da
import numpy as np
import numpy.typing as npt

from ...data import EnergyStack, FloatArray, Scan
from ..energy_text import ANGLES, ENERGIES
from .frames import CorrectedFrames, Frames
from .geometry import projection_axes, volume_axes
from .held import held_volumes, lazy

ROLE = "spectrotomo"
"""Where a layer's metadata keep what it is to this plugin."""

FULLEST = "fullest_slice"
"""Where a layer's metadata keep the slice with the most in it, of those looked at: the first one worth showing."""

LayerTuple = tuple[Any, dict[str, Any], str]

_ENOUGH = 1_000_000


def projections_layer(scan: Scan, source: str = "") -> LayerTuple:
    """Make the layer of projections as measured, (energy, angle, row, column); views that an energy has not are NaN."""
    frames, last = Frames(scan), scan.projections[-1]
    middle = len(last) // 2
    view = np.asarray(last[middle : middle + 1], np.float32)
    return frames_layer(frames, scan, "projections", "Projections", source, contrast_limits=limits(view))


def frames_layer(
    frames: Frames | CorrectedFrames, scan: Scan, role: str, name: str, source: str = "", **look: Any
) -> LayerTuple:
    """Make a layer of projections, one energy a chunk."""
    metadata = {ROLE: role, "source": source, ENERGIES: scan.energies, ANGLES: frames.angles}
    given = {"name": name, "metadata": metadata, "cache": False, "projection_mode": "none"}
    return lazy(frames, (1, *frames.shape[1:])), given | projection_axes(4) | look, "image"


def volumes_layer(stack: EnergyStack, role: str, name: str, index: int = -1, **look: Any) -> LayerTuple:
    """Make the layer of an energy stack, (energy, z, y, x), with its contrast from three slices of the energy `index`."""
    metadata: dict[str, Any] = {
        ROLE: role,
        ENERGIES: stack.energies,
        "attenuation_unit": stack.attenuation_unit,
        "source": stack.metadata.get("source", ""),
    }
    data = held_volumes(stack.data)
    if "contrast_limits" not in look:
        (low, high), metadata[FULLEST] = _look_into(data, index)
        look["contrast_limits"] = (low if stack.planar else 0.0, high)  # an image may have no background near 0
    return data, {"name": name, "metadata": metadata, "cache": False} | volume_axes(4, stack.voxel_size) | look, "image"


def energy_layer(data: da.Array, like: EnergyStack, role: str, name: str, **look: Any) -> LayerTuple:
    """Make the layer of another array on a stack's grid, such as masks (labels) or a squared difference (image)."""
    metadata = {ROLE: role, ENERGIES: like.energies}
    kind = "labels" if data.dtype == bool else "image"
    shown = held_volumes(data, np.uint8 if kind == "labels" else None)
    return shown, {"name": name, "metadata": metadata, "cache": False} | volume_axes(4, like.voxel_size) | look, kind


def volume_layer(
    volume: npt.NDArray[Any] | da.Array, voxel_size: FloatArray | None, role: str, name: str, **look: Any
) -> LayerTuple:
    """Make the layer of one volume, (z, y, x): labels when it holds whole numbers."""
    kind = "labels" if volume.dtype.kind in "iu" else "image"
    return volume, {"name": name, "metadata": {ROLE: role}, "cache": False} | volume_axes(3, voxel_size) | look, kind


def _look_into(data: da.Array, index: int) -> tuple[tuple[float, float], int]:
    """Give contrast limits and the fullest slice, by three slices of one energy; only these are read."""
    depth = data.shape[1]
    slices = {z: np.asarray(data[index, z]) for z in sorted({(depth - 1) * part // 4 for part in (1, 2, 3)})}
    fullest = max(slices, key=lambda z: float(np.nan_to_num(slices[z]).mean()))
    return limits(np.stack(list(slices.values()))), fullest


def limits(values: npt.NDArray[Any], low: float = 0.5, high: float = 99.8) -> tuple[float, float]:
    """Give contrast limits as percentiles of what is finite, of about a million values; (0, 1) where that says nothing."""
    step = 2 * (values.size // (2 * _ENOUGH)) + 1  # odd, so that it does not keep to the same few columns
    some = values.ravel()[::step]
    finite = some[np.isfinite(some)]
    if not finite.size:
        return 0.0, 1.0
    first, last = (float(v) for v in np.percentile(finite, (low, high)))
    return (first, last) if last > first else (first, first + 1.0)
