"""The study's figure: MSE and target registration error against noise, a panel a motion, a line an engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..style import BLUE, FAINT, GREEN, INK, ORANGE, logarithmic, new_figure, quiet
from .engines import ENGINES
from .study import PLACES, Measurement

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = {"ours": BLUE, "simpleitk": ORANGE, "elastix": GREEN}
"""The markers tell them apart in grey."""
MARKERS = {"ours": "o", "simpleitk": "s", "elastix": "^"}
LINES: dict[str, Any] = {"mask": "-", "grey": (0, (4, 2))}


def study_figure(rows: Sequence[Measurement]) -> Figure:
    """Draw a study.

    Parameters
    ----------
    rows : sequence of Measurement

    Returns
    -------
    matplotlib Figure
        Bound to no window. Upper row: mean squared error of the clean masks, raw and registered; lower row: mean target
        registration error. Full lines: noise in the moving mask; broken ones: noise in the grey tomogram before `binarize`.
    """
    cases = list(dict.fromkeys(row.case for row in rows))
    figure = new_figure(1.6 + 2.5 * max(len(cases), 1), 5.4)
    panels = figure.subplots(2, max(len(cases), 1), sharex=True, sharey="row", squeeze=False)
    for (upper, lower), case in zip(panels.T, cases, strict=False):
        its = [row for row in rows if row.case == case]
        upper.set_title(case, fontsize=10, color=INK)
        _references(upper, its)
        _curves(upper, its, "mse_registered")
        _curves(lower, its, "tre_mean")
    for row, label in zip(panels, ("MSE of the clean masks", "mean TRE (voxel)"), strict=True):
        row[0].set_ylabel(label, fontsize=9.5, color=INK)
        for axes in row:
            logarithmic(axes)
            quiet(axes)
            axes.set_xticks(np.arange(0, 31, 10))
    figure.supxlabel("salt-and-pepper noise in the moving volume (%)", fontsize=9.5, color=INK)
    handles, labels = _legend(panels[0, 0], rows)
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels), frameon=False, fontsize=8.5)
    return figure


def _curves(axes: Axes, rows: list[Measurement], what: str) -> None:
    for engine in dict.fromkeys(row.engine for row in rows):
        for place in PLACES:
            its = sorted((r for r in rows if r.engine == engine and r.noise_in == place), key=lambda r: r.noise)
            axes.plot(
                [100 * row.noise for row in its],
                [getattr(row, what) for row in its],
                color=COLOURS[engine],
                marker=MARKERS[engine],
                linestyle=LINES[place],
                markerfacecolor=COLOURS[engine] if place == "mask" else "white",
                markersize=4.5,
                linewidth=1.4,
            )


def _references(axes: Axes, rows: list[Measurement]) -> None:
    """Draw the MSE of the masks where they lie, and what the true transform leaves."""
    axes.axhline(rows[0].mse_raw, color=INK, linewidth=1.2, linestyle=(0, (1, 1.5)))
    axes.axhline(rows[0].mse_truth, color=FAINT, linewidth=1.0)


def _legend(axes: Axes, rows: Sequence[Measurement]) -> tuple[list[Any], list[str]]:
    from matplotlib.lines import Line2D

    marks = {
        ENGINES[engine].label: Line2D([], [], color=COLOURS[engine], marker=MARKERS[engine], markersize=4.5)
        for engine in dict.fromkeys(row.engine for row in rows)
    }
    marks["noise in the mask"] = Line2D([], [], color=INK, linestyle=LINES["mask"], marker="o", markersize=4)
    marks["in the tomogram"] = Line2D(
        [], [], color=INK, linestyle=LINES["grey"], marker="o", markersize=4, markerfacecolor="white"
    )
    marks["raw"] = Line2D([], [], color=INK, linewidth=1.2, linestyle=(0, (1, 1.5)))
    marks["true transform"] = Line2D([], [], color=FAINT, linewidth=1.0)
    return list(marks.values()), list(marks)
