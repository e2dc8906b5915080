"""How a quantity is distributed in each particle: histogram, kernel density, mean and median."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ...spectra import kernel_density
from ..data import ReportData
from ..views import percentiles
from .canvas import FAINT, INK, LINE, PARTICLES, legend, plot_axes, sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Sheet

Floats = npt.NDArray[np.floating]


def by_particle(data: ReportData, volume: Floats, quantity: str, share: str) -> Sheet | None:
    """Draw the distributions of a volume's values in the largest particles; None where there are none.

    Parameters
    ----------
    data : ReportData
    volume : (z, y, x)
        NaN where unknown.
    quantity, share : str
        Names of the axes, with units.
    """
    shown = [int(k) for k in data.particles["label"][: len(PARTICLES)]] if "label" in data.particles else []
    values = {k: volume[data.labels == k] for k in shown}
    values = {k: v[np.isfinite(v)] for k, v in values.items()}
    limits = percentiles(np.concatenate([*values.values(), np.empty(0)]), 0.5, 99.5)
    if limits is None:
        return None
    columns = min(3, len(values))
    rows = -(-len(values) // columns)
    figure = sheet(2.7 * rows + 0.1)
    panels = figure.subplots(rows, columns, squeeze=False, sharex=True).ravel()
    margin = 0.08 * (limits[1] - limits[0])
    bins = np.linspace(limits[0] - margin, limits[1] + margin, 61)
    for axes, (label, found), colour in zip(panels, values.items(), PARTICLES, strict=False):
        _distribution(plot_axes(axes, quantity, share), found, bins, colour, quantity)
        axes.set_title(f"particle {label} · {found.size:,} voxels", fontsize=9.5, color=colour, loc="left")
    for axes in panels[len(values) :]:
        axes.set_visible(False)
    return figure


def _distribution(axes: Axes, values: Floats, bins: Floats, colour: str, quantity: str) -> None:
    if values.size == 0:
        none = "no edge energies" if "edge" in quantity else "no values"
        axes.text(0.5, 0.5, none, transform=axes.transAxes, ha="center", color=FAINT, fontsize=9)
        return
    counts = np.histogram(values, bins)[0] / (values.size * (bins[1] - bins[0]))
    axes.stairs(counts, bins, fill=True, color=colour, alpha=0.28)
    axes.plot(*kernel_density(values), color=colour, linewidth=1.6)
    mean, median = float(values.mean()), float(np.median(values))
    axes.axvline(mean, color=INK, linewidth=1, linestyle=(0, (4, 2)), label=f"mean {mean:.2f}")
    axes.axvline(median, color=INK, linewidth=1, label=f"median {median:.2f}")
    axes.set_xlim(bins[0], bins[-1])
    axes.locator_params(axis="x", nbins=6)
    axes.ticklabel_format(axis="x", useOffset=False)
    axes.spines["left"].set_color(LINE)
    legend(axes, loc="upper right", fontsize=8)
