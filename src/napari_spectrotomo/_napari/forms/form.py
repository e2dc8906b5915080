"""The form of a stage, made from its parameter dataclass: the usual parameters first, the rare ones folded away."""

from __future__ import annotations

import dataclasses
from typing import Any

from magicgui.widgets import CheckBox
from magicgui.widgets.bases import ValueWidget
from qtpy.QtCore import QEvent, QObject, Qt, Signal
from qtpy.QtWidgets import QAbstractSpinBox, QComboBox, QFormLayout, QLabel, QVBoxLayout, QWidget

from .fields import field_widget, is_editable, types_of
from .fold import Fold


class _WheelGuard(QObject):
    """Lets the wheel scroll the panel instead of changing a value in passing."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Swallow the wheel over a field that has no focus."""
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return False


class ParameterForm(QWidget):
    """A form for one parameter dataclass.

    Parameters
    ----------
    cls : type
        A parameter dataclass, declared with `parameters.parameter`.
    usual : tuple of str
        The parameters that are always seen; all others are folded under "More". By default all are seen.
    skip : tuple of str
        Parameters that the panel asks for in its own way.

    Attributes
    ----------
    edited : Signal(str)
        A parameter was changed by the user; its name.
    """

    edited = Signal(str)

    def __init__(
        self, cls: type, usual: tuple[str, ...] | None = None, skip: tuple[str, ...] = (), more: str = "More"
    ) -> None:
        super().__init__()
        self._guard = _WheelGuard(self)
        self.widgets: dict[str, ValueWidget] = {}
        hints = types_of(cls)
        for field in dataclasses.fields(cls):
            if field.name in skip or field.metadata.get("hidden") or not is_editable(hints[field.name]):
                continue
            self.widgets[field.name] = _field(cls, field, hints[field.name])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        names = tuple(self.widgets) if usual is None else tuple(n for n in usual if n in self.widgets)
        rare = [n for n in self.widgets if n not in names]
        layout.addWidget(self._rows(names))
        if rare:
            self.more = Fold(more, self._rows(rare))
            layout.addWidget(self.more)
        for name, widget in self.widgets.items():
            widget.changed.connect(lambda *_, name=name: self._on_changed(name))
        self._quiet = False

    def __getitem__(self, name: str) -> ValueWidget:
        """Give the magicgui widget of a parameter."""
        return self.widgets[name]

    def values(self) -> dict[str, Any]:
        """Give the values as they stand in the form."""
        return {name: widget.value for name, widget in self.widgets.items()}

    def show_parameters(self, parameters: Any) -> None:
        """Write the values of a parameter record into the form, without `edited`."""
        self._quiet = True
        try:
            for name, widget in self.widgets.items():
                value = getattr(parameters, name)
                if widget.value != value:
                    widget.value = value
        finally:
            self._quiet = False

    def _on_changed(self, name: str) -> None:
        if not self._quiet:
            self.edited.emit(name)

    def _rows(self, names: Any) -> QWidget:
        """Lay out magicgui's widgets with their labels in one column."""
        return labelled([self.widgets[n] for n in names], self._guard)


def labelled(widgets: list[ValueWidget], guard: QObject | None = None) -> QWidget:
    """Give magicgui widgets as rows, labels and fields aligned."""
    rows = QWidget()
    layout = QFormLayout(rows)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setVerticalSpacing(4)
    layout.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    layout.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
    for widget in widgets:
        native = widget.native
        native.setMinimumWidth(60)
        if guard is not None and isinstance(native, QAbstractSpinBox | QComboBox):
            native.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            native.installEventFilter(guard)
        if isinstance(native, QComboBox):
            native.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            native.setMinimumContentsLength(6)
        if isinstance(widget, CheckBox):
            layout.addRow(native)
        else:
            label = QLabel(widget.label)
            label.setToolTip(widget.tooltip or "")
            layout.addRow(label, native)
    rows.magic = widgets  # the magicgui widgets live as long as their row
    return rows


def _field(cls: type, field: Any, annotation: Any) -> ValueWidget:
    default = getattr(cls(), field.name)
    label = field.metadata.get("label") or field.name.replace("_", " ")
    if unit := field.metadata.get("unit"):
        label = f"{label} ({unit})"
    return field_widget(field.name, annotation, default, label=label, tooltip=field.metadata.get("doc", ""))
