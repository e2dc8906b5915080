"""Reads ahead: while a slice is looked at, a thread reads the energies beside it, so that the slider finds them at hand."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from weakref import finalize, ref

from qtpy.QtCore import QTimer

from .. import collecting
from ..energy_text import energy_index
from .glance import watch
from .held import Index, Reader, reader_of
from .kept import KEPT

_SETTLE = 120  # ms that the sliders rest before anything is read ahead
_SHARE = 0.6  # of what is kept at most that is read ahead, so that what is looked at stays

_COLLECT, _ROUNDS = 2000, 30
"""Milliseconds between two collections of young garbage, and how many of them there are to one of all."""

_POOL = ThreadPoolExecutor(1, "spectrotomo-ahead")


def read_ahead(viewer: Any, shared: Any) -> Ahead | None:
    """Read ahead from now on in a viewer with a window, but not while the work of its shared state is under way."""
    return Ahead(viewer, shared) if hasattr(viewer, "window") else None


class Ahead:
    """Reads ahead for one viewer, and lets its lazy layers be looked at without waiting.

    Parameters
    ----------
    viewer : napari viewer
    shared : ViewerState
    """

    def __init__(self, viewer: Any, shared: Any) -> None:
        self._viewer, self._shared = ref(viewer), ref(shared)
        self._off = threading.Event()
        self._timer = QTimer(singleShot=True, interval=_SETTLE)
        self._timer.timeout.connect(self._begin)
        dims = viewer.dims.events
        for event in (dims.point, dims.order, dims.ndisplay, viewer.layers.events.removed):
            event.connect(self._moved)
        viewer.layers.events.inserted.connect(self._watch)
        for layer in viewer.layers:
            self._take(layer)
        self._rounds = 0
        self._collector = QTimer(interval=_COLLECT)
        self._collector.timeout.connect(self._collect)
        self._collector.start()
        collecting.hold()
        finalize(viewer, collecting.release)

    def _watch(self, event: Any) -> None:
        self._take(event.value)

    def _take(self, layer: Any) -> None:
        viewer = self._viewer()
        if viewer is not None:
            watch(viewer, layer)
            layer.events.visible.connect(self._moved)
            self._moved()

    def _moved(self, event: Any = None) -> None:
        """Stop reading ahead of where the sliders were, and begin anew when they rest."""
        self._off.set()
        self._timer.start()

    def _collect(self) -> None:
        """Collect garbage here: the threads that read must not."""
        self._rounds += 1
        if self._rounds % _ROUNDS:
            collecting.collect()
        else:
            collecting.collect_all()

    def _begin(self) -> None:
        viewer = self._viewer()
        shared = self._shared()
        if viewer is None or shared is None or shared.job is not None:
            return
        self._off = threading.Event()
        _POOL.submit(_read, list(wanted_next(viewer, int(_SHARE * KEPT.most))), self._off)


def wanted_next(viewer: Any, most: int) -> Iterator[tuple[Reader, Index]]:
    """Give the parts of the visible lazy layers at the energies beside the one shown, the nearest first.

    Parameters
    ----------
    viewer : napari viewer
    most : int
        Bytes of all parts together.
    """
    shown = []
    for layer in viewer.layers:
        reader, energy = reader_of(layer.data), energy_index(viewer, layer)
        if layer.visible and reader is not None and energy is not None:
            shown.append((reader, energy, _slices(viewer, layer)))
    furthest = max((reader.shape[0] for reader, _, _ in shown), default=0)
    for away in range(furthest):
        for reader, energy, rest in shown:
            for index in sorted({energy + away, energy - away}, reverse=True):
                if 0 <= index < reader.shape[0]:
                    key = (index, *rest)
                    most -= reader.cost(key)
                    if most < 0:
                        return
                    yield reader, key


def _slices(viewer: Any, layer: Any) -> Index:
    """Give where the sliders stand in a layer's data, without the energy: an index, or all of an axis that is displayed."""
    point = layer.world_to_data(viewer.dims.point)
    before = viewer.dims.ndim - layer.ndim
    found: list[Any] = []
    for axis in range(1, layer.ndim):
        if before + axis in viewer.dims.displayed:
            found.append(slice(None))
        else:
            found.append(min(max(round(float(point[axis])), 0), layer.data.shape[axis] - 1))
    return tuple(found)


def _read(parts: list[tuple[Reader, Index]], off: threading.Event) -> None:
    for reader, key in parts:
        if off.is_set():
            return
        if reader.cost(key) and not reader.at_hand(key):
            reader.look(key)
