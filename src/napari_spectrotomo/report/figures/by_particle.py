"""What a transform a particle is worth: its masks and surfaces beside those of one transform for all, and how it moved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..data import ReportData
from ..motion import Motion, motions
from .canvas import (
    FAINT,
    GLOBAL,
    PARTICLES,
    RAW,
    REGISTERED,
    Figure,
    finished,
    legend,
    plot_axes,
    sheet,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST = 4
_STAGES = {"raw": ("raw", RAW), "global": ("global", GLOBAL), "registered": ("a transform a particle", REGISTERED)}


def own_transforms(data: ReportData) -> Figure:
    """MSE and surface distance of each particle: raw, with one transform for all, and with its own."""
    table = data.registration.particle_quality
    assert table is not None
    numbers = sorted({int(n) for n in table["particle"]})
    shown = numbers[:_MOST]
    figure = sheet(0.5 + 2.3 * len(shown))
    axes = figure.subplots(len(shown), 2, squeeze=False, sharex=True)
    moving = np.arange(len(data.energies)) != data.fixed
    for row, number in zip(axes, shown, strict=True):
        own = table[table["particle"] == number]
        last = number == shown[-1]
        below = "photon energy (eV)" if last else ""
        plot_axes(row[0], below, f"MSE of particle {number}")
        plot_axes(row[1], below, "surface distance (voxel)")
        for stage, (name, colour) in _STAGES.items():
            style: dict[str, Any] = {"color": colour, "marker": "o", "markersize": 2.8, "linewidth": 1.3}
            for panel, measure in zip(row, ("mse", "surface_mean"), strict=True):
                values = np.where(moving, own[f"{measure}_{stage}"], np.nan)
                panel.plot(data.energies, values, label=name, **style)
            most = np.where(moving, own[f"surface_95_{stage}"], np.nan)
            row[1].plot(data.energies, most, color=colour, linewidth=0.9, linestyle=(0, (2, 2)))
        for panel in row:
            panel.set_ylim(bottom=0)
            _fixed_line(panel, data)
    legend(axes[0, 0], loc="upper right", bbox_to_anchor=(0.95, 1.0))
    more = f" The first {_MOST} of {len(numbers)} particles." if len(numbers) > _MOST else ""
    return finished(
        figure,
        alt="Error and surface distance of each particle against energy: raw, with one transform for all, and with its own.",
        caption="Each particle by itself, in its own voxels and those next to it: mean squared error of the masks, and the "
        "distance of its surface from that of the fixed volume (solid the mean, dashed what 95 % of the surface stays "
        "below). Raw, with one transform for everything (global), and with a transform a particle. Where a "
        "particle hardly moved, raw surfaces share the steps of the voxels and look closer than an interpolated one can."
        + more,
        well="blue is at or below amber at every energy, and about the same for all particles.",
        amiss="amber far above blue: particles moved apart, and only their own transforms hold. Blue above amber in a "
        "particle: its own transform is not worth having there; look at its mask and its flags.",
    )


def motion_figure(data: ReportData) -> Figure:
    """Shift and turn of every particle against energy."""
    every = motions(data)
    figure = sheet(3.0)
    left, right = figure.subplots(1, 2)
    plot_axes(left, "photon energy (eV)", "shift of the centre (voxel)")
    plot_axes(right, "photon energy (eV)", "turn (°)")
    for motion, colour in zip(every, PARTICLES, strict=False):
        style: dict[str, Any] = {
            "color": colour,
            "marker": "o",
            "markersize": 2.8,
            "linewidth": 1.4,
            "label": motion.name,
        }
        left.plot(data.energies, np.linalg.norm(motion.shift, axis=1), **style)
        right.plot(data.energies, np.linalg.norm(motion.turn, axis=1), **style)
    for panel in (left, right):
        panel.set_ylim(bottom=0)
        _fixed_line(panel, data)
    more = len(every) - len(PARTICLES)
    legend(left, title=f"and {more} more" if more > 0 else None, title_fontsize=8)
    return finished(
        figure,
        alt="Shift and turn of every particle against energy.",
        caption="How far each particle lies from where it is at the fixed energy: shift of its centre, and the angle it "
        f"turned by. {_in_words(every)}",
        well="smooth curves that end at zero at the fixed energy.",
        amiss="a single point off its curve: that energy was registered badly, or the sample jumped there.",
    )


def _in_words(every: list[Motion]) -> str:
    """Say what turned most."""
    turned = [(float(np.nanmax(np.linalg.norm(m.turn, axis=1), initial=0.0)), m) for m in every]
    angle, most = max(turned, key=lambda pair: pair[0])
    if angle < 0.05:
        return "Nothing turned by more than 0.05°."
    return f"Most turned {most.name}: {most.largest_turn}."


def _fixed_line(axes: Axes, data: ReportData) -> None:
    axes.axvline(data.energies[data.fixed], color=FAINT, linewidth=1, linestyle=(0, (1, 2)))
