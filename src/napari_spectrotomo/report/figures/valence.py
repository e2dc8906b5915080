"""The valence of voxels: slices of its map and of its error, and its distribution in each particle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..data import ReportData
from ..views import Views, percentiles
from .canvas import FAINT, INK, PARTICLES, Figure, finished, legend, plot_axes, sheet
from .distribution import by_particle
from .maps import MapRow, map_slices

if TYPE_CHECKING:
    from ...spectra import ValenceMap


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
        return [slices, _line(found)]
    alt = "Distribution of the valence in each particle."
    caption = f"{alt.removesuffix('.')}: histogram and kernel density, mean (dashed) and median (solid)."
    return [slices, _line(found), finished(figure, alt=alt, caption=caption)]


def _line(found: ValenceMap) -> Figure:
    """Draw the line through the standards with its band, and where the voxels lie."""
    line = found.line
    figure = sheet(3.2)
    axes = plot_axes(figure.subplots(), "edge energy (eV)", "valence")
    sample = line.energy(percentiles(found.valence, 2, 98) or line.range_valence)
    axes.axvspan(sample.min(), sample.max(), color=PARTICLES[0], alpha=0.15, linewidth=0, label="96 % of the voxels")
    ends = np.r_[line.range_eV, sample]
    margin = 0.08 * np.ptp(ends)
    energies = np.linspace(ends.min() - margin, ends.max() + margin, 101)
    axes.plot(energies, line.valence(energies), color=INK, linewidth=1.2, label="line")
    low, high = line.band(energies)
    known = bool(np.isfinite(low).all())
    if known:
        axes.fill_between(energies, low, high, color=FAINT, alpha=0.25, linewidth=0, label="68 % of such compounds")
    axes.plot(line.energies_eV, line.valences, "o", color=PARTICLES[1], markersize=5, label="standards")
    for name, energy, valence in zip(line.names, line.energies_eV, line.valences, strict=True):
        axes.annotate(name, (energy, valence), (6, -10), textcoords="offset points", fontsize=8, color=INK)
    axes.ticklabel_format(axis="x", useOffset=False)
    legend(axes, loc="upper left")
    one = f"One unit of valence is {1 / line.slope:.2f} eV."
    band = "" if known else " Two standards leave no scatter to draw a band by."
    return finished(
        figure,
        alt="Edge energies and valences of the standards, the line through them, and where the voxels lie.",
        caption=f"The standards, read as the map is, and the line through them with its band. {one}{band}",
        well="standards on the line within the band, on both sides of the voxels.",
        amiss="a standard far off the line, or voxels beyond all of them: standards of other chemistry, or energies that are off.",
    )
