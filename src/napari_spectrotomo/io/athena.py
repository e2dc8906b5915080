"""Athena projects (``.prj``): gzipped Perl assignments, one group a spectrum."""

from __future__ import annotations

import gzip
import re
import zlib
from pathlib import Path

import numpy as np

from ..data import FloatArray
from ..errors import ReadError

_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'")


def is_athena(path: Path) -> bool:
    """Tell an Athena project by its suffix or its first line."""
    try:
        return path.suffix.lower() == ".prj" or _text(path, 200).startswith("# Athena project file")
    except ReadError:
        return False


def read_athena(path: Path) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Read the spectra of an Athena project: label to (energy, mu), each group's energy shift applied.

    Raises
    ------
    ReadError
        If it is no project, or a group's energies and attenuations differ in number.
    """
    found: dict[str, tuple[FloatArray, FloatArray]] = {}
    for block in re.split(r"(?m)^\[record\]", _text(path))[:-1]:
        values = {
            name: _QUOTED.findall(content) for name, content in re.findall(r"(?ms)^@(\w+)\s*=\s*\((.*?)\);\s*$", block)
        }
        if not {"x", "y"} <= values.keys():
            continue
        arguments = dict(zip(values.get("args", [])[::2], values.get("args", [])[1::2], strict=False))
        label = arguments.get("label") or f"group {len(found) + 1}"
        try:
            energy, mu = (np.array(values[k], np.float64) for k in ("x", "y"))
            shift = float(arguments.get("bkg_eshift") or 0)
        except ValueError as error:
            raise ReadError(f"{path}: the group {label} holds a value that is not a number.") from error
        if len(energy) != len(mu) or len(energy) < 3:
            raise ReadError(
                f"{path}: the group {label} has {len(energy)} energies and {len(mu)} values of attenuation."
            )
        if label in found:
            label = f"{label} ({len(found) + 1})"
        found[label] = (energy + shift, mu)
    if not found:
        raise ReadError(f"{path} is no Athena project, or holds no spectra.")
    return found


def _text(path: Path, size: int = -1) -> str:
    try:
        with path.open("rb") as file:
            zipped = file.read(2) == b"\x1f\x8b"
        with gzip.open(path) if zipped else path.open("rb") as file:
            return file.read(size).decode("utf-8", "replace")
    except (OSError, EOFError, zlib.error) as error:
        raise ReadError(f"{path} cannot be read: {error}.") from error
