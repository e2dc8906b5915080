"""The edge energy of voxels: slices of the map and of its error, the marked voxels, and the distribution in each particle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ...spectra import kernel_density
from ..data import ReportData
from ..marks import Marks
from ..views import Plane, Views, percentiles
from .canvas import (
    FAINT,
    INK,
    LINE,
    NOTHING,
    PARTICLES,
    VOXELS,
    Figure,
    colour_bar,
    finished,
    legend,
    mosaic,
    plot_axes,
    sheet,
    show,
    slice_names,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

EDGE_COLOURS, ERROR_COLOURS = "viridis", "cividis"


def edge_limits(data: ReportData) -> tuple[float, float] | None:
    """Give the range of the edge map's colours: the 2nd and 98th percentile; None where no voxel has an edge energy."""
    return percentiles(data.edge_map.energy, 2, 98)


def edge_slices(data: ReportData, views: Views, marks: Marks) -> Figure:
    """Slices of the edge energy with the marked voxels, and of its error."""
    from matplotlib import colormaps

    spacing = None if data.voxel_size is None else data.spacing
    limits = edge_limits(data)
    if limits is None:
        return Figure(
            caption="No voxel has an edge energy: nowhere does the edge step stand out of the noise. See the warnings."
        )
    figure, axes = mosaic(2, [p.across for p in views.planes], data.labels.shape, spacing, spare=0.9)
    error_top = (percentiles(data.edge_map.error, 0, 95) or (0.0, 1.0))[1]
    rows: tuple[tuple[str, Any, str, tuple[float, float], str], ...] = (
        ("edge energy", data.edge_map.energy, EDGE_COLOURS, limits, "edge energy, eV"),
        ("error", data.edge_map.error, ERROR_COLOURS, (0.0, error_top), "standard error, eV"),
    )
    for row, (name, volume, colours, (low, high), label) in zip(axes, rows, strict=True):
        colourmap = colormaps[colours].with_extremes(bad=NOTHING)
        for k, (a, plane) in enumerate(zip(row, views.planes, strict=True)):
            options = {"cmap": colourmap, "vmin": low, "vmax": high, "interpolation": "nearest"}
            shown = show(a, plane.of(volume), plane.across, spacing, bar=INK, **options)
            title = plane.name if name == "edge energy" else ""
            slice_names(a, title, name if k == 0 else "", alone=len(row) == 1)
            if name == "edge energy":
                mark(a, plane, marks, views.planes)
        colour_bar(figure, shown, axes=list(row), shrink=0.85, aspect=22, extend="both" if low else "max", label=label)
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
    shown = [int(k) for k in data.particles["label"][: len(PARTICLES)]] if "label" in data.particles else []
    values = {k: data.edge_map.energy[data.labels == k] for k in shown}
    values = {k: v[np.isfinite(v)] for k, v in values.items()}
    limits = percentiles(np.concatenate([*values.values(), np.empty(0)]), 0.5, 99.5)
    if limits is None:
        return Figure(caption="There is no particle with edge energies, so there are no distributions.")
    columns = min(3, len(values))
    rows = -(-len(values) // columns)
    figure = sheet(2.7 * rows + 0.1)
    panels = figure.subplots(rows, columns, squeeze=False, sharex=True).ravel()
    margin = 0.08 * (limits[1] - limits[0])
    bins = np.linspace(limits[0] - margin, limits[1] + margin, 61)
    for axes, (label, energies), colour in zip(panels, values.items(), PARTICLES, strict=False):
        _distribution(plot_axes(axes, "edge energy (eV)", "share per eV"), energies, bins, colour)
        axes.set_title(f"particle {label} · {energies.size:,} voxels", fontsize=9.5, color=colour, loc="left")
    for axes in panels[len(values) :]:
        axes.set_visible(False)
    return finished(
        figure,
        alt="Distribution of edge energies in each particle.",
        caption="Distribution of edge energies in each particle: histogram and kernel density, mean (dashed) "
        "and median (solid).",
        well="a smooth distribution; several humps mean several phases if they are regions of the map.",
        amiss="long tails on both sides come from surfaces that do not lie on each other, or from noise; "
        "compare with the error map.",
    )


def _distribution(axes: Axes, energies: npt.NDArray[np.floating], bins: npt.NDArray[np.floating], colour: str) -> None:
    if energies.size == 0:
        axes.text(0.5, 0.5, "no edge energies", transform=axes.transAxes, ha="center", color=FAINT, fontsize=9)
        return
    counts = np.histogram(energies, bins)[0] / (energies.size * (bins[1] - bins[0]))
    axes.stairs(counts, bins, fill=True, color=colour, alpha=0.28)
    axes.plot(*kernel_density(energies), color=colour, linewidth=1.6)
    mean, median = float(energies.mean()), float(np.median(energies))
    axes.axvline(mean, color=INK, linewidth=1, linestyle=(0, (4, 2)), label=f"mean {mean:.2f}")
    axes.axvline(median, color=INK, linewidth=1, label=f"median {median:.2f}")
    axes.set_xlim(bins[0], bins[-1])
    axes.ticklabel_format(axis="x", useOffset=False)
    axes.spines["left"].set_color(LINE)
    legend(axes, loc="upper right", fontsize=8)


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
