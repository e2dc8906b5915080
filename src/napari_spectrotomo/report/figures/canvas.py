"""One look for all figures: colours, a canvas without global state, scale bars, and the PNG that goes into the page."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..views import AXES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Sheet

WIDTH = 9.8
"""Width of a figure in inches; the page shows 100 pixels an inch."""

INK, FAINT, LINE, NOTHING = "#1d232b", "#66707c", "#c9ced5", "#eceff2"
RAW, GLOBAL, REGISTERED = "#c8362f", "#d98a00", "#2a62b8"
FIXED_COLOUR, MOVING_COLOUR = "#d011c4", "#1d9a2b"
PARTICLES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#7a5cc7", "#8a6d00")
VOXELS = ("#e69f00", "#d4387f", "#2e9fdf", "#d55e00", "#8a5bd6", "#3b4653")

_DPI = 200


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture with its words.

    Attributes
    ----------
    image : str
        PNG as a data URI; empty when there is nothing to show, and then `caption` says why.
    width, height : int
        Size on the page, in CSS pixels (half the pixels of the picture).
    alt : str
        What a reader who cannot see the picture must know.
    caption : str
        What is shown.
    well, amiss : str
        What one sees when all is well, and what a bad result looks like.
    """

    caption: str
    image: str = ""
    width: int = 0
    height: int = 0
    alt: str = ""
    well: str = ""
    amiss: str = ""


