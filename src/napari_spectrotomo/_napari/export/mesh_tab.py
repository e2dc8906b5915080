"""The surface of a particle as a mesh, coloured as a map is seen."""

from __future__ import annotations

import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from magicgui.widgets import ComboBox, FloatSpinBox

from ...progress import Progress
from ..layers import ROLE
from .tab import Tab, Task, choose_from
from .what import colors_surfaces, has_particles, mesh_steps

_EACH = "each, a file a particle"
_FIRST = "edge energy"
"""Role of the map that is offered first."""
_MOST = 999
"""Numbers of particles that are offered."""


class MeshTab(Tab):
    """Surfaces as PLY or STL."""

    TITLE: ClassVar[str] = "Surface"
    ACTION: ClassVar[str] = "Save as mesh…"
    KINDS: ClassVar[dict[str, str]] = {
        ".ply": "PLY, colours and edge energies at the corners",
        ".stl": "STL, triangles only in most programs",
    }

    def build(self) -> None:
        """Put in the choice of particles, colours, smoothing and unit."""
        self._counted: tuple[Any, list[int]] = (None, [])
        self.labels = ComboBox(
            label="particles of", choices=[("nothing yet", None)], tooltip="A layer of particle labels (z, y, x)."
        )
        self.particle = ComboBox(label="particle", choices=[(_EACH, None)], tooltip="Its number, or each in turn.")
        self.colors = ComboBox(
            label="coloured by",
            choices=[("nothing", None)],
            tooltip="A map on the same grid, in the colours and limits it is seen in; its values go into the PLY too.",
        )
        self.smooth = FloatSpinBox(
            label="smooth (voxels)",
            value=1.0,
            min=0.0,
            max=3.0,
            step=0.5,
            tooltip="How far a corner may move, at most, while the steps between voxels are smoothed; 0 leaves them.",
        )
        self.unit = ComboBox(
            label="lengths in", choices=["µm", "nm"], tooltip="Unit of the corners; a mesh's file itself has none."
        )
        self.add_rows(self.labels, self.particle, self.colors, self.smooth, self.unit)
        self.labels.changed.connect(lambda *_: self._offer())
        self.about.setText("The map's colours and limits are those of its layer now. Corners without a value are grey.")

    def refresh(self) -> None:
        """Offer the labels there are."""
        choose_from(self.labels, [x for x in self.viewer.layers if has_particles(x)])
        self._offer()

    def why_not(self) -> str:
        """Ask for labels."""
        return "" if self.labels.value is not None else "There are no particle labels yet: run the step Binarize."

    def suggestion(self) -> str:
        """Name the file after the particle."""
        return "particle" if self.particle.value is None else f"particle_{self.particle.value}"

    def begin(self, path: Path) -> Task:
        """Write one surface, or each."""
        labels, particle, colors = self.labels.value, self.particle.value, self.colors.value
        smooth, unit = self.smooth.value, self.unit.value

        def steps(abort: threading.Event) -> Generator[Progress, None, Path]:
            yield from mesh_steps(labels, particle, colors, path, smooth, unit, abort)
            return path

        return Task(steps)

    def _offer(self) -> None:
        """Offer the particles and the maps that fit the labels."""
        labels = self.labels.value
        numbers = self._numbers(labels)
        before = self.particle.value
        self.particle.choices = [(_EACH, None), *((str(n), n) for n in numbers)]
        if before in numbers:
            self.particle.value = before
        maps = [] if labels is None else [x for x in reversed(list(self.viewer.layers)) if colors_surfaces(x, labels)]
        maps.sort(key=lambda layer: layer.metadata.get(ROLE) != _FIRST)
        only_nothing = len(self.colors.choices) < 2
        choose_from(self.colors, maps, (("nothing", None),))
        if only_nothing and maps:
            self.colors.value = maps[0]

    def _numbers(self, labels: Any) -> list[int]:
        """Give the numbers of particles that may be there, the array looked through once."""
        if labels is None:
            return []
        if self._counted[0] is not labels.data:
            most = min(int(np.max(labels.data, initial=0)), _MOST)
            self._counted = (labels.data, list(range(1, most + 1)))
        return self._counted[1]
