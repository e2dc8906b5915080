"""One magicgui widget for one parameter, chosen by the type in its dataclass."""

from __future__ import annotations

import math
import re
import types
import typing
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from magicgui.widgets import CheckBox, ComboBox, FloatSpinBox, LineEdit, SpinBox
from magicgui.widgets.bases import ValueWidget

from .values import as_text, from_text

_FAR = 10**9


class ValueLine(LineEdit):
    """A line of text that stands for a value of several possible types: ``auto``, ``58.9`` or ``58.9, 59.1``."""

    as_tuple = False
    empty: Any = None
    words = False

    def get_value(self) -> Any:
        """Give the value that the text stands for."""
        text = super().get_value()
        if self.words:
            return text.strip() or self.empty
        return from_text(text, as_tuple=self.as_tuple, empty=self.empty)

    def set_value(self, value: Any) -> None:
        """Write a value as text."""
        super().set_value(as_text(value))


def possible(annotation: Any) -> tuple[list[Any], dict[str, float]]:
    """Give the types a parameter may take, and its bounds (``ge``, ``gt``, ``le``, ``lt``)."""
    if get_origin(annotation) is Annotated:
        inner, *notes = get_args(annotation)
        kinds, bounds = possible(inner)
        for note in notes:
            bounds |= {
                key: getattr(note, key) for key in ("ge", "gt", "le", "lt") if getattr(note, key, None) is not None
            }
        return kinds, bounds
    if get_origin(annotation) in (Union, types.UnionType):
        parts = [possible(a) for a in get_args(annotation)]
        return [k for kinds, _ in parts for k in kinds], {k: v for _, bounds in parts for k, v in bounds.items()}
    return [annotation], {}


def is_editable(annotation: Any) -> bool:
    """Say whether a parameter can be edited in a form: plain values and tuples of them, not records."""
    kinds, _ = possible(annotation)
    for kind in kinds:
        items = [i for i in get_args(kind) if i is not Ellipsis] if get_origin(kind) is tuple else [kind]
        for item in items:
            plain = get_origin(item) is Literal or item in (bool, int, float, str, type(None), tuple)
            if not plain and not (get_origin(item) in (tuple, Annotated, Union, types.UnionType) and is_editable(item)):
                return False
    return True


def field_widget(name: str, annotation: Any, default: Any, *, label: str, tooltip: str) -> ValueWidget:
    """Make the widget of one parameter.

    Parameters
    ----------
    name, label, tooltip : str
    annotation : type
        As in the dataclass, with its bounds.
    default : object
        Its value to begin with.
    """
    kinds, bounds = possible(annotation)
    given: dict[str, Any] = {"name": name, "label": label, "tooltip": tooltip}
    choices = [c for k in kinds if get_origin(k) is Literal for c in get_args(k)]
    others = [k for k in kinds if get_origin(k) is not Literal and k is not type(None)]
    if choices and not others:
        entries = [(str(c), c) for c in choices] + ([(_when_empty(tooltip), None)] if type(None) in kinds else [])
        return ComboBox(choices=entries, value=default, **given)
    if kinds == [bool]:
        return CheckBox(value=default, **given)
    if kinds == [int]:
        low, high = _range(bounds, 1)
        return SpinBox(value=default, min=int(low), max=int(high), **given)
    if kinds == [float]:
        step = _step(default)
        low, high = _range(bounds, 0.0)
        return FloatSpinBox(value=default, min=low, max=high, step=step, **given)
    return _line(kinds, choices, default, given)


def _line(kinds: list[Any], choices: list[Any], default: Any, given: dict[str, Any]) -> ValueLine:
    line = ValueLine(**given)
    line.words = set(kinds) <= {str, type(None)}
    line.as_tuple = (
        any(get_origin(k) is tuple or k is tuple for k in kinds)
        and not ({int, float, str} & set(kinds))
        and not choices
    )
    line.empty = None if type(None) in kinds else () if line.as_tuple else "" if line.words else None
    line.native.setPlaceholderText(
        _when_empty(given["tooltip"]) if type(None) in kinds else ", ".join(map(str, choices))
    )
    line.value = default
    return line


def _when_empty(doc: str) -> str:
    """Give the words of a parameter's sentence that say what none means: they stand in its empty line."""
    found = re.search(r"\b(?:none|empty):?\s+([^.;]+)", doc, re.IGNORECASE)
    return found[1] if found else "none"


def _range(bounds: dict[str, float], beyond: float) -> tuple[float, float]:
    low = bounds.get("ge", bounds["gt"] + beyond if "gt" in bounds else -_FAR)
    high = bounds.get("le", bounds["lt"] - beyond if "lt" in bounds else _FAR)
    return low, high


def _step(default: float) -> float:
    """Give a tenth of the default's leading digit, so that every digit of the default is seen."""
    if not default:
        return 0.1
    digits = max(
        -math.floor(math.log10(abs(default))),
        len(as_text(default).partition(".")[2]) if "e" not in as_text(default) else 0,
    )
    return float(10.0 ** -max(digits, 0)) if abs(default) < 10 else 1.0


def types_of(cls: type) -> dict[str, Any]:
    """Give the annotations of a parameter class, with their bounds."""
    return typing.get_type_hints(cls, include_extras=True)
