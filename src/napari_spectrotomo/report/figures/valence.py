"""The valence of voxels: slices of its map and of its error, and its distribution in each particle."""

from __future__ import annotations

import numpy as np

from ..data import ReportData
from ..views import Views, percentiles
from .canvas import Figure, finished
from .distribution import by_particle
from .maps import MapRow, map_slices


def valence_figures(data: ReportData, views: Views) -> list[Figure]:
    """Slices of the valence and its error, and its distributions; nothing where it was not asked for."""
    found = data.chemistry.valence
    if found is None:
        return []
    limits = percentiles(found.valence, 2, 98)
    if limits is None:
        return [Figure(caption="No voxel has a valence, as none has an edge energy.")]
    rows = [MapRow("valence", found.valence, "viridis", limits, "valence")]
    below = "No voxel's error is known."
    if (own := percentiles(found.measurement_error, 0, 95)) is not None:
        rows.append(
            MapRow("own error", found.measurement_error, "cividis", (0.0, own[1]), "error of measurement", "max")
        )
        below = "Below it the error of each voxel's own measurement; that of the line through two standards is unknown."
    if (whole := percentiles(found.error, 0, 95)) is not None:
        rows.append(MapRow("whole error", found.error, "cividis", (0.0, whole[1]), "error with the line's", "max"))
        below = "Below it the error of each voxel's own measurement, and that together with the line's, which all voxels share."
    names = ", ".join(found.line.names)
    known = np.isfinite(found.valence)
    outside = float(found.outside[known].mean())
    beyond = (
        f" {outside:.0%} of the voxels lie beyond the standards, where the line is drawn on." if outside > 0 else ""
    )
    slices = finished(
        map_slices(data, views, rows),
        alt="Slices of the valence map and of its error.",
        caption=f"Valence of every voxel by a line through the standards {names}, colours from the 2nd to the 98th percentile "
        f"({limits[0]:.2f} to {limits[1]:.2f}). {below}{beyond}",
        well="values between those of the standards, with an own error much smaller than the range of colours.",
        amiss="values beyond the standards over whole regions: a shifted energy axis, windows that differ, or a compound that "
        "does not lie on the line.",
    )
    figure = by_particle(data, found.valence, "valence", "share per unit of valence")
    if figure is None:
        return [slices]
    alt = "Distribution of the valence in each particle."
    caption = f"{alt.removesuffix('.')}: histogram and kernel density, mean (dashed) and median (solid)."
    return [slices, finished(figure, alt=alt, caption=caption)]
