"""One view at two energies over each other: which, before or after registration, and how far their outlines are apart."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

from magicgui.widgets import CheckBox, ComboBox, FloatSpinBox
from qtpy.QtCore import QTimer, Signal
from qtpy.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ...workflow import ComparedViews, ViewComparison
from ..alive import while_alive
from ..forms import labelled
from ..latest import Latest
from ..layers import ROLE, layer_of
from ..layers.frames import CorrectedFrames
from ..layers.tuples import LayerTuple
from .pair_layers import ROLES, in_words, pair_layers, put_view

_Found = tuple[ViewComparison, ComparedViews, list[LayerTuple]]


class PairSection(QWidget):
    """Fields that choose a pair of views, and the work of comparing them.

    Parameters
    ----------
    viewer : napari viewer

    Attributes
    ----------
    edited : Signal()
        Something else is to be compared: `compare` is to be called.
    energy_wanted : Signal(int)
        The index of the energy that was chosen as the second.
    found : Signal(str)
        What a comparison found, in words.
    failed : Signal(Exception)
    """

    edited = Signal()
    energy_wanted = Signal(int)
    found = Signal(str)
    failed = Signal(object)

    def __init__(self, viewer: Any) -> None:
        super().__init__()
        self.viewer = viewer
        self._comparison: ViewComparison | None = None
        self._binning = 1
        self._before: dict[tuple[Any, ...], float] = {}
        self._off = threading.Event()
        self._coming: list[LayerTuple] = []
        self._next = QTimer(self, singleShot=True, interval=0)
        self._next.timeout.connect(self._put_next)
        self.comparing = Latest()
        self.comparing.done.connect(while_alive(self, self._on_done))
        self.comparing.failed.connect(while_alive(self, self.failed.emit))
        self.first = ComboBox(label="first (magenta)", choices=[], tooltip="The energy (eV) under the other.")
        self.second = ComboBox(
            label="second (green)", choices=[], tooltip="The energy (eV) over it; the energy slider moves it too."
        )
        self.sigma = FloatSpinBox(
            label="smoothing (pixel)", min=0.5, max=20, step=0.5, value=2.0, tooltip="Before outlines are looked for."
        )
        self.after = CheckBox(
            text="After registration",
            tooltip="Both registered volumes seen at this angle; before they are registered, the second view shifted onto the "
            "first.",
        )
        self.outlines = CheckBox(
            text="Outlines", value=True, tooltip="Canny's: first orange, second blue, white where they fall together."
        )
        checks = QHBoxLayout()
        checks.addWidget(self.after.native)
        checks.addWidget(self.outlines.native)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(labelled([self.first, self.second, self.sigma]))
        layout.addLayout(checks)
        self.second.changed.connect(self._on_second)
        self.outlines.changed.connect(lambda *_: self.arrange(True))
        for widget in (self.first, self.sigma, self.after):
            widget.changed.connect(lambda *_: self.edited.emit())

    def offer(self, project: Any, frames: CorrectedFrames) -> None:
        """Compare views of a project from now on, with corrected projections from `frames`."""
        self.stop()
        self._comparison = ViewComparison(project, frames.tomogram)
        self._binning = project.recipe.correct.binning
        self._before.clear()
        energies = [(f"{e:.1f} eV", i) for i, e in enumerate(project.energies)]
        with self.first.changed.blocked(), self.second.changed.blocked():
            for box, chosen in ((self.first, project.fixed_index), (self.second, 0)):
                box.choices = energies
                box.value = chosen

    def take_second(self, index: int) -> None:
        """Take the energy of the slider as the second."""
        if self.second.choices and self.second.value != index:
            with self.second.changed.blocked():
                self.second.value = index

    def compare(self, angle: float) -> None:
        """Compare the chosen energies at an angle in degrees, in a thread."""
        if self._comparison is None:
            return
        self.stop()
        self._off = threading.Event()
        self.comparing.ask(
            partial(
                _compared,
                self._comparison,
                (self.first.value, self.second.value, angle),
                {"after": self.after.value, "sigma": self.sigma.value, "abort": self._off},
                self._binning,
            )
        )

    @property
    def busy(self) -> bool:
        """Whether something is being compared, or layers still come."""
        return self.comparing.busy or bool(self._coming)

    def stop(self) -> None:
        """Give up what is being compared."""
        self._off.set()

    def arrange(self, seen: bool) -> None:
        """Show the layers of the comparison, or hide them."""
        for role in ROLES:
            layer = layer_of(self.viewer, role)
            if layer is not None:
                layer.visible = seen and (role != "view outlines" or self.outlines.value)

    def _on_done(self, result: _Found) -> None:
        comparison, found, made = result
        if comparison is not self._comparison or self.isHidden() or layer_of(self.viewer, "projections") is None:
            return
        self._coming = list(made)
        self._next.start()
        pair = (found.energies, round(found.angles[0], 2), self.sigma.value)
        if found.how in ("measured", "projected"):
            self._before[pair] = found.pair.apart
        self.found.emit(in_words(found, self._before.get(pair)))

    def _put_next(self) -> None:
        """Put one layer in its place, in one turn of the event loop, lest the window stands still for all of them."""
        if not self._coming or self.isHidden() or layer_of(self.viewer, "projections") is None:
            self._coming = []
            return
        made = self._coming.pop(0)
        outlines = made[1]["metadata"][ROLE] == "view outlines"
        put_view(self.viewer, made, self.outlines.value or not outlines)
        if self._coming:
            self._next.start()

    def _on_second(self, index: int | None) -> None:
        if index is not None:
            self.energy_wanted.emit(index)


def _compared(comparison: ViewComparison, what: tuple[int, int, float], how: dict[str, Any], binning: int) -> _Found:
    found = comparison.compare(*what, **how)
    return comparison, found, pair_layers(found, binning)
