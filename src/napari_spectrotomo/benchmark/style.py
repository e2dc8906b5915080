"""How the comparisons' figures look: quiet axes, and colours that all kinds of colour vision tell apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, PINK, GOLD = "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00"
"""Okabe and Ito's."""
INK, FAINT, GRID = "#1d232b", "#66707c", "#eceff2"
LINES, IMAGES = 200, 110
"""Dots an inch of a figure of lines, and of one of images."""


def new_figure(width: float, height: float, dpi: int = LINES) -> Figure:
    """Give an empty figure, in inches, bound to no window."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=dpi, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def quiet(axes: Axes) -> None:
    """Draw the frame of axes in faint lines, with a grid behind."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set(color="#c9ced5", linewidth=0.8)
    axes.tick_params(colors=FAINT, labelsize=8.5, width=0.8, length=3, which="both")
    axes.grid(True, color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)


def logarithmic(axes: Axes) -> None:
    """Make the vertical axis logarithmic, with plain numbers on it."""
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5)))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
