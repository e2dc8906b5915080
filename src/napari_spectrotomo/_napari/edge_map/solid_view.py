"""Keeps the map on the particles' surface as it was last asked for, and takes it away in slices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from napari.layers import Layer
from psygnal import Signal

from ..latest import Latest
from ..layers import layer_of, show_only
from ..layers.body import Body, Cut, Mesh, body_of, painted
from ..layers.solid import Solid, fit_body, look_along, move_cut, solid_of, solid_steps
from ..turns import Turns

Found = tuple[Body | None, Solid | None]


class SolidView:
    """A map on the particles' surface in one viewer.

    Parameters
    ----------
    viewer : napari viewer

    Attributes
    ----------
    shown : Signal(Body or None)
        The body is there; None: there is none, of a single slice or without particles.
    left : Signal()
        Slices are seen again.
    failed : Signal(Exception)
    on : bool
    """

    shown = Signal(object)
    left = Signal()
    failed = Signal(object)

    def __init__(self, viewer: Any) -> None:
        self._viewer = viewer
        self._latest = Latest()
        self._latest.done.connect(self._on_done)
        self._latest.failed.connect(self.failed.emit)
        self._turns = Turns()
        self._body: tuple[Any, Body | None] = (None, None)
        self._skin: tuple[Any, tuple[Mesh, Mesh] | None] = (None, None)
        self._ready: Found = (None, None)
        self._shaded = False
        self._role = ""
        self._anew = False
        self._side: tuple[float, ...] | None = None
        self._slices: tuple[int, tuple[float, ...], float] | None = None
        self.on = False

    def ask(
        self, labels: npt.NDArray[np.integer], painted_from: Layer, role: str, cut: Cut | None, shaded: bool
    ) -> None:
        """Show the map of a layer on the surface, cut open or not; the first time it takes some tenths of a second."""
        values = painted_from.data
        self._anew = self._anew or not self.on
        self.on, self._shaded, self._role = True, shaded, role
        if cut is not None:
            move_cut(self._viewer, cut)
        self._latest.ask(lambda: self._work(labels, values, cut))

    def leave(self) -> None:
        """Go back to slices."""
        if self.on:
            self.on = self._anew = False
            self._turns.add(self._leaving())

    def _leaving(self) -> Iterator[None]:
        surface = layer_of(self._viewer, "surface")
        seen = surface is not None and surface.visible
        if seen:
            show_only(self._viewer)  # neither is a volume drawn in three dimensions on the way, nor a surface sliced
            yield
        if self._viewer.dims.ndisplay == 3:
            self._viewer.dims.ndisplay = 2
            yield
        self._go_back()
        layer = layer_of(self._viewer, self._role)
        if seen and layer is not None:
            show_only(self._viewer, self._role)
            self._viewer.layers.selection.active = layer
        self.left.emit()

    def _work(self, labels: npt.NDArray[np.integer], values: npt.NDArray[np.floating], cut: Cut | None) -> Found:
        """Work out what changed; in a thread, one at a time."""
        if self._body[0] is not labels:
            self._body, self._skin = (labels, body_of(labels)), (None, None)
        body = self._body[1]
        if body is None:
            return None, None
        of, skin = self._skin
        if skin is None or of is not values:
            skin = painted(body, values)
            self._skin = (values, skin)
        return body, solid_of(skin, labels, values, cut)

    def _on_done(self, found: Found) -> None:
        if not self.on:
            return
        if found[0] is None:
            self.on = False
            self.shown.emit(None)
            return
        self._ready = found
        self._turns.add(self._entering())

    def _entering(self) -> Iterator[None]:
        """Show what was found last; what was found before it is passed over."""
        (body, solid), self._ready = self._ready, (None, None)
        layer = layer_of(self._viewer, self._role)
        if not self.on or layer is None or body is None or solid is None:
            return
        if self._viewer.dims.ndisplay != 3:
            show_only(self._viewer)
            self._keep_place()
            yield
            self._viewer.dims.ndisplay = 3
            yield
        yield from solid_steps(self._viewer, solid, layer, self._shaded)
        self._turn_to(body, layer.scale, solid.cut)
        surface = layer_of(self._viewer, "surface")
        if surface is not None:
            self._viewer.layers.selection.active = surface
        self.shown.emit(body)

    def _turn_to(self, body: Body, scale: Any, cut: Cut | None) -> None:
        """Turn the camera to the body when it comes, and to the cut when it is another one; else it is the user's."""
        if self._anew:
            fit_body(self._viewer, body, scale)
        side = None if cut is None else tuple(cut.inward)
        if cut is not None and (self._anew or side != self._side):
            look_along(self._viewer, cut.inward)
        self._anew, self._side = False, side

    def _keep_place(self) -> None:
        """Remember the slice and the part of it that is seen: the camera is turned to the body."""
        dims, camera = self._viewer.dims, self._viewer.camera
        self._slices = (dims.current_step[dims.ndim - 3], tuple(camera.center), camera.zoom)

    def _go_back(self) -> None:
        if self._slices is None:
            return
        step, center, zoom = self._slices
        self._slices = None
        dims, camera = self._viewer.dims, self._viewer.camera
        dims.set_current_step(dims.ndim - 3, step)
        camera.center, camera.zoom = center, zoom
