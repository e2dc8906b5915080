"""What voxels are made of: fractions of references as one coloured picture, by particle, and what the fit leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...spectra import composition_rgb
from ..data import ReportData
from ..views import Views, percentiles
from .canvas import FAINT, INK, PARTICLES, Figure, finished, legend, plot_axes, sheet
from .maps import MapRow, map_slices, picture_slices

if TYPE_CHECKING:
    from ...spectra import Composition

_COLOURS = ("#ff00ff", "#e6d800", "#00d5e0")
_PALE = 236


def composition_figures(data: ReportData, views: Views) -> list[Figure]:
    """Slices of the fractions in colours, fractions of each particle, and the residual; nothing where it was not asked for."""
    found = data.chemistry.composition
    if found is None:
        return []
    if not np.isfinite(found.residual).any():
        return [
            Figure(
                caption="No voxel could be fitted with the references: none has an edge that stands out of its noise."
            )
        ]
    return [_coloured(data, views, found), *_particles(data, found), _residual(data, views, found)]


def channels_of(found: Composition) -> list[int]:
    """Choose the references that are shown in colours: the three with most."""
    totals = np.nan_to_num(np.nanmean(found.fractions.reshape(len(found.names), -1), axis=1))
    return sorted(int(k) for k in np.argsort(-totals, kind="stable")[:3])


def _coloured(data: ReportData, views: Views, found: Composition) -> Figure:
    chosen = channels_of(found)
    picture = composition_rgb(found.fractions, chosen)
    picture[~np.isfinite(found.residual)] = _PALE
    figure, axes = picture_slices(data, views, picture)
    for channel, colour in zip(chosen, _COLOURS, strict=False):
        axes[-1].plot([], [], "s", color=colour, markersize=9, markeredgecolor=FAINT, label=found.names[channel])
    legend(axes[-1], loc="upper left", bbox_to_anchor=(1.02, 1.0), handlelength=1.0)
    left_out = [name for k, name in enumerate(found.names) if k not in chosen]
    more = f" {', '.join(left_out)} is not among the colours: see fractions.tif." if left_out else ""
    return finished(
        figure,
        alt="Slices of the composition, each reference in its colour.",
        caption="Composition of every voxel: magenta, yellow and cyan in the share of each reference; pale: no spectrum that "
        f"could be fitted.{more}",
        well="regions of like colour with grains or shells that are known of the sample.",
        amiss="colours that follow the outer surface or one direction: motion or windows rather than chemistry.",
    )


def _particles(data: ReportData, found: Composition) -> list[Figure]:
    """Draw the mean fractions of each particle with their standard errors."""
    table = data.chemistry.fractions
    if table is None or table.empty:
        return []
    shown = table.head(12)
    figure = sheet(3.0)
    axes = plot_axes(figure.subplots(), "", "mean fraction")
    width = 0.8 / len(found.names)
    place = np.arange(len(shown))
    colours = dict(zip(channels_of(found), _COLOURS, strict=False))
    for k, name in enumerate(found.names):
        axes.bar(
            place + (k - (len(found.names) - 1) / 2) * width,
            shown[name],
            0.92 * width,
            yerr=shown[f"{name}_standard_error"],
            color=colours.get(k, PARTICLES[k % len(PARTICLES)]),
            edgecolor=FAINT,
            linewidth=0.6,
            ecolor=INK,
            capsize=3,
            label=name,
        )
    axes.set_xticks(place, [f"particle {int(label)}" for label in shown["label"]])
    axes.set_ylim(bottom=0)
    legend(axes, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    more = f" {len(table) - len(shown)} more in composition.csv." if len(table) > len(shown) else ""
    sums = table[list(found.names)].sum(axis=1)
    total = " to ".join(dict.fromkeys((f"{sums.min():.2f}", f"{sums.max():.2f}")))
    return [
        finished(
            figure,
            alt="Mean fraction of each reference in each particle with its standard error.",
            caption="Mean fraction of each reference in each particle, with its standard error. Fractions are shares of the "
            f"edge step, that is of the element's atoms; they sum to {total}.{more}",
            well="fractions that sum to nearly one where their sum was left free.",
            amiss="a sum far from one: a reference is missing, or is not normalised as the scan is.",
        )
    ]


def _residual(data: ReportData, views: Views, found: Composition) -> Figure:
    top = (percentiles(found.residual, 0, 95) or (0.0, 1.0))[1]
    rows = (MapRow("residual", found.residual, "cividis", (0.0, top), "residual (share of the sum of squares)", "max"),)
    middle = float(np.nanmedian(found.residual))
    moved = ""
    if found.shift is not None and np.isfinite(found.shift).any():
        moved = f" References were shifted to fit, by {np.nanmedian(found.shift):+.2f} eV in the median voxel."
    return finished(
        map_slices(data, views, rows),
        alt="Slices of the residual of the fit.",
        caption=f"What the references leave of each spectrum, as a share of its sum of squares; median {middle:.2g}.{moved}",
        well="an even field: what is left is noise.",
        amiss="regions that stand out: they hold something that is not among the references.",
    )
