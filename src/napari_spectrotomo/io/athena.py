"""Athena projects (``.prj``): gzipped Perl assignments, one group a spectrum, or the same as JSON."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..data import FloatArray
from ..errors import ReadError
from .spectrum_text import by_energy

_VALUE = re.compile(r"'((?:[^'\\]|\\.)*)'|([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|undef)")
_NOT_SPECTRA = ("is_chi", "is_rsp", "is_qsp", "is_diff", "is_bkg", "is_pixel")
"""Flags of groups that hold no attenuation against energy."""


def is_athena(path: Path) -> bool:
    """Tell an Athena project by its suffix or its first line."""
    try:
        return path.suffix.lower() == ".prj" or _text(path, 200).startswith("# Athena project file")
    except ReadError:
        return False


def read_athena(path: Path) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Read the spectra of an Athena project: label to (energy, mu), each group's energy shift applied.

    Groups of another kind, such as chi(k), are passed over.

    Raises
    ------
    ReadError
        If it is no project, holds no spectra, or a group's energies and attenuations differ in number.
    """
    text = _text(path)
    found: dict[str, tuple[FloatArray, FloatArray]] = {}
    for content in _json_groups(path, text) if text.lstrip().startswith("{") else _perl_groups(text):
        arguments = content["args"]
        kind = str(arguments.get("datatype") or "")
        if kind == "chi" or any(str(arguments.get(flag) or "0") not in ("0", "0.0") for flag in _NOT_SPECTRA):
            continue
        label = str(arguments.get("label") or f"group {len(found) + 1}")
        try:
            energy, mu = (np.array(content[k], np.float64) for k in ("x", "y"))
            shift = float(arguments.get("bkg_eshift") or 0)
        except (ValueError, TypeError) as error:
            raise ReadError(f"{path}: the group {label} holds a value that is not a number.") from error
        if energy.shape != mu.shape or energy.ndim != 1 or len(energy) < 3:
            raise ReadError(
                f"{path}: the group {label} has {energy.size} energies and {mu.size} values of attenuation."
            )
        if not np.all(np.isfinite(energy) & np.isfinite(mu)):
            raise ReadError(f"{path}: the group {label} holds a value that is not a number.")
        if label in found:
            label = f"{label} ({len(found) + 1})"
        found[label] = by_energy(energy + shift, mu)
    if not found:
        raise ReadError(f"{path} is no Athena project, or holds no spectra.")
    return found


def _perl_groups(text: str) -> Iterator[dict[str, Any]]:
    for block in re.split(r"(?m)^\[record\]", text)[:-1]:
        values = {
            name: [_plain(*value) for value in _VALUE.findall(content)]
            for name, content in re.findall(r"(?ms)^@(\w+)\s*=\s*\((.*?)\);\s*$", block)
        }
        if {"x", "y"} <= values.keys():
            arguments = values.get("args", [])
            yield values | {"args": dict(zip(arguments[::2], arguments[1::2], strict=False))}


def _plain(quoted: str, bare: str) -> str:
    """Give a Perl value as text: what stands in quotes, without their escapes, or what stands bare (``undef`` is nothing)."""
    return "" if bare == "undef" else bare or re.sub(r"\\(.)", r"\1", quoted)


def _json_groups(path: Path, text: str) -> Iterator[dict[str, Any]]:
    try:
        content = json.loads(text)
    except ValueError as error:
        raise ReadError(f"{path} is no Athena project: it is not JSON ({error}).") from error
    for key, group in content.items():
        if not key.startswith("_") and isinstance(group, dict) and {"x", "y"} <= group.keys():
            given = group.get("args")
            arguments = given if isinstance(given, dict) else {}
            yield {"x": group["x"], "y": group["y"], "args": {"label": key} | arguments}


def _text(path: Path, size: int = -1) -> str:
    try:
        with path.open("rb") as file:
            zipped = file.read(2) == b"\x1f\x8b"
        with gzip.open(path) if zipped else path.open("rb") as file:
            return file.read(size).decode("utf-8", "replace")
    except (OSError, EOFError, zlib.error) as error:
        raise ReadError(f"{path} cannot be read: {error}.") from error
