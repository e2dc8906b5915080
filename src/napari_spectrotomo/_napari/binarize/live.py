"""The mask over the picture while a threshold moves: the slice at once, the whole mask when the line stands still."""

from __future__ import annotations

from typing import Any
from weakref import ref

from napari.utils.colormaps import CyclicLabelColormap
from qtpy.QtCore import QObject, QTimer, Signal

from ...errors import SpectrotomoError
from ..energy_text import ENERGIES, energy_index
from ..latest import Latest
from ..layers import ROLE, layer_of, put, show_only
from ..layers.geometry import volume_axes
from ..layers.ready import volumes_of
from ..state import state_of
from .cutting import Cut, Cutter, Whole, whole_mask
from .live_masks import LiveMasks

OVERLAY = "threshold"
"""The role of the layer."""
_YELLOW = (1.0, 0.83, 0.24, 1.0)
_SHOWN, _STILL = 15, 200
"""Milliseconds: between two drawings of a moving mask, and that a line or a slider stands still before more is computed."""


class LiveThreshold(QObject):
    """Keeps the cut of the energy shown, and its mask over the picture.

    Attributes
    ----------
    looking : Signal(float)
        An energy in eV is being looked at, which may take a while.
    cut_ready : Signal(object)
        Another `Cut`.
    whole_ready : Signal(object)
        The `Whole` mask at the line.
    failed : Signal(str)
        Why there is none.
    """

    looking = Signal(float)
    cut_ready = Signal(object)
    whole_ready = Signal(object)
    failed = Signal(str)

    def __init__(self, viewer: Any, parent: QObject) -> None:
        super().__init__(parent)
        self._viewer = ref(viewer)
        self.cutter = Cutter()
        self.looks, self.wholes = Latest(), Latest()
        self.cut: Cut | None = None
        self.level = 0.0
        self.wanted, self._laid = False, False
        self._masks: LiveMasks | None = None
        self._drawing = QTimer(self, singleShot=True, interval=_SHOWN)
        self._drawing.timeout.connect(self._draw)
        self._settling = QTimer(self, singleShot=True, interval=_STILL)
        self._settling.timeout.connect(self._settle)

    def forget(self) -> None:
        """Let go of what was looked at."""
        self.cut = self._masks = None
        self.cutter.forget()

    def follow(self) -> None:
        """Look at the energy shown, with the recipe's parameters."""
        viewer = self._viewer()
        project = None if viewer is None else state_of(viewer).project
        if project is None:
            return
        index, parameters, cutter = shown_index(viewer, project), project.recipe.binarize, self.cutter
        if self.cut is None or self.cut.index != index:
            self.looking.emit(float(project.energies[index]))
        self.looks.ask(lambda: cutter.look(project, index, parameters))

    def on_look(self, cut: Cut) -> None:
        """Take a cut that was asked for."""
        self.cut, self.level = cut, cut.level
        self.cut_ready.emit(cut)
        self._draw()
        self._settle()

    def on_failed(self, error: Exception) -> None:
        """Say why there is no cut."""
        self.cut = None
        known = isinstance(error, SpectrotomoError)
        self.failed.emit(str(error) if known else f"An unforeseen error ({type(error).__name__}: {error}).")

    def move(self, level: float) -> None:
        """Show what is above another level."""
        self.level = level
        if not self._drawing.isActive():
            self._drawing.start()
        self._settling.start()

    def on_whole(self, whole: Whole) -> None:
        """Take a whole mask, unless the line moved on."""
        cut = self.cut
        if cut is None or whole.cut is not cut or whole.level != self.level:
            return
        self.whole_ready.emit(whole)
        if self._masks is not None and self._masks.energy == cut.index:
            self._masks.settle(whole.made.mask)
            self._refresh()

    def show(self, wanted: bool) -> None:
        """Lay the mask over the picture, or take it away."""
        if wanted == self.wanted:
            return
        self.wanted, self._laid = wanted, False
        viewer = self._viewer()
        layer = None if viewer is None else layer_of(viewer, OVERLAY)
        if wanted:
            self._drawing.start()
            self._settle()
        elif layer is not None and layer.visible:
            show_only(viewer, "raw", "mask", "particles")

    def leave(self) -> None:
        """Take the mask away, whatever else is seen."""
        viewer = self._viewer()
        layer = None if viewer is None else layer_of(viewer, OVERLAY)
        self.wanted = self._laid = False
        if layer is not None:
            layer.visible = False

    def _draw(self) -> None:
        viewer, cut = self._viewer(), self.cut
        if viewer is None or cut is None or not self.wanted:
            return
        layer = layer_of(viewer, OVERLAY)
        if self._masks is None or layer is None or layer.data is not self._masks:
            self._put(viewer)
            self._laid = False
            self._drawing.start()  # goes on in a turn of its own: a new layer takes napari long enough
            return
        self._masks.cut(cut.index, cut.smoothed, self.level)
        if not self._laid:
            self._laid = True
            show_only(viewer, "raw", OVERLAY)
        if viewer.dims.ndisplay == 2:  # a whole volume is compared in the thread
            self._refresh()

    def _settle(self) -> None:
        cut, level = self.cut, self.level
        if cut is not None:
            self.wholes.ask(lambda: whole_mask(cut, level))

    def _refresh(self) -> None:
        viewer = self._viewer()
        layer = None if viewer is None else layer_of(viewer, OVERLAY)
        if layer is not None and layer.visible:
            layer.refresh(thumbnail=False, highlight=False, extent=False)

    def _put(self, viewer: Any) -> None:
        stack = volumes_of(state_of(viewer).project)
        self._masks = LiveMasks((len(stack), *stack.shape))
        about = {
            "name": "Above the threshold",
            "metadata": {ROLE: OVERLAY, ENERGIES: stack.energies},
            "opacity": 0.45,
            "cache": False,
            "visible": False,
            "colormap": CyclicLabelColormap(colors=[(0.0, 0.0, 0.0, 0.0), _YELLOW]),
        }
        put(viewer, (self._masks, about | volume_axes(4, stack.voxel_size), "labels"))


def shown_index(viewer: Any, project: Any) -> int:
    """Give the energy that the volumes show, as an index; the fixed one where they show none."""
    raw = layer_of(viewer, "raw")
    index = None if raw is None else energy_index(viewer, raw)
    return project.fixed_index if index is None else index
