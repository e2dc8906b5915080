"""Energies, lengths, times, angles and currents out of HDF5, in our units whatever the file's."""

from __future__ import annotations

import contextlib
import datetime
import re
from collections.abc import Sequence

import h5py
import numpy as np

from ...data import FloatArray, Kind
from ...errors import ReadError
from ..reconcile import ENERGY_TOLERANCE
from .file import find, number, numbers, words

_NANOMETRES = {"nm": 1.0, "um": 1e3, "µm": 1e3, "μm": 1e3, "micron": 1e3, "mm": 1e6, "cm": 1e7, "m": 1e9}
_NANOMETRES |= {
    "nanometer": 1.0,
    "nanometre": 1.0,
    "micrometer": 1e3,
    "micrometre": 1e3,
    "millimeter": 1e6,
    "millimetre": 1e6,
}
_NANOMETRES |= {"meter": 1e9, "metre": 1e9, "a": 0.1, "angstrom": 0.1}
_ELECTRONVOLTS = {"ev": 1.0, "kev": 1e3, "mev": 1e6, "j": 1 / 1.602176634e-19}
_MILLIAMPERES = {"ma": 1.0, "a": 1e3, "ampere": 1e3, "amp": 1e3, "milliampere": 1.0, "ua": 1e-3}
_SECONDS = {"s": 1.0, "sec": 1.0, "second": 1.0, "ms": 1e-3, "us": 1e-6, "min": 60.0}


def energy(group: h5py.Group, *names: str) -> float:
    """Energy in eV of what was taken at one; without a unit, numbers below 200 are keV.

    Raises
    ------
    ReadError
        If there are several, more than 0.5 eV apart.
    """
    for name in names:
        value = number(group, name)
        if not np.isfinite(value):
            continue
        values = numbers(group, name)
        factor = electronvolts(group, name)
        if values is not None and len(values) > 1 and np.ptp(values[np.isfinite(values)]) * factor > ENERGY_TOLERANCE:
            raise ReadError(
                f"{group.file.filename}: {name} lists {len(values)} energies, and a file of this kind holds one tomogram of one."
            )
        return round(value * factor, 6)
    return np.nan


def electronvolts(group: h5py.Group, name: str) -> float:
    """Electronvolts in the unit of a dataset of energies; without a unit, numbers below 200 are keV."""
    return _factor(group[name], _ELECTRONVOLTS) or (1e3 if abs(number(group, name)) < 200 else 1.0)


def length(group: h5py.Group, *names: str, bare: float | None = None) -> float:
    """Length in nm. A text such as ``'20.6nm'`` has its unit in it.

    Parameters
    ----------
    bare : float
        nm in the unit of a number that has none; by default numbers below 1e-4 are metres and others µm.
    """
    for name in names:
        dataset = find(group, name)
        if dataset is None:
            continue
        if dataset.dtype.kind in "uif":
            value = number(group, name)
            factor = _factor(dataset, _NANOMETRES) or bare or (1e9 if value < 1e-4 else 1e3)
        else:
            found = re.match(r"\s*([-+.\deE]+)\s*([a-zA-Zµμ]*)", words(group, name))
            try:
                value = float(found.group(1)) if found else np.nan
            except ValueError:
                value = np.nan
            unit = found.group(2).lower() if found else ""
            factor = _NANOMETRES.get(unit, np.nan) if unit else bare or np.nan
        if np.isfinite(value * factor) and value > 0:
            return float(value * factor)
    return np.nan


def duration(group: h5py.Group, *names: str) -> float:
    """Duration in s; NaN where there is none, or none that can be."""
    value = seconds(group, *names)
    return value if value > 0 else np.nan


def currents(group: h5py.Group, name: str, frames: int) -> FloatArray | None:
    """Ring current (frames,) in mA, of one number or one a frame; NaN where it cannot be, None where there is none.

    Without a unit, numbers below 5 are amperes.
    """
    values = numbers(group, name)
    if values is None or len(values) not in (1, frames):
        return None
    found = np.where(np.isfinite(values) & (values > 0), values, np.nan)
    if np.all(np.isnan(found)):
        return None
    factor = _factor(group[name], _MILLIAMPERES) or (1e3 if np.nanmax(found) < 5 else 1.0)
    return np.broadcast_to(found * factor, (frames,)).copy()


def seconds(group: h5py.Group, *names: str) -> float:
    """Duration or clock time in s: a number, or an ISO 8601 date."""
    for name in names:
        value = number(group, name)
        if np.isfinite(value):
            return value * (_factor(group[name], _SECONDS) or 1.0)
        with contextlib.suppress(ValueError):
            return datetime.datetime.fromisoformat(words(group, name).strip()).timestamp()
    return np.nan


def angles(group: h5py.Group, names: Sequence[str], views: int) -> FloatArray | None:
    """Angles in degrees; None where there are none, or where several are all 0.0, which means unknown."""
    values = numbers(group, *names)
    if values is None or (views > 1 and np.all(values == 0)):
        return None
    dataset = find(group, *names)
    unit = str(_unit(dataset)).lower() if dataset is not None else ""
    return np.degrees(values) if unit.startswith("rad") else values


def kind_of(group: h5py.Group, *names: str) -> Kind:
    """Tell what projections hold by the dataset's unit: 'transmission', 'optical_density', else 'counts'."""
    dataset = find(group, *names)
    unit = "" if dataset is None else _unit(dataset)
    return "transmission" if unit == "transmission" else "optical_density" if unit == "optical_density" else "counts"


def _unit(dataset: h5py.Dataset) -> str:
    unit = dataset.attrs.get("units", dataset.attrs.get("unit", ""))
    unit = unit[0] if isinstance(unit, np.ndarray) and unit.size else unit
    return unit.decode() if isinstance(unit, bytes) else str(unit)


def _factor(dataset: h5py.Dataset, table: dict[str, float]) -> float | None:
    unit = _unit(dataset).strip().lower()
    return table.get(unit) or table.get(unit.rstrip("s"))
