"""The figures: time and error against size; the slices beside the truth; and what few views leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..style import FAINT, IMAGES, INK, logarithmic, new_figure, quiet
from .engines import ENGINES
from .few_views import LABELS, FewViews
from .phantom import section
from .study import Measurement

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Slice = npt.NDArray[np.floating]
LOW, HIGH = -0.05, 0.42
"""Attenuation from black to white, 1/µm."""
OFF = 0.1
"""Error at the ends of its colours, 1/µm."""


def time_figure(rows: Sequence[Measurement]) -> Figure:
    """Draw time a slice and error against the number of columns, a line an engine."""
    figure = new_figure(8.2, 3.6)
    panels = figure.subplots(1, 2)
    for name in dict.fromkeys(row.engine for row in rows):
        engine = ENGINES[name]
        its = sorted((row for row in rows if row.engine == name), key=lambda row: row.size)
        sizes = [row.size for row in its]
        for axes, values in zip(panels, ([1e3 * row.seconds for row in its], [row.rmse for row in its]), strict=True):
            axes.plot(
                sizes,
                values,
                color=engine.colour,
                marker=engine.marker,
                markersize=4.5,
                linewidth=1.4,
                label=engine.label,
            )
    for axes, label in zip(panels, ("ms a slice", "rmse (1/µm)"), strict=True):
        axes.set_xlabel("columns", fontsize=9.5, color=INK)
        axes.set_ylabel(label, fontsize=9.5, color=INK)
        quiet(axes)
    logarithmic(panels[0])
    panels[1].set_ylim(bottom=0)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=max(len(labels), 1), frameon=False, fontsize=8.5)
    return figure


def slices_figure(slices: Mapping[str, Slice]) -> Figure:
    """Draw the truth and one slice an engine of the same size, and what is wrong with each beneath it."""
    size = max((len(made) for made in slices.values()), default=64)
    figure = new_figure(1.9 * (1 + len(slices)), 4.1, IMAGES)
    panels = figure.subplots(2, 1 + len(slices), squeeze=False)
    _image(panels[0, 0], section(size, (size - 1) / 2), "truth")
    panels[1, 0].set_axis_off()
    shown = None
    for column, (name, made) in zip(panels.T[1:], slices.items(), strict=True):
        _image(column[0], made, ENGINES[name].label)
        wrong = made - section(size, ENGINES[name].lies(size))
        shown = _image(column[1], wrong, "", cmap="RdBu_r", vmin=-OFF, vmax=OFF)
    if shown is not None:
        bar = figure.colorbar(shown, cax=panels[1, 0].inset_axes((0.8, 0.0, 0.06, 1.0)))
        bar.ax.yaxis.set_ticks_position("left")
        bar.ax.tick_params(colors=FAINT, labelsize=8)
        bar.ax.set_title("error (1/µm)", fontsize=8.5, color=INK, loc="right")
    return figure


def few_figure(few: Sequence[tuple[FewViews, Slice]]) -> Figure:
    """Draw the slices of our own algorithms, a row a case, the truth first."""
    ours = [(row, made) for row, made in few if row.engine == "numba"]
    cases = list(dict.fromkeys(row.case for row, _ in ours))
    most = max((sum(row.case == case for row, _ in ours) for case in cases), default=0)
    figure = new_figure(1.9 * (1 + most), 2.2 * max(len(cases), 1), IMAGES)
    panels = figure.subplots(max(len(cases), 1), 1 + most, squeeze=False)
    for axes in panels.flat:
        axes.set_axis_off()
    for line, case in zip(panels, cases, strict=False):
        its = [(row, made) for row, made in ours if row.case == case]
        _image(line[0], section(its[0][0].size, (its[0][0].size - 1) / 2), f"{case}: truth")
        for axes, (row, made) in zip(line[1:], its, strict=False):
            _image(axes, made, f"{LABELS[row.algorithm]}, rmse {row.rmse:.3f}")
    return figure


def _image(axes: Axes, values: Slice, title: str, **how: Any) -> Any:
    axes.set_title(title, fontsize=8.5, color=INK)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_axis_on()
    for spine in axes.spines.values():
        spine.set(color=FAINT, linewidth=0.5)
    usual: dict[str, Any] = {"cmap": "gray", "vmin": LOW, "vmax": HIGH, "interpolation": "nearest"}
    return axes.imshow(values, **(usual | how))
