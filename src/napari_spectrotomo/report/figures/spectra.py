"""Mean spectra of particles, and spectra of the marked voxels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..data import ReportData
from ..marks import Marks
from .canvas import FAINT, PARTICLES, VOXELS, Figure, finished, legend, nothing_to_show, plot_axes, sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def spectra_figure(data: ReportData, marks: Marks) -> Figure:
    """Spectra of particles (raw dashed, registered solid), and of marked voxels in the colours of their marks."""
    figure = sheet(3.9)
    left, right = figure.subplots(1, 2)
    _particles(left, data)
    _voxels(right, data, marks)
    for axes in (left, right):
        if np.isfinite(data.edge_map.e0):
            axes.axvline(data.edge_map.e0, color=FAINT, linewidth=0.9, linestyle=(0, (1, 2)))
            across = axes.get_xaxis_transform()
            text = f"e₀ {data.edge_map.e0:.1f} "
            axes.text(data.edge_map.e0, 0.99, text, transform=across, ha="right", va="top", fontsize=8, color=FAINT)
    units = "Normalised to an edge step of 1."
    if not data.has_edges:
        units = f"In {data.attenuation_unit}: {len(data.energies)} energies are too few for an edge."
    elif not marks.normalized:
        units = "The voxels' spectra are attenuation: they could not be normalised."
    spot, where = ("pixels", "image") if data.planar else ("voxels", "slices")
    where = "edge map" if data.has_edges else where
    return finished(
        figure,
        alt="Mean spectra of particles and spectra of marked voxels, raw dashed and registered solid.",
        caption=f"Left: mean spectra of the particles; right: spectra of the {spot} marked on the {where}, in "
        f"the same colours. Dashed raw, solid registered. {units}",
        well=f"solid curves are smooth, flat before the edge, and rise once; single {spot} scatter about such a curve."
        if data.has_edges
        else "particles of one kind rise alike between the energies.",
        amiss="solid curves as ragged as the dashed ones, dips at single energies, or a slope before the edge: "
        "motion that is left, "
        "an energy out of line, or windows that do not fit the scan.",
    )


def _particles(axes: Axes, data: ReportData) -> None:
    mean = "mean spectrum of the particle" if data.has_edges else f"mean {data.attenuation_unit} of the particle"
    plot_axes(axes, "photon energy (eV)", mean)
    names = [c.removesuffix("_registered") for c in data.spectra.columns if c.endswith("_registered")]
    for name, colour in zip(names, PARTICLES, strict=False):
        energy = data.spectra["energy_eV"]
        if f"{name}_raw" in data.spectra:
            axes.plot(
                energy, data.spectra[f"{name}_raw"], color=colour, linewidth=1.1, linestyle=(0, (4, 2)), alpha=0.8
            )
        label = name.replace("_", " ")
        axes.plot(
            energy,
            data.spectra[f"{name}_registered"],
            color=colour,
            linewidth=1.7,
            marker="o",
            markersize=2.6,
            label=label,
        )
    if not names:
        nothing_to_show(axes, "no particles")
    more = len(names) - len(PARTICLES)
    legend(axes, loc=_corner(data), title=f"and {more} more in spectra.csv" if more > 0 else None, title_fontsize=8)


def _voxels(axes: Axes, data: ReportData, marks: Marks) -> None:
    plot_axes(
        axes,
        "photon energy (eV)",
        "normalised attenuation"
        if marks.normalized
        else data.attenuation_unit
        if data.planar
        else f"attenuation ({data.attenuation_unit})",
    )
    for k, voxel in enumerate(marks.voxels):
        colour = VOXELS[k % len(VOXELS)]
        axes.plot(data.true_energies, marks.raw[:, k], color=colour, linewidth=0.9, linestyle=(0, (4, 2)), alpha=0.7)
        label = f"{k + 1}  ({', '.join(map(str, voxel))})"
        axes.plot(
            data.true_energies,
            marks.registered[:, k],
            color=colour,
            linewidth=1.5,
            marker="o",
            markersize=2.4,
            label=label,
        )
    if not marks.voxels:
        nothing_to_show(axes, "no voxel has an edge energy")
    legend(axes, loc=_corner(data), title=f"{'pixel' if data.planar else 'voxel'} (z, y, x)", title_fontsize=8.5)
    _keep_in_view(axes, marks)


def _corner(data: ReportData) -> str:
    """Give the corner that spectra leave free."""
    return "lower right" if data.has_edges else "upper left"


def _keep_in_view(axes: Axes, marks: Marks) -> None:
    """Let registered curves set the range: a raw voxel without an edge step normalises to huge numbers."""
    if not (marks.normalized and np.isfinite(marks.registered).any()):
        return
    low, high = np.nanpercentile(marks.registered, (0.5, 99.5))
    margin = 0.25 * max(high - low, 0.5)
    axes.set_ylim(low - margin, high + margin)
