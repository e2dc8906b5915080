"""The canvas as a picture of any size: the image without overlays, and what is needed to draw them afresh for print or a movie.

napari draws scale bar, colour bars and words in pixels of the screen, too small to be read in a picture of four times the size.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from napari.components.overlays import CanvasOverlay
from napari.layers import Image, Layer, Surface

from ..energy_text import shown_energy
from ..waiting import WAITING

LARGEST = 8192
"""Pixels a side that every graphics driver of today draws."""
_MARGIN = 0.02
"""Of the picture's width, left around what is cropped."""

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Bar:
    """A colour bar.

    Attributes
    ----------
    title : str
        What it shows, with its unit.
    colors : (256, 3) uint8
    low, high : float
        Of the first and the last colour.
    """

    title: str
    colors: Pixels
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Scene:
    """What the canvas shows.

    Attributes
    ----------
    image : (h, w, 3) uint8
        Without overlays.
    length : float or None
        Of a pixel, in `unit`; None where lengths differ over the picture or are not known.
    unit : 'nm' or 'voxel'
    energy : str
        With its unit; empty where none is shown.
    bars : tuple of Bar
    background : (3,) uint8
    cells : tuple of (x, y, name)
        What each cell of a grid shows, and its lower left corner, in shares of the image.
    """

    image: Pixels
    length: float | None
    unit: str
    energy: str
    bars: tuple[Bar, ...]
    background: Pixels
    cells: tuple[tuple[float, float, str], ...] = ()


def take(viewer: Any, width: int, *, background: str | None = None, crop: bool = False) -> Scene:
    """Take the canvas as it is, `width` pixels wide; in the GUI thread, which draws it once, or twice to crop.

    Parameters
    ----------
    viewer : napari viewer
        With a window.
    width : int, pixel
        Fewer are drawn where the canvas would be larger than graphics drivers allow.
    background : str, optional
        A colour in place of the canvas' own.
    crop : bool
        Leave out what is only background.
    """
    with _bare(viewer, background) as color:
        seen = None
        if crop and not viewer.canvas.grid.enabled:
            seen = _filled(_draw(viewer, 1.0)[0], color)
        factor = width / (seen[1].stop - seen[1].start if seen else viewer.canvas.size[1])
        factor = min(factor, LARGEST / max(viewer.canvas.size))
        image, scale = _draw(viewer, factor)
        if seen is not None:
            image = image[tuple(slice(round(s.start * factor), round(s.stop * factor)) for s in seen)]
    length, unit = _length(viewer, scale)
    energy = shown_energy(viewer)
    words = "" if energy is None else f"{energy:.1f} eV"
    return Scene(np.ascontiguousarray(image), length, unit, words, bars_of(viewer), color, _cells(viewer))


def is_waiting(viewer: Any) -> bool:
    """Say whether a visible layer's slice is still being read."""
    return any(layer.visible and (layer in WAITING or not layer.loaded) for layer in viewer.layers)


def bars_of(viewer: Any) -> tuple[Bar, ...]:
    """Give the colour bars that are shown; where none is, that of the only layer of numbers."""
    visible = [
        x for x in viewer.layers if x.visible and isinstance(x, Image | Surface) and not getattr(x, "rgb", False)
    ]
    shown = [x for x in visible if x.colorbar.visible] or (visible if len(visible) == 1 else [])
    return tuple(_bar(layer) for layer in shown)


def _bar(layer: Any) -> Bar:
    share = np.linspace(0, 1, 256) ** getattr(layer, "gamma", 1.0)
    colors = np.round(255 * np.asarray(layer.colormap.map(share))[:, :3]).astype(np.uint8)
    unit = layer.metadata.get("attenuation_unit", "")
    title = f"{layer.name} ({unit})" if unit and f"({unit})" not in layer.name else layer.name
    low, high = map(float, layer.contrast_limits)
    return Bar(title, colors, low, high)


def _cells(viewer: Any) -> tuple[tuple[float, float, str], ...]:
    """Give the names of the layers in each cell of a grid; none without a grid."""
    grid = viewer.canvas.grid
    if not grid.enabled:
        return ()
    rows, columns = grid.actual_shape(viewer.layers)
    cells = []
    for (row, column), indices in grid.iter_viewboxes(viewer.layers):
        names = [viewer.layers[int(i)].name for i in indices if viewer.layers[int(i)].visible]
        if names:
            cells.append((column / columns, (row + 1) / rows, ", ".join(names)))
    return tuple(cells)


@contextmanager
def _bare(viewer: Any, background: str | None) -> Iterator[Pixels]:
    """Hide what lies over the canvas and give it a background; give that colour."""
    overlays = [x for x in viewer.canvas.overlays.values() if isinstance(x, CanvasOverlay)]
    for layer in viewer.layers:
        overlays += [x for x in _overlays_of(layer) if isinstance(x, CanvasOverlay)]
    hidden = [x for x in overlays if x.visible]
    before = viewer.canvas.background_color_override
    try:
        for overlay in hidden:
            overlay.visible = False
        if background is not None:
            viewer.canvas.background_color_override = background
        yield np.round(255 * np.asarray(viewer.canvas.background_color)[:3]).astype(np.uint8)
    finally:
        viewer.canvas.background_color_override = before
        for overlay in hidden:
            overlay.visible = True


def _overlays_of(layer: Layer) -> list[Any]:
    names = ("colorbar", "name_overlay", "bounding_box")
    return [getattr(layer, name) for name in names if hasattr(layer, name)]


def _draw(viewer: Any, factor: float) -> tuple[Pixels, float]:
    """Draw the canvas `factor` times as large; give its pixels and how many of them are one unit of the world."""
    camera = viewer.camera
    zoom, center = camera.zoom, camera.center
    try:
        camera.zoom = zoom * factor
        image = viewer.screenshot(canvas_only=True, flash=False, scale=factor)
    finally:
        camera.zoom, camera.center = zoom, center
    drawn = image.shape[1] / max(int(viewer.canvas.size[1] * factor), 1)  # more than 1 on screens of high density
    return image[..., :3], zoom * factor * drawn


def _filled(image: Pixels, background: Pixels) -> tuple[slice, slice]:
    """Give the rows and columns that are not only background, with a margin; all where everything is."""
    other = np.any(np.abs(image.astype(int) - background) > 4, axis=2)
    rows, columns = np.flatnonzero(other.any(axis=1)), np.flatnonzero(other.any(axis=0))
    if not len(rows):
        return slice(0, image.shape[0]), slice(0, image.shape[1])
    margin = round(_MARGIN * (columns[-1] - columns[0]))
    return (
        slice(max(int(rows[0]) - margin, 0), min(int(rows[-1]) + 1 + margin, image.shape[0])),
        slice(max(int(columns[0]) - margin, 0), min(int(columns[-1]) + 1 + margin, image.shape[1])),
    )


def _length(viewer: Any, scale: float) -> tuple[float | None, str]:
    """Give the length of a pixel and its unit; with perspective there is no one length."""
    units = viewer.layers.units
    if units is None or (viewer.dims.ndisplay == 3 and viewer.camera.perspective > 0):
        return None, ""
    unit = units[viewer.dims.displayed[-1]] * 1
    if unit.check("[length]"):
        return float(unit.to("nm").magnitude) / scale, "nm"
    return 1 / scale, "voxel"
