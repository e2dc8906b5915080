"""The figure: bias, spread, resolution in valence and lost spectra against the signal-to-noise ratio, a line a definition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..style import FAINT, INK, logarithmic, new_figure, quiet
from .accuracy import Accuracy
from .definitions import Definition

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LABELS = ("bias (eV)", "spread (eV)", "error of one voxel (valence)", "spectra lost (%)")
BESIDE = 0.02
"""By how much of itself the SNR of one definition is drawn beside the next, so that bars do not hide each other."""


def accuracy_figure(rows: Sequence[Accuracy], definitions: Sequence[Definition]) -> Figure:
    """Draw what was found of each definition.

    Bars about the bias: its standard deviation from fraction to fraction of the mixture and from position to position of the grid.
    Error of one voxel: spread and that together, over sensitivity. Lost: without an edge energy, or astray.
    """
    figure = new_figure(8.6, 6.6)
    panels = figure.subplots(2, 2).ravel()
    for k, definition in enumerate(definitions):
        its = sorted((row for row in rows if row.definition == definition.label), key=lambda row: row.snr)
        style = {"color": definition.colour, "marker": definition.marker, "linestyle": definition.line, "markersize": 4}
        style |= {"linewidth": 1.3, "markerfacecolor": definition.colour if definition.line == "-" else "white"}
        at = np.array([row.snr for row in its])
        panels[0].errorbar(
            at * (1 + BESIDE * (k - len(definitions) / 2)),
            [row.bias for row in its],
            [row.ripple for row in its],
            elinewidth=0.8,
            **style,
            label=definition.label,
        )
        panels[1].plot(at, [row.spread for row in its], **style)
        panels[2].plot(at, [row.resolution for row in its], **style)
        panels[3].plot(at, [100 * row.lost for row in its], **style)
    ticks = sorted({row.snr for row in rows})
    for axes, label in zip(panels, LABELS, strict=True):
        axes.set_xscale("log")
        axes.set_xticks(ticks, [f"{snr:g}" for snr in ticks])
        axes.set_xticks([], minor=True)
        axes.set_ylabel(label, fontsize=9.5, color=INK)
        quiet(axes)
    panels[0].axhline(0, color=FAINT, linewidth=1.0)
    panels[3].set_ylim(bottom=0)
    for axes in panels[1:3]:
        logarithmic(axes)
    figure.supxlabel("edge step over the noise of one value", fontsize=9.5, color=INK)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=4, frameon=False, fontsize=8.5)
    return figure
