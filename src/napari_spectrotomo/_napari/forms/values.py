"""Values of parameters as text, for the fields of a form that take more than one type."""

from __future__ import annotations

import ast
from typing import Any


def as_text(value: Any) -> str:
    """Write a value for a line of a form: nothing for None, items with commas, numbers without trailing zeros."""
    if value is None:
        return ""
    if isinstance(value, tuple | list):
        return ", ".join(str(tuple(v)) if isinstance(v, tuple | list) else as_text(v) for v in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def from_text(text: str, *, as_tuple: bool = False, empty: Any = None) -> Any:
    """Read a value from a line of a form.

    Parameters
    ----------
    text : str
        A number, a word, or several with commas.
    as_tuple : bool
        Whether one item alone is a tuple too.
    empty : object
        What an empty line means.
    """
    text = text.strip()
    if not text:
        return empty
    value = _literal(text)
    if isinstance(value, str) and "," in text:
        value = tuple(_literal(part.strip()) for part in text.split(",") if part.strip())
    if isinstance(value, list):
        value = tuple(value)
    return (value,) if as_tuple and not isinstance(value, tuple) else value


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
