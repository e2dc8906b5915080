"""A stack, a mask, labels or a map as TIFF."""

from __future__ import annotations

import threading
from collections.abc import Generator
from pathlib import Path
from typing import ClassVar

from magicgui.widgets import ComboBox

from ...io import tiff_steps
from ...progress import Progress
from ..energy_text import ENERGIES, energy_index
from .tab import Tab, Task, choose_from, file_name
from .what import has_numbers, held_by


class StackTab(Tab):
    """Numbers as TIFF, for Fiji, Avizo and Dragonfly."""

    TITLE: ClassVar[str] = "Numbers"
    ACTION: ClassVar[str] = "Save as TIFF…"
    KINDS: ClassVar[dict[str, str]] = {".tif": "TIFF for Fiji, Avizo, Dragonfly"}

    def build(self) -> None:
        """Put in the choice of a layer, its energies and the unit."""
        self.layer = ComboBox(
            label="layer", choices=[("nothing yet", None)], tooltip="A stack, a mask, labels or a map of the viewer."
        )
        self.energies = ComboBox(
            label="energies",
            choices=["all", "the one shown"],
            tooltip="All energies in one file, named in its slices, or the one the slider is at.",
        )
        self.unit = ComboBox(
            label="lengths in", choices=["nm", "µm"], tooltip="Unit of the voxel size in the file; the voxels stay."
        )
        self.add_rows(self.layer, self.energies, self.unit)
        self.layer.changed.connect(lambda *_: self._tell())
        self.energies.changed.connect(lambda *_: self._tell())

    def refresh(self) -> None:
        """Offer the layers of numbers, the one selected in the viewer at first."""
        choose_from(self.layer, [x for x in reversed(list(self.viewer.layers)) if has_numbers(x)])
        self._tell()

    def choose_active(self) -> None:
        """Choose the layer that is selected in the viewer."""
        layer = self.viewer.layers.selection.active
        if layer is not None and has_numbers(layer):
            choose_from(self.layer, [x for x in reversed(list(self.viewer.layers)) if has_numbers(x)])
            self.layer.value = layer

    def why_not(self) -> str:
        """Ask for a layer of numbers."""
        return "" if self.layer.value is not None else "There is no layer of numbers to save yet."

    def suggestion(self) -> str:
        """Name the file after the layer, and the energy where it is one."""
        layer, index = self.layer.value, self._index()
        energy = "" if index is None else f"_{layer.metadata[ENERGIES][index]:.1f}_eV".replace(".", "p")
        return file_name(layer.name) + energy

    def begin(self, path: Path) -> Task:
        """Write the layer, an energy at a time."""
        held, unit, index = held_by(self.layer.value), self.unit.value, self._index()
        if index is not None:
            held = held.at(index)

        def steps(abort: threading.Event) -> Generator[Progress, None, Path]:
            yield from tiff_steps(
                held.data,
                path,
                energies=held.energies,
                voxel_size=held.voxel_size,
                unit=unit,
                display=held.display,
                abort=abort,
            )
            return path

        return Task(steps)

    def _index(self) -> int | None:
        """Give the energy that is written alone; None for all."""
        layer = self.layer.value
        return None if layer is None or self.energies.value == "all" else energy_index(self.viewer, layer)

    def _tell(self) -> None:
        layer = self.layer.value
        energies = layer is not None and layer.ndim == 4 and ENERGIES in layer.metadata
        self.energies.enabled = energies
        if layer is None:
            self.about.setText(self.why_not())
            return
        held, index = held_by(layer), self._index()
        held = held if index is None else held.at(index)
        kind = "masks as 0 and 255" if held.data.dtype == bool else "labels as whole numbers"
        kind = "float32, NaN where nothing is known" if held.data.dtype.kind == "f" else kind
        self.about.setText(f"{held.words()}; {kind}.")
