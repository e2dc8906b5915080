"""Keeps what is shown of a project's maps as it was last asked for: worked out in a thread, put in its place here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from psygnal import Signal

from ...workflow.describe import valences
from ..latest import Latest
from ..layers import layer_of
from ..layers.map_colors import map_colormap
from ..layers.maps import MAP_ROLES, WHOLE
from .seen import Look, Seen, see, step_range

_COLOURED = ("edge energy", "valence")


class ShownMaps:
    """The maps of a viewer's project as they are looked at.

    Parameters
    ----------
    viewer : napari viewer

    Attributes
    ----------
    changed : Signal(Seen)
        Maps are shown otherwise.
    failed : Signal(Exception)
    seen : Seen or None
    labels : (z, y, x) int or None
        Of the particles, as they were read for `seen`.
    steps : float
        The largest edge step worth a slider.
    particles : list of dict
        Rows of ``particles.csv``, with their valences where there are standards.
    """

    changed = Signal(object)
    failed = Signal(object)

    def __init__(self, viewer: Any) -> None:
        self._viewer = viewer
        self._latest = Latest()
        self._latest.done.connect(self._on_done)
        self._latest.failed.connect(self.failed.emit)
        self._read: dict[str, Any] = {}
        self._key: Any = None
        self.seen: Seen | None = None
        self.labels: npt.NDArray[np.integer] | None = None
        self.steps = 1.0
        self.particles: list[dict[str, Any]] = []

    def forget(self) -> None:
        """Let go of a project's maps."""
        self.seen, self.labels, self.particles, self._key = None, None, [], None

    def ask(self, project: Any, look: Look) -> None:
        """Show the maps of a project so; they are read when they were made anew."""
        layers = {role: layer_of(self._viewer, role) for role in MAP_ROLES}
        whole = {role: layer.metadata[WHOLE] for role, layer in layers.items() if layer is not None}
        self._latest.ask(lambda: self._work(project, whole, look))

    def _work(self, project: Any, whole: dict[str, Any], look: Look) -> tuple[Any, dict[str, Any], Seen]:
        """Read what changed, and work out what is shown; in a thread, one at a time."""
        key = made_at(project.path)
        if self._read.get("key") != key:
            maps = None
            if project.maps_edges:
                edge = project.edge_map()
                maps = {"edge energy": edge.energy, "edge error": edge.error, "edge step": edge.step}
            self._read = {
                "key": key,
                "maps": maps,
                "labels": project.labels(),
                "particles": _particles(project),
                "steps": 1.0 if maps is None else step_range(maps["edge step"]),
            }
        read = self._read
        # the layers' own arrays where there are layers, so that what is shown whole is not held twice
        known = whole if {"edge energy", "edge step"} <= whole.keys() else read["maps"]
        if known is None:
            return key, read, Seen(look, {}, {}, None, float("nan"), [])
        return key, read, see(known, read["labels"], look)

    def _on_done(self, found: tuple[Any, dict[str, Any], Seen]) -> None:
        self._key, read, seen = found
        self.labels, self.steps, self.particles = read["labels"], read["steps"], read["particles"]
        before = None if self.seen is None else self.seen.look
        self.seen = seen
        for role, values in seen.maps.items():
            layer: Any = layer_of(self._viewer, role)
            if layer is None or layer.data.shape != values.shape:
                continue
            if layer.data is not values:
                layer.data = values
            if before == seen.look:
                continue  # what was changed in the layer's own controls since stays
            if role in _COLOURED and layer.colormap.name != seen.look.colors:
                layer.colormap = map_colormap(seen.look.colors)
            layer.contrast_limits = seen.limits[role]
        self.changed.emit(seen)


def _particles(project: Any) -> list[dict[str, Any]]:
    """Give the particles' numbers, with their median valence and its error where there are standards."""
    rows: list[dict[str, Any]] = project.particles().to_dict("records")
    known = {number: values for number, *values in valences(project)}
    if known:
        for row in rows:
            row["valence"], row["valence_error"] = known.get(int(row["label"]), (float("nan"), float("nan")))
    return rows


def made_at(folder: Path) -> tuple[Any, ...]:
    """Say which edge map a project holds, so that it is read only when it is another one."""
    files = [folder / name for name in ("particles.csv", "edge_energy.tif", "labels.tif")]
    return tuple((str(file), file.stat().st_mtime_ns if file.exists() else None) for file in files)
