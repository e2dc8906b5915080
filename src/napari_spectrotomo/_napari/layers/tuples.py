"""Layers of a project as napari's layer tuples: data, keywords, kind.

Energy stacks stay dask arrays; nothing is computed but a slice for the contrast.
"""

from __future__ import annotations

from typing import Any

import dask.array as da
import numpy as np
import numpy.typing as npt

from ...data import EnergyStack, FloatArray, Scan
from ..energy_text import ENERGIES
from .geometry import projection_axes, volume_axes
from .held import frames, held_volumes

ROLE = "spectrotomo"
"""Where a layer's metadata keep what it is to this plugin."""

LayerTuple = tuple[Any, dict[str, Any], str]


def projections_layer(scan: Scan, source: str = "") -> LayerTuple:
    """Make the layer of projections: (energy, angle, row, column), or the last energy's where energies differ in views."""
    alike = len({p.shape for p in scan.projections}) == 1
    last = scan.projections[-1]
    data = frames(scan) if alike else frames(scan.select([-1]))[0]
    middle = len(last) // 2
    view = np.asarray(last[middle : middle + 1], np.float32)
    name = "Projections" if alike else f"Projections {scan.energies[-1]:.1f} eV"
    metadata = {ROLE: "projections", "source": source} | ({ENERGIES: scan.energies} if alike else {})
    return (
        data,
        {"name": name, "contrast_limits": limits(view), "metadata": metadata, "cache": False}
        | projection_axes(data.ndim),
        "image",
    )


def volumes_layer(stack: EnergyStack, role: str, name: str, index: int = -1, **look: Any) -> LayerTuple:
    """Make the layer of an energy stack, (energy, z, y, x), with its contrast from the energy `index`."""
    metadata = {
        ROLE: role,
        ENERGIES: stack.energies,
        "attenuation_unit": stack.attenuation_unit,
        "source": stack.metadata.get("source", ""),
    }
    data = held_volumes(stack.data)
    if "contrast_limits" not in look:
        look["contrast_limits"] = attenuation_limits(data, index)
    return data, {"name": name, "metadata": metadata, "cache": False} | volume_axes(4, stack.voxel_size) | look, "image"


def energy_layer(data: da.Array, like: EnergyStack, role: str, name: str, **look: Any) -> LayerTuple:
    """Make the layer of another array on a stack's grid, such as masks (labels) or a squared difference (image)."""
    metadata = {ROLE: role, ENERGIES: like.energies}
    kind = "labels" if data.dtype == bool else "image"
    shown = held_volumes(data.astype(np.uint8) if kind == "labels" else data)
    return shown, {"name": name, "metadata": metadata, "cache": False} | volume_axes(4, like.voxel_size) | look, kind


def volume_layer(
    volume: npt.NDArray[Any] | da.Array, voxel_size: FloatArray | None, role: str, name: str, **look: Any
) -> LayerTuple:
    """Make the layer of one volume, (z, y, x): labels when it holds whole numbers."""
    kind = "labels" if volume.dtype.kind in "iu" else "image"
    return volume, {"name": name, "metadata": {ROLE: role}, "cache": False} | volume_axes(3, voxel_size) | look, kind


def attenuation_limits(data: da.Array, index: int) -> tuple[float, float]:
    """Give contrast limits from five slices of one energy of a stack, from 0 up."""
    return 0.0, limits(np.stack(list(_five_slices(data, index).values())))[1]


def fullest_slice(data: da.Array, index: int) -> int:
    """Give the slice, of five looked at, with the most in it: the first one worth showing."""
    return max(_five_slices(data, index).items(), key=lambda item: float(np.nan_to_num(item[1]).mean()))[0]


def _five_slices(data: da.Array, index: int) -> dict[int, npt.NDArray[Any]]:
    volume = np.asarray(data[index])  # whole: the layer shows this energy next, and keeps it
    chosen = {round((len(volume) - 1) * part) for part in (0.1, 0.3, 0.5, 0.7, 0.9)}
    return {z: volume[z] for z in sorted(chosen)}


def limits(values: npt.NDArray[Any], low: float = 0.5, high: float = 99.8) -> tuple[float, float]:
    """Give contrast limits as percentiles of what is finite; (0, 1) where that says nothing."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 1.0
    first, last = (float(v) for v in np.percentile(finite, (low, high)))
    return (first, last) if last > first else (first, first + 1.0)
