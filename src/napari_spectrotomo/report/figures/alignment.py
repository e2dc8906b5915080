"""Rotation axis, tilt, jitter and motion against energy, and slices about the axis that was used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..alignment import AlignmentSeen, StripSeen
from ..data import ReportData
from ..views import percentiles
from .canvas import (
    FAINT,
    GLOBAL,
    INK,
    PARTICLES,
    RAW,
    REGISTERED,
    WIDTH,
    Figure,
    finished,
    image_axes,
    legend,
    plot_axes,
    scale_bar,
    sheet,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MARKERS = ("v", "^", "s", "D")


def alignment_figures(data: ReportData) -> list[Figure]:
    """Give the curves against energy where there is something to be seen, and the strip of slices."""
    seen = data.alignment
    if seen is None:
        return []
    made = [_curves(data, seen)]
    if seen.strip is not None:
        made.append(_strip(data, seen.strip))
    return made


def _curves(data: ReportData, seen: AlignmentSeen) -> Figure:
    said = " ".join(seen.words)
    drawn = [draw for wanted, draw in ((seen.has_axes, _axis), (seen.leans, _tilt), (seen.moves, _motion)) if wanted]
    if not data.has_curves or not drawn:
        return Figure(caption=said)
    figure = sheet(3.6)
    panels = figure.subplots(1, max(len(drawn), 2), squeeze=False)[0]
    if len(drawn) == 1:
        figure.delaxes(panels[1])
        panels[0].set_subplotspec(figure.add_gridspec(1, 3)[0, :2])
    for axes, draw in zip(panels, drawn, strict=False):
        draw(axes, data, seen)
    return finished(
        figure,
        alt="Rotation axis of every energy as found and as used"
        + (", its tilt" if seen.leans else "")
        + (", and how far views and sample moved." if seen.moves else "."),
        caption=f"{said} Points are what each energy's own views say, with one standard deviation; the line is what was used"
        + ("." if seen.moves else ". Neither jitter nor motion is large enough to be drawn."),
        well="the points of all methods lie within a pixel about a line that is straight or drifts slowly.",
        amiss="a point in a red ring was found elsewhere and not used: look at a slice of that energy. Methods that differ by "
        "pixels: the sample moved during the tomogram, or reaches out of the field. Motion beyond a pixel blurs the volume.",
    )


def _axis(axes: Axes, data: ReportData, seen: AlignmentSeen) -> None:
    plot_axes(axes, "photon energy (eV)", "column of the rotation axis (pixel)")
    for (name, columns), marker, colour in zip(seen.methods.items(), _MARKERS, PARTICLES[2:], strict=False):
        axes.plot(data.energies, columns, marker, color=colour, markersize=2.6, alpha=0.55, label=name, linewidth=0)
    axes.errorbar(
        data.energies, seen.found, seen.uncertainty, fmt="o", color=INK, markersize=3, linewidth=0.9, label="vote"
    )
    axes.plot(data.energies, seen.centers, color=REGISTERED, linewidth=1.4, label="used")
    _ring(axes, data.energies, seen.found, seen.elsewhere)
    axes.ticklabel_format(useOffset=False)
    low, high = axes.get_ylim()
    if high - low < 1:  # differences of hundredths of a pixel shall not look large
        axes.set_ylim((low + high) / 2 - 0.5, (low + high) / 2 + 0.5)
    _named(axes)


def _tilt(axes: Axes, data: ReportData, seen: AlignmentSeen) -> None:
    plot_axes(axes, "photon energy (eV)", "tilt of the axis (°)")
    axes.errorbar(data.energies, seen.tilts, seen.tilt_uncertainty, fmt="o", color=INK, markersize=3, linewidth=0.9)
    axes.axhline(seen.tilt, color=REGISTERED, linewidth=1.4, label=f"used, {seen.tilt:.2f}°")
    axes.axhline(0.0, color=FAINT, linewidth=0.8, linestyle=(0, (1, 2)))
    _named(axes)


def _motion(axes: Axes, data: ReportData, seen: AlignmentSeen) -> None:
    plot_axes(axes, "photon energy (eV)", "pixels within one tomogram")
    drawn: tuple[tuple[Any, str, str, str], ...] = (
        (seen.jitter[:, 0], PARTICLES[4], "v", "views, rows (rms)"),
        (seen.jitter[:, 1], GLOBAL, "o", "views, columns (rms)"),
        (seen.displacement, REGISTERED, "o", "the sample moved"),
        (seen.parts, RAW, "s", "parts moved beyond it"),
    )
    for values, colour, marker, words in drawn:
        if np.isfinite(values).any() and np.nanmax(values) > 0:
            axes.plot(data.energies, values, color=colour, marker=marker, markersize=3, linewidth=1.1, label=words)
    axes.axhline(1.0, color=FAINT, linewidth=0.8, linestyle=(0, (1, 2)), label="1 pixel")
    axes.set_ylim(bottom=0)
    _named(axes)


def _named(axes: Axes) -> None:
    """Name what is drawn above the axes, where nothing lies beneath."""
    place = {"loc": "lower left", "bbox_to_anchor": (-0.02, 1.0), "borderaxespad": 0.2}
    legend(axes, ncols=2, fontsize=7.5, columnspacing=1.0, handletextpad=0.5, labelspacing=0.25, **place)


def _ring(axes: Axes, energies: Any, values: Any, which: Any) -> None:
    if which.any():
        at = (energies[which], values[which])
        axes.plot(*at, "o", color=RAW, markersize=9, fillstyle="none", linewidth=0, label="found elsewhere")


def _strip(data: ReportData, strip: StripSeen) -> Figure:
    count = len(strip.columns)
    middle = count // 2
    best = int(np.nanargmax(strip.sharpness)) if np.isfinite(strip.sharpness).any() else middle
    low, high = percentiles(strip.slices[middle], 0.5, 99.8) or (0.0, 1.0)
    figure = sheet((WIDTH - 0.3) / count + 0.62)
    pixel = None if data.voxel_size is None else float(data.spacing[2])
    for k, axes in enumerate(figure.subplots(1, count)):
        axes.imshow(strip.slices[k], cmap="gray", vmin=low, vmax=high)
        off = strip.columns[k] - strip.columns[middle]
        image_axes(axes, f"{strip.columns[k]:.2f}\n{'used' if k == middle else f'{off:+.2g} pixel'}")
        axes.title.set_fontsize(8.5)
        axes.set_xlabel("sharpest" if k == best else "", fontsize=8.5, color=INK)
        if k == middle:
            axes.title.set_color(REGISTERED)
            for spine in axes.spines.values():
                spine.set(visible=True, color=REGISTERED, linewidth=2.0)
            scale_bar(axes, strip.slices.shape[2], pixel)
    return finished(
        figure,
        alt=f"Slice {strip.row} at {strip.energy:g} eV about {count} columns of the axis beside each other.",
        caption=f"Slice {strip.row} at {strip.energy:g} eV, reconstructed about the axis that was used (framed) and about "
        "columns beside it, all on one grey scale.",
        well="the framed slice is the sharpest, and arcs open to opposite sides left and right of it.",
        amiss="a sharper slice at the left or the right: give its column as the rotation axis (reconstruct.center) and run again.",
    )
