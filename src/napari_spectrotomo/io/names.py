"""What file names say: energy, angle, role and place in a series."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import numpy as np

Role = Literal["projections", "flats", "darks"]

_ENERGY = re.compile(r"(?<![\d.])(\d{1,6}(?:\.\d+)?)[_ -]?(k?ev)(?![a-z])", re.IGNORECASE)
_ANGLE_SSRL = re.compile(r"_([+-]\d{3}\.\d{2})(?![\d.]\d)")
_ANGLE_DEGREES = re.compile(r"(?<![\d.])([+-]?\d{1,3}(?:\.\d+)?)[_ ]?deg(?![a-z])", re.IGNORECASE)
_PLACE = re.compile(r"(?<!\d)(\d+)of(\d+)(?!\d)", re.IGNORECASE)
_FLAT_WORDS = {"ref", "refs", "reference", "flat", "flats", "flatfield", "white", "whites", "bkg", "openbeam"}
_DARK_WORDS = {"dark", "darks", "darkfield"}


def energy_in(name: str) -> float:
    """Energy in eV that a name such as ``…_08324.0_eV_001of003.xrm`` says, else NaN; two different ones say nothing."""
    found = {float(value) * (1000.0 if unit[0] in "kK" else 1.0) for value, unit in _ENERGY.findall(name)}
    return found.pop() if len(found) == 1 else np.nan


def angle_in(name: str) -> float:
    """Angle in degrees that a name such as ``tomo_x_-090.00deg_08324.0_eV.xrm`` says, else NaN."""
    found = _ANGLE_SSRL.search(name) or _ANGLE_DEGREES.search(name)
    return float(found.group(1)) if found else np.nan


def place_in(name: str) -> tuple[int, int] | None:
    """Place in a series of repeated frames: (1, 3) for ``001of003``."""
    found = _PLACE.search(name)
    return (int(found.group(1)), int(found.group(2))) if found else None


def role_in(name: str) -> Role:
    """Tell whether a file (or folder) of this name holds flats, darks or projections."""
    words = set(re.split(r"[^a-z]+", Path(name).stem.lower()))
    if words & _DARK_WORDS:
        return "darks"
    return "flats" if words & _FLAT_WORDS else "projections"


def natural(path: Path | str) -> tuple[tuple[int, int, str], ...]:
    """Sort key under which ``scan_9`` comes before ``scan_10``."""
    return tuple((1, int(t), "") if t.isdecimal() else (0, 0, t) for t in re.split(r"(\d+)", str(path).lower()) if t)
