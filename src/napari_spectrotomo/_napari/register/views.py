"""The section of the Register panel that lays the volumes over each other, before and after."""

from __future__ import annotations

from functools import partial
from typing import Any, get_args

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QGridLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from ..energy_text import energy_index
from ..latest import Latest
from ..layers import compare, go_to_energy, layer_of, show_stage
from ..layers.compare import FLAT, View
from ..layers.pictures import Outlines, Which, find_outlines, put_checkerboard, put_outlines, thickness
from ..layers.stages import show_fixed
from ..state import state_of

KEY = "Shift-B"
_TIPS: dict[View, str] = {
    "overlay": "The fixed volume in magenta, that of the energy shown in green; whitest where both agree.",
    "side by side": "Raw and registered beside each other, with one contrast.",
    "outlines": "Outlines of the fixed mask in magenta and of the energy's in green, white where they fall together.",
    "checkerboard": "The fixed volume and that of the energy shown in alternate fields: edges run on where both agree.",
    "squared difference": "Squared differences of the masks (0 to 1) to the fixed one, raw and registered, with one contrast.",
}
_BOTH: tuple[View, ...] = ("side by side", "squared difference")
"""Pictures that show before and after at once."""

_FIELDS_ACROSS = 8


class ViewSection(QGroupBox):
    """Buttons for the pictures, and before or after in each of them.

    Parameters
    ----------
    viewer : napari viewer

    Attributes
    ----------
    view : View or None
        The picture that was chosen last.
    latest : Latest
        Finds outlines.
    """

    def __init__(self, viewer: Any) -> None:
        super().__init__("Look at it")
        self._viewer, self._state = viewer, state_of(viewer)
        self.view: View | None = None
        self.latest = Latest()
        self._asked: Any = None
        self._zoomed = QTimer(self, singleShot=True, interval=100)
        self._zoomed.timeout.connect(self._rethicken)
        column = QVBoxLayout(self)
        grid = QGridLayout()
        self.buttons: dict[View, QPushButton] = {}
        group = QButtonGroup(self)
        for i, view in enumerate(get_args(View)):
            button = QPushButton(view.capitalize())
            button.setCheckable(True)
            button.setToolTip(_TIPS[view])
            button.clicked.connect(lambda _=False, view=view: self.look(view))
            group.addButton(button)
            grid.addWidget(button, i // 2, i % 2)
            self.buttons[view] = button
        self.solid = QPushButton("In 3-D")
        self.solid.setCheckable(True)
        self.solid.setToolTip(
            "The picture rendered in three dimensions (brightest along the line of sight), or in slices."
        )
        self.solid.clicked.connect(self._on_solid)
        grid.addWidget(self.solid, 2, 1)
        column.addLayout(grid)
        self.before = QCheckBox(f"Before registration ({KEY})")
        self.before.setToolTip("The raw volume in place of the registered one: switch to and fro and see what moves.")
        self.before.clicked.connect(self._on_before)
        column.addWidget(self.before)
        self.fields = QWidget()
        row = QHBoxLayout(self.fields)
        row.setContentsMargins(0, 0, 0, 0)
        self.side = QSpinBox()
        self.side.setRange(2, 999)
        self.side.setSuffix(" voxels")
        self.side.setToolTip("Side of a field of the checkerboard, in voxels.")
        self.side.valueChanged.connect(lambda _: self.look("checkerboard"))
        row.addWidget(QLabel("Fields of"))
        row.addWidget(self.side, 1)
        self.fields.hide()
        column.addWidget(self.fields)
        self._sized_for: Any = None

    @property
    def done(self) -> bool:
        """Whether there are registered volumes to look at."""
        return self._state.stage("register") == "done"

    def refresh(self, *_: Any) -> None:
        """Offer what there is."""
        project = self._state.project
        if project is None:
            return
        self.before.setEnabled(self.done and self.view not in _BOTH)
        if not self.done:
            self.before.setChecked(True)
        for view in _BOTH:
            self.buttons[view].setEnabled(self.done)
        if project is not self._sized_for and (fixed := layer_of(self._viewer, "fixed")) is not None:
            self._sized_for = project
            self.side.blockSignals(True)
            self.side.setValue(max(2, max(fixed.data.shape) // _FIELDS_ACROSS))
            self.side.blockSignals(False)
        self.follow()

    def look(self, view: View, before: bool | None = None) -> None:
        """Show a picture; not at the fixed energy, which agrees with itself.

        Parameters
        ----------
        view : View
        before : bool, optional
            By default as the checkbox says.
        """
        project, viewer = self._state.project, self._viewer
        if view in _BOTH and not self.done:
            view = "overlay"
        if before is not None:
            self.before.setChecked(before or not self.done)
        self.view = view
        self._ensure(project)
        if energy_index(viewer, layer_of(viewer, "raw")) == project.fixed_index:
            go_to_energy(viewer, 0 if project.fixed_index else len(project.energies) - 1)
        self.refresh()
        if view in FLAT and viewer.dims.ndisplay != 2:
            viewer.dims.ndisplay = 2
        if view == "checkerboard":
            put_checkerboard(viewer, project, self._which(), self.side.value())
        compare(viewer, view, before=self.before.isChecked())
        self.buttons[view].setChecked(True)
        self.fields.setVisible(view == "checkerboard")
        self.solid.setEnabled(view not in FLAT)
        self._asked = None
        self.follow()

    def turn(self) -> None:
        """Change between before and after: the key's doing."""
        if self._state.project is None or not self.done:
            return
        view = self.view if self.view is not None and self.view not in _BOTH else "overlay"
        self.look(view, not self.before.isChecked() if self._seen() else False)

    def follow(self, *_: Any) -> None:
        """Ask for the outlines in the slice shown, where they are to be seen and others were."""
        self.solid.setChecked(self._viewer.dims.ndisplay == 3)
        place = self._place()
        if place is None:
            self._asked = None
        elif place != self._asked:
            self._asked = place
            self.latest.ask(partial(find_outlines, self._state.project, *place))

    def show_outlines(self, found: Outlines) -> None:
        """Put outlines in their place; of a slice that was left meanwhile they are not seen."""
        if self.view == "outlines" and self._state.project is not None:
            first = layer_of(self._viewer, "outlines") is None
            put_outlines(self._viewer, self._state.project, found)
            if first:
                compare(self._viewer, "outlines", before=self.before.isChecked())

    def on_zoom(self, *_: Any) -> None:
        """Keep outlines as wide on the screen as they were, once zooming has ended."""
        if layer_of(self._viewer, "outlines") is not None:
            self._zoomed.start()

    def _rethicken(self) -> None:
        layer: Any = layer_of(self._viewer, "outlines")
        if layer is not None:
            layer.edge_width = thickness(self._viewer, layer.scale)

    def _which(self) -> Which:
        return "raw" if self.before.isChecked() else "registered"

    def _seen(self) -> bool:
        """Whether one of the pictures is on the screen."""
        roles = ("fixed", "outlines", "checkerboard")
        return any((layer := layer_of(self._viewer, role)) is not None and layer.visible for role in roles)

    def _place(self) -> Any:
        """Give which outlines are wanted: raw or registered, energy, axis and slice; None where none are."""
        which = self._which()
        layer, dims = layer_of(self._viewer, which), self._viewer.dims
        if self.view != "outlines" or layer is None or not layer.visible or dims.ndisplay != 2:
            return None
        index = energy_index(self._viewer, layer)
        if index is None or layer.ndim != dims.ndim:
            return None
        axis = next(a for a in range(3) if a + 1 not in dims.displayed)
        at = round(float(layer.world_to_data(dims.point)[1 + axis]))
        return (which, index, axis, at) if 0 <= at < layer.data.shape[1 + axis] else None

    def _ensure(self, project: Any) -> None:
        """Make the layers that the pictures are made of, where somebody took them away or there are none yet."""
        viewer = self._viewer
        if layer_of(viewer, "raw") is None:
            show_stage(viewer, project, "reconstruct")
        if self.done and layer_of(viewer, "registered") is None:
            show_stage(viewer, project, "register")
        if layer_of(viewer, "fixed") is None:
            show_fixed(viewer, project)

    def _on_before(self) -> None:
        self.look(self.view or "overlay")

    def _on_solid(self, solid: bool) -> None:
        self._viewer.dims.ndisplay = 3 if solid else 2