def sheet(height: float, width: float = WIDTH) -> Sheet:
    """Give an empty figure of a size in inches, bound to no window and no global state."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as MatplotlibFigure

    figure = MatplotlibFigure(figsize=(width, height), dpi=_DPI, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    figure.get_layout_engine().set(w_pad=0.05, h_pad=0.05)  # type: ignore[union-attr, call-arg]
    return figure


def as_they_are_written(figure: Sheet) -> None:
    """Let the words of a figure stand as they are: a dollar in the name of a spectrum begins no formula."""
    from matplotlib.text import Text

    for words in figure.findobj(Text):
        if isinstance(words, Text) and "$" in words.get_text() and "\\mathdefault" not in words.get_text():
            words.set_parse_math(False)  # \mathdefault marks the powers of ten at ticks


def finished(figure: Sheet, *, caption: str, alt: str, well: str = "", amiss: str = "") -> Figure:
    """Draw a figure and give it as a picture with its words."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    canvas = figure.canvas
    assert isinstance(canvas, FigureCanvasAgg)
    as_they_are_written(figure)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[..., :3]
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, "PNG", compress_level=7)
    height, width = (n // 2 for n in pixels.shape[:2])
    image = "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
    return Figure(image=image, width=width, height=height, alt=alt, caption=caption, well=well, amiss=amiss)


def plot_axes(axes: Axes, xlabel: str = "", ylabel: str = "") -> Axes:
    """Make axes for curves quiet: two thin spines, small grey ticks, a faint grid."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set(color=LINE, linewidth=0.8)
    axes.tick_params(colors=FAINT, labelsize=8.5, width=0.8, length=3, which="both")
    axes.grid(True, color=NOTHING, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.set_xlabel(xlabel, fontsize=9.5, color=INK)
    axes.set_ylabel(ylabel, fontsize=9.5, color=INK)
    return axes


def image_axes(axes: Axes, title: str = "", note: str = "") -> Axes:
    """Make axes for a picture bare, with a small title and a note at its left."""
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_title(title, fontsize=9.5, color=INK, pad=5)
    axes.set_ylabel(note, fontsize=9.5, color=INK, labelpad=6)
    return axes


def slice_names(axes: Axes, plane: str, name: str, *, alone: bool) -> Axes:
    """Name a slice of a mosaic: its plane above, what is shown at its left; alone in its row, what is shown above."""
    return image_axes(axes, name) if alone else image_axes(axes, plane, name)


def legend(axes: Axes, **options: Any) -> None:
    """Add a legend without a frame, if there is anything to name."""
    handles, _ = axes.get_legend_handles_labels()
    if handles:
        axes.legend(**({"frameon": False, "fontsize": 8.5, "labelcolor": INK, "handlelength": 1.8} | options))


def axis_names(axes: Axes, plane_axes: tuple[int, int], colour: str = FAINT) -> None:
    """Name the rows and columns of a slice at its lower edge."""
    down, right = (AXES[a] for a in plane_axes)
    axes.text(
        1.0, -0.015, f"{right} →  {down} ↓", transform=axes.transAxes, ha="right", va="top", fontsize=7.5, color=colour
    )


def scale_bar(axes: Axes, pixels: int, pixel_size: float | None, colour: str = "white") -> None:
    """Draw a bar of a round length in µm at the lower left of a picture `pixels` wide.

    Parameters
    ----------
    axes : matplotlib Axes
    pixels : int
        Width of the picture.
    pixel_size : float, µm; None draws nothing
    colour : str
    """
    if pixel_size is None or not np.isfinite(pixel_size):
        return
    length = round_length(pixels * pixel_size)
    share = length / (pixels * pixel_size)
    from matplotlib import patheffects

    halo = [patheffects.withStroke(linewidth=2.2, foreground="#000000a0" if colour == "white" else "#ffffffc0")]
    axes.plot(
        [0.05, 0.05 + share],
        [0.05, 0.05],
        transform=axes.transAxes,
        color=colour,
        linewidth=2.6,
        solid_capstyle="butt",
        path_effects=halo,
    )
    text = f"{length:g} µm"
    axes.text(
        0.05 + share / 2,
        0.07,
        text,
        transform=axes.transAxes,
        ha="center",
        va="bottom",
        fontsize=8,
        color=colour,
        path_effects=halo,
    )


def round_length(width: float) -> float:
    """Give the largest of 1, 2, 5 × 10ⁿ that is at most 30 % of `width`."""
    power = 10.0 ** np.floor(np.log10(0.3 * width))
    return float(max(m * power for m in (1, 2, 5) if m * power <= 0.3 * width * (1 + 1e-9)))


def show(
    axes: Axes,
    picture: npt.NDArray[Any],
    across: tuple[int, int],
    spacing: npt.NDArray[np.float64] | None,
    bar: str = "white",
    **options: Any,
) -> Any:
    """Show a slice in its true proportions, with its scale bar and the names of its axes.

    Parameters
    ----------
    axes : matplotlib Axes
    picture : (row, column) or (row, column, colour)
    across : (int, int)
        Axes of the volume that rows and columns are.
    spacing : (3,) µm, or None when unknown
    bar : str
        Colour of the scale bar.
    **options
        For `Axes.imshow`.
    """
    rows, columns = across
    aspect = 1.0 if spacing is None else spacing[rows] / spacing[columns]
    shown = axes.imshow(picture, aspect=aspect, **options)
    scale_bar(axes, picture.shape[1], None if spacing is None else float(spacing[columns]), bar)
    axis_names(axes, across)
    return shown


def mosaic(
    rows: int,
    across: Sequence[tuple[int, int]],
    shape: tuple[int, ...],
    spacing: npt.NDArray[np.float64] | None,
    spare: float = 0.0,
) -> tuple[Sheet, npt.NDArray[Any]]:
    """Give a figure with `rows` rows of slices, one column for each of `across`, all on one scale; of one column, side by side.

    Parameters
    ----------
    rows : int
    across : sequence of (int, int)
        Axes of the volume that rows and columns of each slice are.
    shape : (3,)
        Of the volume.
    spacing : (3,) µm, or None when unknown
    spare : float
        Inches kept for a colour bar.

    Returns
    -------
    figure, axes
        The axes as an array (row, column), however they lie.
    """
    size = np.asarray(shape) * (1.0 if spacing is None else spacing)
    widths = np.array([size[c] for _, c in across])
    widths = np.maximum(widths, 0.15 * widths.max())
    tallest = max(size[r] for r, _ in across)
    down, beside = (rows, len(across)) if len(across) > 1 else (1, rows)
    width = widths.sum() * beside / len(across)
    height = float(np.clip((WIDTH - 0.6 - spare) * tallest / width, 0.8, 3.7 if down > 1 else 4.6))
    figure = sheet(down * (height + 0.32) + 0.15)
    ratios = {"width_ratios": widths} if len(across) > 1 else None
    axes = figure.subplots(down, beside, squeeze=False, gridspec_kw=ratios).reshape(rows, len(across))
    for panel in axes.flat:
        panel.set_anchor("N")
    return figure, axes


def colour_bar(figure: Sheet, shown: Any, axes: Any, label: str, **options: Any) -> None:
    """Add a slim colour bar with its quantity and unit."""
    bar = figure.colorbar(shown, ax=axes, **({"pad": 0.015, "aspect": 24} | options))
    bar.outline.set_visible(False)
    bar.ax.tick_params(colors=FAINT, labelsize=8.5, length=0)
    bar.ax.ticklabel_format(useOffset=False)
    bar.set_label(label, fontsize=9, color=INK)


def nothing_to_show(axes: Axes, sentence: str) -> None:
    """Say in the middle of empty axes why they are empty."""
    axes.text(
        0.5, 0.5, sentence, transform=axes.transAxes, ha="center", va="center", fontsize=9, color=FAINT, wrap=True
    )
