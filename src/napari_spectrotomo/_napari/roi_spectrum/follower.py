"""Follows the regions of layers and has their spectra computed, the newest first."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Event
from typing import Any

import numpy as np
from napari.layers import Labels
from psygnal import Signal
from superqt.utils import qthrottled

from ...errors import Aborted
from ..energy_text import ENERGIES
from ..latest import Latest
from ..layers import ROLE, layer_of
from .blocks import Blocks, Box, most_bytes
from .regions import LabelRegions, Region, regions_of
from .spectra import READING_ON, Answer, Request, Windows, answer, read_beside

_FEW = 4
"""Regions that are found within a millisecond or two."""
_INTERVAL = 10  # ms between requests while a region is dragged; those that come too fast are left out anyway


@dataclass(frozen=True, slots=True)
class Wish:
    """What spectra of regions are wanted.

    Attributes
    ----------
    stacks : tuple of str
        Roles.
    depth : int, voxel
    normalized : bool
    windows : mapping, SpectraParameters or None
    shift : float, eV
        Added to the energies.
    """

    stacks: tuple[str, ...]
    depth: int
    normalized: bool
    windows: Windows | None
    shift: float


class Follower:
    """Follows regions.

    Parameters
    ----------
    viewer : napari viewer
    wish : callable
        Gives what is wanted now; None for nothing.

    Attributes
    ----------
    found : Signal(Answer)
        Spectra, of as many energies as are read.
    failed : Signal(Exception)
    """

    found = Signal(object)
    failed = Signal(object)

    def __init__(self, viewer: Any, wish: Any) -> None:
        self._viewer, self._wish = viewer, wish
        self.layers: list[Any] = []
        self._blocks: dict[str, Blocks] = {}
        self._seen: tuple[Any, ...] | None = None
        self._painted = self._asked = self._given = 0
        self._abort = Event()
        self._latest = Latest()
        self._latest.done.connect(self._on_done)
        self._latest.failed.connect(self._on_failed)
        self._later = qthrottled(self._update, timeout=_INTERVAL)

    def follow(self, layers: list[Any]) -> None:
        """Listen to these layers: their data, and what moves while it is dragged."""
        for followed, change in ((self.layers, "disconnect"), (layers, "connect")):
            for layer in followed:
                for signal in _changes(layer):
                    getattr(signal, change)(self._on_region)
        self.layers = layers
        self.renew()

    def renew(self) -> None:
        """Ask again, though nothing was drawn."""
        self._seen = None
        self.update()

    def update(self) -> None:
        """Ask for the spectra of what is drawn now: a few regions at once, many when there is time."""
        if sum(len(layer.data) for layer in self.layers if not isinstance(layer, Labels)) > _FEW:
            self._later()
        else:
            self._update()

    def stop(self) -> None:
        """Leave off reading, and the layers."""
        self._abort.set()
        self.follow([])

    def forget(self, role: str, energy: float) -> None:
        """Read an energy (eV) of a stack anew: it was written since."""
        layer: Any = layer_of(self._viewer, role)
        if role in self._blocks and layer is not None:
            self._blocks[role].forget(int(np.argmin(np.abs(np.asarray(layer.metadata[ENERGIES]) - energy))))
            self.renew()

    def shown_slice(self, raw: Any) -> float:
        """Give the slice z that is shown of volumes, in voxels; NaN where z is on the screen."""
        dims = self._viewer.dims
        axis = dims.ndim - 3
        if axis < 0 or (axis in dims.displayed and dims.ndisplay == 2):
            return float("nan")
        return float((dims.point[axis] - raw.translate[-3]) / raw.scale[-3])

    def _middle(self, raw: Any) -> Box | None:
        """Give the voxel in the middle of the canvas."""
        at = np.append(
            self.shown_slice(raw), (np.asarray(self._viewer.camera.center)[-2:] - raw.translate[-2:]) / raw.scale[-2:]
        )
        if not np.isfinite(at).all():
            return None
        z, y, x = (int(min(max(a, 0), n - 1)) for a, n in zip(at, raw.data.shape[-3:], strict=True))
        return slice(z, z + 1), slice(y, y + 1), slice(x, x + 1)

    def _on_region(self, event: Any = None) -> None:
        if event is not None and isinstance(event.source, Labels):
            self._painted += 1
        self.update()

    def _update(self) -> None:
        raw, wish = layer_of(self._viewer, "raw"), self._wish()
        if raw is None or wish is None:
            return
        regions: list[tuple[str, list[Region] | LabelRegions]] = []
        seen: list[Any] = [wish]
        for layer in self.layers:
            if isinstance(layer, Labels):
                kind = "particle" if layer.metadata.get(ROLE) == "particles" else "label"
                regions.append((layer.name, LabelRegions(layer.data, layer.selected_label, layer.get_color, kind)))
                seen.append((layer.name, id(layer.data), self._painted, layer.selected_label))
            else:
                drawn = regions_of(layer, raw, wish.depth, self.shown_slice(raw))
                regions.append((layer.name, drawn))
                seen += [(layer.name, r.name, str(r.box), r.mask.tobytes(), tuple(r.color), r.selected) for r in drawn]
        stacks = {role: stack for role in wish.stacks if (stack := self._stack(role)) is not None}
        seen += [id(blocks.data) for blocks, _ in stacks.values()]
        if tuple(seen) == self._seen:
            return
        self._seen = tuple(seen)
        self._abort.set()
        self._abort = Event()
        self._asked += 1
        drawn_in = any(not isinstance(layer, Labels) for layer in self.layers)
        ahead = self._middle(raw) if drawn_in and not any(given for _, given in regions) else None
        request = Request(regions, stacks, wish.normalized, wish.windows, wish.shift, self._abort, self._asked, ahead)
        if request.at_hand:  # a thread's answer would wait until the canvas is drawn
            self._on_done(answer(request))
        else:
            self._latest.ask(lambda: answer(request))

    def _stack(self, role: str) -> Any:
        """Give what was read of a stack, and its energies; None where the viewer has none."""
        layer: Any = layer_of(self._viewer, role)
        if layer is None:
            self._blocks.pop(role, None)
            return None
        if role not in self._blocks or self._blocks[role].data is not layer.data:
            self._blocks[role] = Blocks(layer.data, most_bytes())
        return self._blocks[role], np.asarray(layer.metadata[ENERGIES])

    def _on_done(self, done: Answer | tuple[Answer, bool]) -> None:
        """Give spectra; then read on, or ahead of where regions may be dragged."""
        answered, more = done if isinstance(done, tuple) else (done, True)
        if answered.request.number < self._given:
            return
        if isinstance(done, Answer):
            self._given = answered.request.number
            self.found.emit(done)
        if answered.request.abort is not self._abort or self._wish() is None:
            return
        if not answered.whole:
            self._latest.ask(lambda: answer(answered.request, READING_ON))
        elif more:
            self._latest.ask(lambda: (answered, read_beside(answered)))

    def _on_failed(self, error: Exception) -> None:
        if not isinstance(error, Aborted):
            self.failed.emit(error)


def _changes(layer: Any) -> list[Any]:
    """Give the events of a layer after which its regions may be others."""
    events = layer.events
    if isinstance(layer, Labels):
        return [events.data, events.labels_update, events.paint, events.selected_label]
    return [events.data, events.set_data, events.highlight]
