"""Slices of lazy layers come up at once where they are at hand or soon read; else the layer is empty until a thread has read them.

napari slices layers in the GUI thread, which waits for the disk. Layers of this plugin have their slice requests made here, which
wait for `PATIENCE` in one turn of the event loop altogether. What has not come by then is not shown: an empty layer says "not
known yet", where the slice of the energy before would be taken for this one's.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cache, partial
from typing import Any
from weakref import ref

import numpy as np
from napari.layers import Layer
from qtpy.QtCore import QObject, Qt, QTimer
from qtpy.QtCore import Signal as QtSignal

from ..waiting import WAITING
from .held import Index, Reader, reader_of

try:
    from napari.layers._scalar_field._slice import _ScalarFieldSliceResponse
except (
    ImportError
):  # napari's own, and private: where it went elsewhere, slices are right and the window waits for them
    _ScalarFieldSliceResponse = None

PATIENCE = 0.05
"""Seconds that the GUI thread waits for slices in one turn of its event loop."""

_POOL = ThreadPoolExecutor(2, "spectrotomo-slices")
_Wanted = tuple[Reader, Index]


class _NotYet(Exception):
    """What is wanted is still being read."""


class _Clock:
    """What is left of the patience in this turn of the event loop."""

    def __init__(self) -> None:
        self._until: float | None = None

    def left(self) -> float:
        now = time.perf_counter()
        if self._until is None:
            self._until = now + PATIENCE
            QTimer.singleShot(0, self._next_turn)
        return max(self._until - now, 0.0)

    def _next_turn(self) -> None:
        self._until = None


_CLOCK = _Clock()


class _Post(QObject):
    """Brings what a thread has read to the GUI thread."""

    arrived = QtSignal(object, object, object)

    def __init__(self) -> None:
        super().__init__()
        self.arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def _deliver(self, look: Any, wanted: Any, read: Any) -> None:
        look.arrive(wanted, read)


@cache
def _post() -> _Post:
    """Give the one post there is; the first to ask is the GUI thread."""
    return _Post()


def watch(viewer: Any, layer: Layer) -> None:
    """Let the slices of a lazy layer of this plugin be read without the GUI thread waiting long.

    Without a window there is nobody whom waiting would keep, and slices are read at once.
    """
    state = layer._slicing_state
    made = getattr(state, "_slice_request_class", None)
    known = made is not None and _ScalarFieldSliceResponse is not None
    if not known or isinstance(made, _Look) or reader_of(layer.data) is None:
        return
    patient = hasattr(viewer, "window")
    if patient:
        _post()
    state._slice_request_class = _Look(layer, made, patient)


class _Look:
    """Makes the slice requests of one layer, in place of napari's class."""

    def __init__(self, layer: Layer, make: Any, patient: bool) -> None:
        self._layer, self._make, self._patient = ref(layer), make, patient
        self._wanted: _Wanted | None = None
        self._read: tuple[_Wanted, Future[Any]] | None = None

    def __call__(self, **given: Any) -> Any:
        """Make a request, of what this looks into in place of the layer's array."""
        reader = reader_of(given["data_at_data_level"])
        if reader is None or given["multiscale"]:
            return self._make(**given)
        seen = _Seen(self, reader)
        return _Request(self._make(**given | {"data_at_data_level": seen, "data_at_thumbnail_level": seen}))

    def read(self, reader: Reader, key: Index) -> Any:
        """Give a slice, or raise `_NotYet` and have it read."""
        if not self._patient or threading.current_thread() is not threading.main_thread():
            return reader.look(key)
        self._wanted = wanted = (reader, key)
        before, self._read = self._read, None
        if before is not None and before[0] == wanted:
            return before[1].result()
        if not reader.at_hand(key):
            coming = _POOL.submit(self._fetch, wanted)
            wait([coming], timeout=_CLOCK.left())
            if not coming.done():
                self._wait(True)
                coming.add_done_callback(partial(self._tell, wanted))
                raise _NotYet
            self._wait(False)
            return coming.result()
        self._wait(False)
        return reader.look(key)

    def _fetch(self, wanted: _Wanted) -> Any:
        """Read, in a thread, unless something else is wanted by now."""
        return wanted[0].look(wanted[1]) if self._wanted == wanted else None

    def _tell(self, wanted: _Wanted, read: Future[Any]) -> None:
        _post().arrived.emit(self, wanted, read)

    def arrive(self, wanted: _Wanted, read: Future[Any]) -> None:
        """Show what was read, if it is still wanted; GUI thread."""
        layer = self._layer()
        if layer is None or self._wanted != wanted:
            return
        self._wait(False)
        self._read = (wanted, read)
        try:
            layer.refresh(extent=False)
        finally:
            self._read = None

    def _wait(self, waits: bool) -> None:
        layer = self._layer()
        if layer is not None:
            WAITING.set(layer, waits)


class _Seen:
    """What napari slices in place of a layer's array."""

    def __init__(self, look: _Look, reader: Reader) -> None:
        self._look, self._reader = look, reader
        self.shape, self.dtype, self.ndim = reader.shape, reader.dtype, reader.ndim

    def __getitem__(self, key: Index) -> Any:
        """Give a slice; napari asks for one that is one voxel thick, which is read as the slice at an index."""
        thin = tuple(isinstance(k, slice) and k.start is not None and k.stop == k.start + 1 for k in key)
        found = self._look.read(self._reader, tuple(k.start if t else k for k, t in zip(key, thin, strict=True)))
        return np.expand_dims(found, tuple(_places(key, thin)))


class _Request:
    """A slice request that is answered with an empty slice where the real one is still being read."""

    def __init__(self, request: Any) -> None:
        self._request = request
        self.id = request.id

    def __call__(self) -> Any:
        request = self._request
        try:
            return request()
        except _NotYet:
            return _ScalarFieldSliceResponse.make_empty(
                slice_input=request.slice_input, rgb=request.rgb, request_id=request.id, dtype=request.dtype
            )


def _places(key: Index, thin: tuple[bool, ...]) -> list[int]:
    """Give the axes of a slice's array that are one voxel thick; those at an index are none of its axes."""
    axes = [t for k, t in zip(key, thin, strict=True) if isinstance(k, slice)]
    return [axis for axis, t in enumerate(axes) if t]
