"""Slices about several columns of the axis, side by side in the viewer: the sharpest one has the right column."""

from __future__ import annotations

import threading
from collections.abc import Generator
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
from .one_slice import rows_of, without_stripes

SLICES = 9
_GAP, _CAPTION = 0.06, 0.14
"""Shares of a tile's side: between tiles, and for the column written under a tile."""
_CHOSEN, _OTHER = "#ffd23f", "#5a626c"
_STILL = 3.0
"""Pixels of the screen that the mouse may move in a click."""


@dataclass(frozen=True, slots=True, eq=False)
class Stripped:
    """A strip with the energy that it was made at."""

    look: Look
    strip: CenterStrip
    row: int


@dataclass(frozen=True, slots=True)
class Tiling:
    """Where the slices of a strip stand in one picture: row by row, a caption under each.

    Attributes
    ----------
    count, side : int
        Slices, and voxels along the side of one.
    """

    count: int
    side: int

    @property
    def across(self) -> int:
        """Slices side by side."""
        return int(np.ceil(np.sqrt(self.count)))

    @property
    def caption(self) -> int:
        """Voxels for the text under a slice."""
        return max(3, round(_CAPTION * self.side))

    @property
    def pitch(self) -> tuple[int, int]:
        """Voxels from one slice to the next, down and across."""
        gap = max(2, round(_GAP * self.side))
        return self.side + self.caption + gap, self.side + gap

    def corner(self, k: int) -> tuple[int, int]:
        """Give the voxel (y, x) where slice `k` begins."""
        return k // self.across * self.pitch[0], k % self.across * self.pitch[1]

    def picture(self, slices: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Lay the slices (K, N, N) out; NaN between them."""
        down = -(-self.count // self.across)
        picture = np.full((down * self.pitch[0], self.across * self.pitch[1]), np.nan, np.float32)
        for k, one in enumerate(slices):
            y, x = self.corner(k)
            picture[y : y + self.side, x : x + self.side] = one
        return picture

    def at(self, y: float, x: float) -> int | None:
        """Give the slice at a voxel of the picture, its caption included; None between slices."""
        row, column = (int(np.floor((v + 0.5) / p)) for v, p in zip((y, x), self.pitch, strict=True))
        k = row * self.across + column
        if row < 0 or not 0 <= column < self.across or k >= self.count:
            return None
        top, left = self.corner(k)
        return k if y < top + self.side + self.caption and x < left + self.side else None


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
            recipe.reconstruct,
            look.tilt,
            look.magnification,
            rows.shifts,
            abort,
        )
        columns = strip.columns + (look.center - rows.center)  # in the middle row of the whole
        return Stripped(look, replace(strip, columns=columns), row)

    return start(viewer, "Making the centre strip", steps)


class StripView:
    """Shows a strip in a viewer: all slices, or the chosen one large; a click on a slice chooses it.

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
        self.large = False

    def show(self, made: Stripped) -> None:
        """Show another strip."""
        viewer = self._viewer()
        if viewer is None:
            return
        self._made = made
        slices = made.strip.slices
        self._tiling = tiling = Tiling(len(slices), slices.shape[1])
        size = None if made.look.pixel_size is None else np.full(3, made.look.pixel_size)
        axes = volume_axes(2, size)
        contrast = limits(slices[len(slices) // 2])
        where = f"slice {made.row} at {made.look.energy:.1f} eV"
        take_away(viewer, "strip", "strip marks", "strip large")
        common = {"contrast_limits": contrast, "cache": False} | axes
        about = {"name": f"One of the strip, {where}", "metadata": {ROLE: "strip large"}}
        put(viewer, (slices[made.strip.best], about | common, "image"))
        about = {"name": f"Centre strip, {where}", "metadata": {ROLE: "strip"}}
        put(viewer, (tiling.picture(slices), about | common, "image"))
        put(viewer, (self._frames(), self._captions(made.strip) | axes, "shapes"))
        viewer.layers.selection.active = layer_of(viewer, "strip")
        self.choose(made.strip.best)
        self._fit(viewer)

    def choose(self, k: int) -> None:
        """Frame a slice, and show it where one at a time is seen."""
        viewer, made = self._viewer(), self._made
        marks = None if viewer is None else layer_of(viewer, "strip marks")
        if viewer is None or made is None or marks is None:
            return
        marks.edge_color = [_CHOSEN if i == k else _OTHER for i in range(self._tiling.count)]
        one = layer_of(viewer, "strip large")
        if one is not None:
            one.data = made.strip.slices[k]
            one.name = f"Slice about column {made.strip.columns[k]:.2f} at {made.look.energy:.1f} eV"
        self.arrange()

    def show_large(self, large: bool) -> None:
        """Show the chosen slice large, or all of them."""
        self.large = large
        self.arrange()
        viewer = self._viewer()
        if viewer is not None:
            self._fit(viewer)

    def arrange(self) -> None:
        """Show all slices, or one."""
        viewer = self._viewer()
        if viewer is not None and layer_of(viewer, "strip") is not None:
            show_only(viewer, *(("strip large",) if self.large else ("strip", "strip marks")))

    def _fit(self, viewer: Any) -> None:
        shown = layer_of(viewer, "strip large" if self.large else "strip")
        if shown is not None:
            fit(viewer, shown)

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
        if layer is not None and layer.visible:
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

    def _captions(self, strip: CenterStrip) -> dict[str, Any]:
        """Give the look of the rectangles: a thin frame, the column beneath, and which slice is sharpest."""
        words = [f" {c:.2f}" + ("  sharpest" if k == strip.best else "") for k, c in enumerate(strip.columns)]
        text = {"string": words, "anchor": "lower_left", "size": 9, "color": "#e8eaed"}
        return {
            "name": "Columns of the strip",
            "metadata": {ROLE: "strip marks"},
            "shape_type": "rectangle",
            "face_color": "transparent",
            "edge_color": _OTHER,
            "edge_width": max(0.5, self._tiling.side / 120),
            "text": text,
        }
