"""Slices of maps: rows of one quantity each, in colours of their own with a colour bar."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from ..data import ReportData
from ..views import Plane, Views
from .canvas import INK, NOTHING, colour_bar, mosaic, show, slice_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Sheet


@dataclass(frozen=True, slots=True, eq=False)
class MapRow:
    """A row of slices.

    Attributes
    ----------
    name : str
        At its left.
    volume : (z, y, x)
    colours : str
        Name of a colour map.
    limits : (low, high)
    label : str
        Of the colour bar, with its unit.
    extend : 'both', 'max' or 'neither'
        Whether values go beyond the limits.
    """

    name: str
    volume: npt.NDArray[Any]
    colours: str
    limits: tuple[float, float]
    label: str
    extend: Literal["both", "max", "neither"] = "both"


def map_slices(
    data: ReportData, views: Views, rows: Sequence[MapRow], also: Callable[[Axes, Plane], None] | None = None
) -> Sheet:
    """Draw rows of slices through the planes of all pictures; `also` draws on those of the first row."""
    from matplotlib import colormaps

    spacing = None if data.voxel_size is None else data.spacing
    figure, axes = mosaic(len(rows), [p.across for p in views.planes], data.labels.shape, spacing, spare=0.9)
    for k, (panels, row) in enumerate(zip(axes, rows, strict=True)):
        colourmap = colormaps[row.colours].with_extremes(bad=NOTHING)
        for column, (panel, plane) in enumerate(zip(panels, views.planes, strict=True)):
            shown = show(
                panel,
                plane.of(row.volume),
                plane.across,
                spacing,
                bar=INK,
                cmap=colourmap,
                vmin=row.limits[0],
                vmax=row.limits[1],
                interpolation="nearest",
            )
            title = plane.name if k == 0 else ""
            slice_names(panel, title, row.name if column == 0 else "", alone=len(panels) == 1)
            if also is not None and k == 0:
                also(panel, plane)
        colour_bar(figure, shown, axes=list(panels), shrink=0.85, aspect=22, extend=row.extend, label=row.label)
    return figure


def picture_slices(data: ReportData, views: Views, pictures: npt.NDArray[np.uint8]) -> tuple[Sheet, list[Axes]]:
    """Draw one row of slices of a volume of colours (z, y, x, 3), and give the axes."""
    spacing = None if data.voxel_size is None else data.spacing
    figure, axes = mosaic(1, [p.across for p in views.planes], data.labels.shape, spacing, spare=0.9)
    for panel, plane in zip(axes[0], views.planes, strict=True):
        show(panel, plane.of(pictures), plane.across, spacing, bar=INK, interpolation="nearest")
        slice_names(panel, plane.name if len(views.planes) > 1 else "", "", alone=False)
    return figure, list(axes[0])
