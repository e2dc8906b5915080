"""What spectra share without references: components with their shares, and clusters with their mean spectra."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..data import ReportData
from ..views import Views, percentiles
from .canvas import (
    FAINT,
    INK,
    PARTICLES,
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
from .maps import MapRow, map_slices

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ...spectra import Clusters

_MOST = 3
_NOTHING = 1e-6  # of the largest share: rounding of float32 spectra leaves less


def component_figures(data: ReportData, views: Views) -> list[Figure]:
    """Spectra of the components beside their shares, and slices of the first ones; nothing where they were not asked for."""
    found = data.chemistry.components
    if found is None:
        return []
    principal = data.chemistry.components_by == "pca"
    figure = sheet(3.5)
    left, right = figure.subplots(1, 2)
    plot_axes(left, "photon energy (eV)", "component")
    for k, (spectrum, colour) in enumerate(zip(found.spectra, PARTICLES, strict=False), 1):
        left.plot(
            found.energies, spectrum, color=colour, linewidth=1.6, marker="o", markersize=2.4, label=f"component {k}"
        )
    if principal:
        left.axhline(0, color=FAINT, linewidth=0.8)
    left.ticklabel_format(axis="x", useOffset=False)
    legend(left, loc="best")
    _scree(plot_axes(right, "component", "share of the variance" if principal else "share"), found.explained, principal)
    kind = "principal" if principal else "non-negative"
    counted = f"{found.above_noise} of them stand{'s' if found.above_noise == 1 else ''} above the noise"
    well = "components that look like differences of spectra, and shares that fall to an even floor of noise."
    amiss = "a component that is a spike at one energy: that energy is out of line. A slope: windows that do not fit."
    if not principal:
        well = "components that look like spectra of substances, and a share of each that is worth having."
        amiss = "components that differ from spectra by spikes or dips, or hardly from each other: ask for fewer."
    spectra = finished(
        figure,
        alt=f"Spectra of the {kind} components, and their shares.",
        caption=f"The {len(found.spectra)} {kind} components of {found.voxels:,} spectra, and the share of each; {counted}. "
        f"They leave {found.residual:.2g} of the {'variance' if principal else 'sum of squares'}.",
        well=well,
        amiss=amiss,
    )
    rows = [
        MapRow(f"component {k}", scores, "viridis", limits, "score")
        for k, scores in enumerate(found.scores[:_MOST], 1)
        if (limits := percentiles(scores, 2, 98)) is not None
    ]
    if not rows:
        return [spectra]
    more = f" The first {_MOST} of {len(found.scores)}." if len(found.scores) > _MOST else ""
    caption = f"How much of each component every voxel holds.{more}"
    return [spectra, finished(map_slices(data, views, rows), alt="Slices of the components' scores.", caption=caption)]


def _scree(axes: Axes, shares: npt.NDArray[np.floating], principal: bool) -> None:
    """Draw the share of every component as a bar."""
    number = np.arange(1, len(shares) + 1)
    axes.bar(number, shares, color=PARTICLES[0], alpha=0.75)
    axes.set_xticks(number if len(number) < 12 else number[:: -(-len(number) // 10)])
    known = shares[shares > _NOTHING * np.max(shares)]  # the normalisation takes a few components away altogether
    if principal and len(known):
        axes.set_yscale("log")
        axes.set_ylim(bottom=0.5 * float(known.min()))


def cluster_figures(data: ReportData, views: Views) -> list[Figure]:
    """Mean spectra of the clusters, and where they lie; nothing where they were not asked for."""
    found = data.chemistry.clusters
    if found is None:
        return []
    from matplotlib.colors import ListedColormap

    colours = [PARTICLES[k % len(PARTICLES)] for k in range(len(found.sizes))]
    spacing = None if data.voxel_size is None else data.spacing
    figure, axes = mosaic(1, [p.across for p in views.planes], data.labels.shape, spacing, spare=0.9)
    shown = np.where(found.labels > 0, found.labels, np.nan).astype(np.float32)
    for panel, plane in zip(axes[0], views.planes, strict=True):
        image = show(
            panel,
            plane.of(shown),
            plane.across,
            spacing,
            bar=INK,
            cmap=ListedColormap(colours).with_extremes(bad="#eceff2"),
            vmin=0.5,
            vmax=len(colours) + 0.5,
            interpolation="nearest",
        )
        slice_names(panel, plane.name if len(views.planes) > 1 else "", "", alone=False)
    colour_bar(figure, image, axes=list(axes[0]), shrink=0.85, label="cluster", ticks=range(1, len(colours) + 1))
    where = finished(
        figure,
        alt="Slices of the clusters.",
        caption=f"Voxels gathered by {found.method} into {len(found.sizes)} clusters of like spectra, told apart in "
        f"{found.components} principal component{'s' if found.components > 1 else ''}.",
        well="clusters that are regions: grains, shells, one particle and not the other.",
        amiss="salt and pepper: there are fewer kinds of spectra than clusters asked for.",
    )
    return [where, _means(found, colours)]


def _means(found: Clusters, colours: list[str]) -> Figure:
    """Draw the mean spectra of the clusters, and how each differs from the mean of all."""
    figure = sheet(3.5)
    left, right = figure.subplots(1, 2)
    plot_axes(left, "photon energy (eV)", "mean normalised spectrum")
    plot_axes(right, "photon energy (eV)", "difference from the mean of all")
    overall = np.average(found.spectra, axis=0, weights=found.sizes)
    for k, (spectrum, error, size) in enumerate(zip(found.spectra, found.errors, found.sizes, strict=True)):
        style = {"color": colours[k], "linewidth": 1.6, "marker": "o", "markersize": 2.4}
        for axes, values in ((left, spectrum), (right, spectrum - overall)):
            axes.fill_between(found.energies, values - error, values + error, color=colours[k], alpha=0.25, linewidth=0)
            axes.plot(found.energies, values, label=f"cluster {k + 1} · {size:,} voxels", **style)
            axes.ticklabel_format(axis="x", useOffset=False)
    legend(left, loc="lower right")
    return finished(
        figure,
        alt="Mean spectra of the clusters, and their differences from the mean of all.",
        caption="Left: mean normalised spectra of the clusters; right: how each differs from the mean of all voxels. One standard "
        "error is shaded.",
    )
