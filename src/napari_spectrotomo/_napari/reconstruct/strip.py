"""Slices about several columns of the axis, side by side in the viewer: the sharpest one has the right column."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from typing import Any
from weakref import ref

import numpy as np
import numpy.typing as npt

from ...progress import Progress
from ...reconstruct import CenterStrip, center_strip
from ..layers import ROLE, fit, layer_of, put, show_only, take_away
from ..layers.geometry import volume_axes
from ..layers.tuples import limits
from ..run import start
from ..state import plain_viewer, state_of
from ..work import Job
from .kept import KeptViews
from .look import Look, look_at
from .one_slice import rows_of, with_filter, without_stripes
from .tiling import Tiling

SLICES = 9
STRIP_ROLES = ("strip", "strip marks")
_CHOSEN, _OTHER = "#ffd23f", "#5a626c"
_STILL = 3.0
"""Pixels of the screen that the mouse may move in a click."""


@dataclass(frozen=True, slots=True, eq=False)
class Stripped:
    """A strip with the energy that it was made at, its slices laid out in one picture."""

    look: Look
    strip: CenterStrip
    row: int
    picture: npt.NDArray[np.float32]
    contrast: tuple[float, float]


def make_strip(viewer: Any, index: int, row: int, span: float, kept: KeptViews) -> Job | None:
    """Reconstruct a slice about several axes in the worker; the outcome's result is a `Stripped`.

    The candidates lie about the axis in the form, or the one that the methods vote for.
    """
    project = state_of(viewer).project

    def steps(abort: threading.Event) -> Generator[Progress, None, Stripped]:
        recipe = project.recipe
        look = yield from look_at(project, index, kept, abort, vote=True)
        rows = rows_of(look, row)
        if recipe.correct.stripes != "none":
            rows = without_stripes(rows, look, recipe.correct, abort)
        strip = center_strip(
            rows.views,
            look.corrected.angles,
            rows.index,
            rows.center,
            span,
            SLICES,
            with_filter(recipe.reconstruct, look),
            look.tilt,
            look.magnification,
            rows.shifts,
            abort,
        )
        columns = strip.columns + (look.center - rows.center)  # in the middle row of the whole
        slices = strip.slices
        picture = Tiling(len(slices), slices.shape[1]).picture(slices)
        return Stripped(look, replace(strip, columns=columns), row, picture, limits(slices[len(slices) // 2]))

    return start(viewer, "Making the centre strip", steps)


class StripView:
    """Shows a strip in a viewer: all slices, or the chosen one large; a click on a slice chooses it.

    Layers are kept and given other data: napari takes a quarter of a second to remove one.

    Parameters
    ----------
    viewer : napari viewer
    on_choice : callable(int)
        Is told the slice that was clicked.
    """

    def __init__(self, viewer: Any, on_choice: Any) -> None:
        self._viewer, self._on_choice = ref(plain_viewer(viewer)), on_choice
        self._made: Stripped | None = None
        self._tiling = Tiling(1, 1)
        self._chosen = 0
        self.large = False

    def show(self, made: Stripped) -> Iterator[None]:
        """Show another strip, a layer a step."""
        viewer = self._viewer()
        if viewer is None:
            return
        before, self._made, self._chosen = self._tiling, made, made.strip.best
        slices = made.strip.slices
        self._tiling = Tiling(len(slices), slices.shape[1])
        size = None if made.look.pixel_size is None else np.full(3, made.look.pixel_size)
        axes = volume_axes(2, size)
        strip, marks = (layer_of(viewer, role) for role in STRIP_ROLES)
        if strip is None or marks is None or tuple(strip.scale) != axes["scale"]:
            take_away(viewer, *STRIP_ROLES)
            about: dict[str, Any] = {
                "name": self._name(),
                "metadata": {ROLE: "strip"},
                "contrast_limits": made.contrast,
                "cache": False,
                "visible": False,
            }
            put(viewer, (made.picture, about | axes, "image"))
            yield
            put(viewer, (self._frames(), self._look(made.strip) | axes | {"visible": False}, "shapes"))
        else:
            strip.contrast_limits = made.contrast
            if self._tiling != before:
                marks.data = self._frames()
            look = self._look(made.strip)
            marks.text, marks.edge_width = look["text"], look["edge_width"]
        yield
        self.choose(self._chosen)
        yield
        self._fit(viewer)

    def choose(self, k: int) -> None:
        """Frame a slice, and show it where one at a time is seen."""
        self._chosen = k
        viewer = self._viewer()
        marks = None if viewer is None else layer_of(viewer, "strip marks")
        if marks is not None:
            marks.edge_color = [_CHOSEN if i == k else _OTHER for i in range(self._tiling.count)]
        self._arrange()

    def show_large(self, large: bool) -> None:
        """Show the chosen slice large, or all of them."""
        self.large = large
        self._arrange()
        viewer = self._viewer()
        if viewer is not None:
            self._fit(viewer)

    def _arrange(self) -> None:
        """Show all slices, or one."""
        viewer, made = self._viewer(), self._made
        layer = None if viewer is None else layer_of(viewer, "strip")
        if layer is None or made is None:
            return
        if self.large:
            layer.data = made.strip.slices[self._chosen]
            layer.name = f"Slice about column {made.strip.columns[self._chosen]:.2f} at {made.look.energy:.1f} eV"
        else:
            if layer.data is not made.picture:
                layer.data = made.picture
            layer.name = self._name()
        show_only(viewer, *(STRIP_ROLES[:1] if self.large else STRIP_ROLES))

    def _name(self) -> str:
        made = self._made
        return "" if made is None else f"Centre strip, slice {made.row} at {made.look.energy:.1f} eV"

    def _fit(self, viewer: Any) -> None:
        layer = layer_of(viewer, "strip")
        if layer is not None:
            viewer.layers.selection.active = layer
            fit(viewer, layer)

    def on_click(self, viewer: Any, event: Any) -> Generator[None, None, None]:
        """Choose the slice that is clicked, as a mouse callback of the viewer; a drag only moves the picture."""
        if event.button != 1:
            return
        pressed = np.array(event.pos, float)
        yield
        while event.type == "mouse_move":
            yield
        if np.hypot(*(np.array(event.pos, float) - pressed)) > _STILL:
            return
        layer = layer_of(viewer, "strip")
        if layer is not None and layer.visible and not self.large:
            k = self._tiling.at(*layer.world_to_data(event.position)[-2:])
            if k is not None:
                self._on_choice(k)

    def _frames(self) -> list[npt.NDArray[np.float64]]:
        """Give a rectangle about each slice."""
        tiling = self._tiling
        frames = []
        for k in range(tiling.count):
            (top, left), side = tiling.corner(k), tiling.side
            bottom, right = top + side, left + side
            frames.append(np.array([[top, left], [top, right], [bottom, right], [bottom, left]], float) - 0.5)
        return frames

    def _look(self, strip: CenterStrip) -> dict[str, Any]:
        """Give the look of the rectangles: a thin frame, the column beneath, and which slice is sharpest."""
        words = [f" {c:.2f}" + ("  sharpest" if k == strip.best else "") for k, c in enumerate(strip.columns)]
        return {
            "name": "Columns of the strip",
            "metadata": {ROLE: "strip marks"},
            "shape_type": "rectangle",
            "face_color": "transparent",
            "edge_color": _OTHER,
            "edge_width": max(0.5, self._tiling.side / 120),
            "text": {"string": words, "anchor": "lower_left", "size": 9, "color": "#e8eaed"},
        }
