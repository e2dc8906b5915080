"""The edge energy of voxels: slices of the map and of its error, the marked voxels, and the distribution in each particle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..data import ReportData
from ..marks import Marks
from ..views import Plane, Views, percentiles
from .canvas import INK, VOXELS, Figure, finished
from .distribution import by_particle
from .maps import MapRow, map_slices

if TYPE_CHECKING:
    from matplotlib.axes import Axes

EDGE_COLOURS, ERROR_COLOURS = "viridis", "cividis"


def edge_limits(data: ReportData) -> tuple[float, float] | None:
    """Give the range of the edge map's colours: the 2nd and 98th percentile; None where no voxel has an edge energy."""
    return percentiles(data.edge_map.energy, 2, 98)


def edge_slices(data: ReportData, views: Views, marks: Marks) -> Figure:
    """Slices of the edge energy with the marked voxels, and of its error."""
    limits = edge_limits(data)
    if limits is None:
        return Figure(
            caption="No voxel has an edge energy: nowhere does the edge step stand out of the noise. See the warnings."
        )
    error_top = (percentiles(data.edge_map.error, 0, 95) or (0.0, 1.0))[1]
    rows = (
        MapRow("edge energy", data.edge_map.energy, EDGE_COLOURS, limits, "edge energy, eV"),
        MapRow("error", data.edge_map.error, ERROR_COLOURS, (0.0, error_top), "standard error, eV", "max"),
    )
    figure = map_slices(data, views, rows, lambda panel, plane: mark(panel, plane, marks, views.planes))
    return finished(
        figure,
        alt="Slices of the edge-energy map in eV with numbered voxels, and of its error.",
        caption=f"Edge energy of every voxel ({data.edge_map.method}), colours from the 2nd to the 98th "
        f"percentile ({limits[0]:.2f} to {limits[1]:.2f} eV), "
        "with the voxels whose spectra are shown above; below its standard error from the noise of the "
        "spectra. Pale: no edge energy.",
        well="colours that change smoothly or along cracks and grains, with an error that is small and even "
        "inside the particles.",
        amiss="a rim of extreme colours, one side high and the other low: motion that is left, not chemistry. "
        "Salt-and-pepper: noise; trust means over regions only.",
    )


def distributions(data: ReportData) -> Figure:
    """Histogram and kernel density of the edge energies of each particle, largest particles first."""
    figure = by_particle(data, data.edge_map.energy, "edge energy (eV)", "share per eV")
    if figure is None:
        return Figure(caption="There is no particle with edge energies, so there are no distributions.")
    return finished(
        figure,
        alt="Distribution of edge energies in each particle.",
        caption="Distribution of edge energies in each particle: histogram and kernel density, mean (dashed) "
        "and median (solid).",
        well="a smooth distribution; several humps mean several phases if they are regions of the map.",
        amiss="long tails on both sides come from surfaces that do not lie on each other, or from noise; "
        "compare with the error map.",
    )


def mark(axes: Axes, plane: Plane, marks: Marks, planes: tuple[Plane, ...]) -> None:
    """Ring the marked voxels: those on this plane, and dashed those that are on none of the planes shown."""
    rows, columns = plane.across
    for k, voxel in enumerate(marks.voxels):
        here = voxel[plane.axis] == plane.index
        nowhere = all(voxel[p.axis] != p.index for p in planes)
        if not (here or nowhere):
            continue
        axes.plot(
            voxel[columns],
            voxel[rows],
            "o",
            markersize=10.5,
            fillstyle="none",
            color="white",
            markeredgewidth=3.2,
            alpha=0.9,
        )
        axes.plot(
            voxel[columns],
            voxel[rows],
            "o",
            markersize=10.5,
            fillstyle="none",
            color=VOXELS[k % len(VOXELS)],
            markeredgewidth=1.8,
            alpha=1 if here else 0.5,
        )
        axes.annotate(
            str(k + 1), (voxel[columns], voxel[rows]), (7, 5), textcoords="offset points", fontsize=9, fontweight="bold", color=INK,
            bbox={"boxstyle": "round,pad=0.12", "facecolor": "white", "edgecolor": "none", "alpha": 0.8},
        )  # fmt: skip
