"""A plot against photon energy. pyqtgraph is imported when one is first shown."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QSize, Signal

from .lazy_plot import LazyPlot
from .readable import background_of

COLORS = ("#ffd33d", "#5ca8ff", "#ff7b72", "#7ee787", "#d2a8ff", "#ffa657", "#79c0ff", "#f778ba")
"""Of curves, and of what is labelled by number. A plot changes them as far as it takes to see them on its background."""

_HELP = (
    "Click, drag the dotted line, or press ← and → to go to an energy. Drag to move what is shown, Ctrl + wheel zooms, "
    "a double click shows all."
)


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One curve: energies (E,) in eV, values (E,), its name, its colour as napari's RGBA in 0..1 or a name, and its style.

    A `band` (E,) is shaded about it, as far to either side. A curve without a name is not in the legend. A `faint` one steps
    back behind the others.
    """

    energies: npt.NDArray[Any]
    values: npt.NDArray[Any]
    name: str
    color: Any = "w"
    dashed: bool = False
    symbols: bool = False
    line: bool = True
    band: npt.NDArray[Any] | None = None
    width: float = 1.5
    faint: bool = False


class EnergyPlot(LazyPlot):
    """Curves against energy with a line at the energy shown, in colours that can be told from the theme's background.

    Attributes
    ----------
    energy_chosen : Signal(float)
        The energy in eV where the plot was clicked, to which the line was dragged, or a curve's next one by the arrow keys.
    """

    energy_chosen = Signal(float)

    def __init__(
        self, label: str, *, legend: Literal["top", "bottom", "none"] = "top", below: str = "energy (eV)"
    ) -> None:
        super().__init__(below, _HELP)
        self._label, self._legend_at = label, legend
        self.curves: tuple[Curve, ...] = ()
        self.energy: float | None = None
        self._least: float | None = None
        self.setMinimumHeight(160)

    def sizeHint(self) -> QSize:
        """Ask for little: a plot takes the room there is."""
        return QSize(300, 175)

    def draw(self, curves: list[Curve]) -> None:
        """Show these curves in place of those before."""
        self.curves = tuple(curves)
        if self.widget is not None:
            self.widget.draw(self.curves)

    def relabel(self, label: str, least: float | None = None) -> None:
        """Say what the values are, and the least range of them that is shown, lest small differences look large."""
        if (label, least) == (self._label, self._least):
            return
        self._label, self._least = label, least
        if self.widget is not None:
            self.widget.relabel(label, least)

    def say_below(self, text: str) -> None:
        """Say what the axis of energies is."""
        self.below.setText(text)

    def mark(self, energy: float | None) -> None:
        """Put the line at an energy, or hide it."""
        self.energy = energy
        if self.widget is not None:
            self.widget.mark(energy)

    def step(self, by: int) -> bool:
        """Go to the next energy of the curves."""
        if self.energy is None or not self.curves:
            return False
        known = np.unique(np.concatenate([curve.energies for curve in self.curves]))
        at = int(np.argmin(np.abs(known - self.energy))) + by
        if 0 <= at < len(known):
            self.energy_chosen.emit(float(known[at]))
        return True

    def make(self) -> Any:
        """Make the canvas."""
        from .plot_canvas import PlotCanvas

        made = PlotCanvas(self._legend_at)
        made.chosen.connect(self.energy_chosen)
        made.relabel(self._label, self._least)
        return made

    def restyle(self) -> None:
        """Take the theme's colours, and draw."""
        self.widget.restyle(background_of(self))
        self.below.setStyleSheet(f"color: {self.widget.faint.name()}; font-size: 9pt;")
        self.widget.draw(self.curves)
        self.widget.mark(self.energy)


def legend_of(curves: list[Curve]) -> str:
    """Name curves in their colours, each name once; HTML, for a `ReadableLabel`."""
    names = dict.fromkeys((curve.color, curve.name) for curve in curves)
    return " &nbsp; ".join(
        f'<span style="color: {color};">●</span>&nbsp;{escape(name).replace(" ", "&nbsp;")}' for color, name in names
    )
