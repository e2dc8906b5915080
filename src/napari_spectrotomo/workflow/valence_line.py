"""A calibration line from edge energy to valence, as ``run.json`` keeps it."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np

from ..spectra import ValenceLine

_ARRAYS = ("covariance", "energies_eV", "valences")
_TUPLES = ("range_eV", "range_valence", "names", "warnings")


def line_as_plain(line: ValenceLine) -> dict[str, Any]:
    """Give a line as plain values; what is not known is None."""
    return {field.name: _plain(getattr(line, field.name)) for field in fields(line)}


def line_from_plain(content: dict[str, Any]) -> ValenceLine:
    """Give the line that plain values stand for."""
    found: dict[str, Any] = {field.name: content[field.name] for field in fields(ValenceLine)}
    for name in _ARRAYS:
        found[name] = np.array(found[name], np.float64)  # None becomes NaN
    for name in _TUPLES:
        found[name] = tuple(found[name])
    known: dict[str, Any] = {name: float("nan") if value is None else value for name, value in found.items()}
    return ValenceLine(**known)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | tuple | list):
        return [_plain(v) for v in value]
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value
