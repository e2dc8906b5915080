"""How well the energies agree with the fixed one: squared-difference pictures, and MSE and Dice against energy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..data import ReportData
from ..views import AXES, Views
from .canvas import (
    FAINT,
    GLOBAL,
    INK,
    RAW,
    REGISTERED,
    Figure,
    colour_bar,
    finished,
    image_axes,
    legend,
    mosaic,
    plot_axes,
    sheet,
    show,
    slice_names,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def difference_slices(data: ReportData, views: Views) -> Figure:
    """Squared difference of the moving energy from the fixed one, raw and registered, on one colour scale."""
    from matplotlib import colormaps

    spacing = None if data.voxel_size is None else data.spacing
    rows, columns = (a for a in range(3) if a != views.along)
    deep = data.labels.shape[views.along] > 1
    across = [*(p.across for p in views.planes), *([(rows, columns)] if deep else [])]
    figure, axes = mosaic(2, across, data.labels.shape, spacing, spare=0.9)
    options: dict[str, Any] = {"cmap": colormaps["inferno"].with_extremes(bad="#4d525b"), "vmin": 0.0, "vmax": 1.0}
    shown = None
    for row, (name, look) in zip(
        axes, (("raw", views.difference_raw), ("registered", views.difference_registered)), strict=True
    ):
        for k, (a, plane) in enumerate(zip(row, views.planes, strict=False)):
            shown = show(a, look.slices[k], plane.across, spacing, **options)
            slice_names(a, plane.name if name == "raw" else "", name if k == 0 else "", alone=len(row) == 1)
        if deep:
            shown = show(row[-1], look.maximum, (rows, columns), spacing, **options)
            image_axes(row[-1], f"maximum along {AXES[views.along]}" if name == "raw" else "")
    colour_bar(figure, shown, axes, shrink=0.6, aspect=28, label="squared difference of masks")
    moving, fixed = data.energies[data.moving], data.energies[data.fixed]
    before, after = ("above", "below") if len(axes[0]) > 1 else ("at the left", "at the right")
    return finished(
        figure,
        alt="Squared difference before and after registration in slices and as a maximum projection.",
        caption=f"Squared difference of the binarized {data.what} at {moving:g} eV from that at {fixed:g} eV, before "
        "and after registration, on one colour scale"
        + (
            f"; at the right the largest value along {AXES[views.along]}, where one voxel of the surface is enough to be seen."
            if deep
            else "."
        ),
        well=f"crescents along the surfaces {before}; {after}, at most a thin broken line along them.",
        amiss=f"crescents that remain {after}, or particles of which only one has gone dark: they moved apart, "
        "and one transform cannot serve both.",
    )


def mse_and_dice(data: ReportData) -> Figure:
    """MSE and Dice of the masks against energy, raw red and registered blue."""
    figure = sheet(3.3)
    left, right = figure.subplots(1, 2)
    plot_axes(left, "photon energy (eV)", "mean squared error of masks")
    plot_axes(right, "photon energy (eV)", "Dice overlap of masks")
    moving = np.arange(len(data.energies)) != data.fixed
    for axes, name in ((left, "mse"), (right, "dice")):
        for kind, colour, marker, words in _curves(data):
            values = np.where(moving, data.quality(f"{name}_{kind}"), np.nan)
            axes.plot(data.energies, values, color=colour, marker=marker, markersize=3.6, linewidth=1.4, label=words)
        axes.axvline(
            data.energies[data.fixed],
            color=FAINT,
            linewidth=1,
            linestyle=(0, (1, 2)),
            label=f"fixed, {data.energies[data.fixed]:g} eV",
        )
        _mark_failed(axes, data)
    values = np.concatenate([data.quality("mse_raw")[moving], data.quality("mse_registered")[moving]])
    values = values[np.isfinite(values) & (values > 0)]
    logarithmic = values.size > 1 and values.max() > 30 * values.min()
    if logarithmic:
        left.set_yscale("log")
    elif values.size:
        left.set_ylim(bottom=0)
    if values.size:
        legend(left, loc="upper right", bbox_to_anchor=(0.95, 1.0))
    return finished(
        figure,
        alt="Mean squared error and Dice overlap against energy, raw and registered.",
        caption=f"How far the binarized {data.what} of every energy is from the fixed one: mean squared error of the "
        "0/1 masks over all voxels"
        f"{' (logarithmic)' if logarithmic else ''}, and Dice overlap (1 = the same shape)."
        + (" Global is by one transform for everything." if data.registration.particle_matrices else ""),
        well="the blue curve is low and flat, and below the red one at every energy.",
        amiss="a blue point that stands out: that energy was binarized or registered badly. Blue that follows "
        "red: the motion is no affine one, "
        "or differs between particles.",
    )


def _curves(data: ReportData) -> list[tuple[str, str, str, str]]:
    """Give the columns that are drawn, with colour, marker and name; the global ones where particles have their own."""
    if not data.registration.particle_matrices:
        return [("raw", RAW, "s", "raw"), ("registered", REGISTERED, "o", "registered")]
    last = ("registered", REGISTERED, "o", "a transform a particle")
    return [("raw", RAW, "s", "raw"), ("global", GLOBAL, "D", "global"), last]


def _mark_failed(axes: Axes, data: ReportData) -> None:
    failed = data.energies[data.failed]
    if failed.size:
        axes.plot(
            failed,
            np.full(failed.size, 0.03),
            "x",
            transform=axes.get_xaxis_transform(),
            color=INK,
            markersize=6,
            label="no transform",
            clip_on=False,
        )
