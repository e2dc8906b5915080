"""Where layers lie: one scale, one set of units and axis names for all layers of a list, or napari drops the units."""

from __future__ import annotations

from typing import Any

from ...data import FloatArray


def volume_axes(ndim: int, voxel_size: FloatArray | None) -> dict[str, Any]:
    """Scale, units and axis labels of a layer over (energy, z, y, x), or over the last `ndim` of them.

    Parameters
    ----------
    ndim : int
        2 for (y, x), 3 for (z, y, x), 4 with the energy.
    voxel_size : (3,), nm, or None when unknown

    Returns
    -------
    dict
        Keywords of napari's layers.
    """
    size = (1.0, 1.0, 1.0) if voxel_size is None else tuple(float(s) for s in voxel_size)
    unit = "pixel" if voxel_size is None else "nm"
    return {
        "scale": (1.0, *size)[-ndim:],
        "units": ("pixel", unit, unit, unit)[-ndim:],
        "axis_labels": ("energy", "z", "y", "x")[-ndim:],
    }


def projection_axes(ndim: int) -> dict[str, Any]:
    """Scale, units and axis labels of projections, (energy, angle, row, column) or the last three, all in pixels and indices."""
    return {
        "scale": (1.0,) * ndim,
        "units": ("pixel",) * ndim,
        "axis_labels": ("energy", "angle", "row", "column")[-ndim:],
    }
