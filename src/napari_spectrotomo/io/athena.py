"""Athena projects (``.prj``): gzipped Perl assignments, one group a spectrum, or the same as JSON."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from ..data import FloatArray
from ..errors import ReadError
from .spectrum_text import by_energy

_VALUE = re.compile(r"'((?:[^'\\]|\\.)*+)(?:'|\\?\Z)|([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|undef)", re.DOTALL)
_BEGINS, _ENDS = re.compile(r"^@(\w{1,40})\s*=\s*\(", re.MULTILINE), re.compile(r"\);\s*$", re.MULTILINE)
_MOST_BYTES = 64 * 2**20  # unpacked; hundreds of spectra take a tenth of it
_MOST_VALUES, _LONGEST_LABEL = 1_000_000, 200
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
    for content in _json_groups(path, text) if text.lstrip().startswith("{") else _perl_groups(path, text):
        arguments = content["args"]
        kind = str(arguments.get("datatype") or "")
        if kind == "chi" or any(str(arguments.get(flag) or "0") not in ("0", "0.0") for flag in _NOT_SPECTRA):
            continue
        label = " ".join(str(arguments.get("label") or "").split())[:_LONGEST_LABEL] or f"group {len(found) + 1}"
        try:
            energy, mu = (np.array(content[k], np.float64) for k in ("x", "y"))
            shift = float(arguments.get("bkg_eshift") or 0)
        except (ValueError, TypeError, OverflowError) as error:
            raise ReadError(f"{path}: the group {label} holds a value that is not a number.") from error
        if energy.shape != mu.shape or energy.ndim != 1 or len(energy) < 3:
            raise ReadError(
                f"{path}: the group {label} has {energy.size} energies and {mu.size} values of attenuation."
            )
        if not (np.all(np.isfinite(energy) & np.isfinite(mu)) and np.isfinite(shift)):
            raise ReadError(f"{path}: the group {label} holds a value that is not a number.")
        if label in found:
            label = f"{label} ({len(found) + 1})"
        found[label] = by_energy(energy + shift, mu)
    if not found:
        raise ReadError(f"{path} is no Athena project, or holds no spectra.")
    return found


def _perl_groups(path: Path, text: str) -> Iterator[dict[str, Any]]:
    for block in re.split(r"(?m)^\[record\]", text)[:-1]:
        values = {name: _values(path, content) for name, content in _assignments(block) if name in ("x", "y", "args")}
        if {"x", "y"} <= values.keys():
            arguments = values.get("args", [])
            yield values | {"args": dict(zip(arguments[::2], arguments[1::2], strict=False))}


def _assignments(block: str) -> Iterator[tuple[str, str]]:
    """Give the lists of a group by name, each as far as its closing bracket at the end of a line."""
    at = 0
    while (begin := _BEGINS.search(block, at)) and (end := _ENDS.search(block, begin.end())):
        yield begin[1], block[begin.end() : end.start()]
        at = end.end()


def _values(path: Path, content: str) -> list[str]:
    found = [_plain(*value.groups("")) for value in islice(_VALUE.finditer(content), _MOST_VALUES + 1)]
    if len(found) > _MOST_VALUES:
        raise ReadError(f"{path} has a group of more than {_MOST_VALUES} numbers, which no spectrum has.")
    return found


def _plain(quoted: str, bare: str) -> str:
    """Give a Perl value as text: what stands in quotes, without their escapes, or what stands bare (``undef`` is nothing)."""
    return "" if bare == "undef" else bare or re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL)


def _json_groups(path: Path, text: str) -> Iterator[dict[str, Any]]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ReadError(f"{path} is no Athena project: it is not JSON ({error}).") from error
    for key, group in content.items():
        if not key.startswith("_") and isinstance(group, dict) and {"x", "y"} <= group.keys():
            given = group.get("args")
            arguments = given if isinstance(given, dict) else {}
            yield {"x": group["x"], "y": group["y"], "args": {"label": key} | arguments}


def _text(path: Path, size: int = _MOST_BYTES + 1) -> str:
    try:
        with path.open("rb") as file:
            zipped = file.read(2) == b"\x1f\x8b"
        with gzip.open(path) if zipped else path.open("rb") as file:
            content = file.read(size)
    except (OSError, EOFError, zlib.error) as error:
        raise ReadError(f"{path} cannot be read: {error}.") from error
    if len(content) > _MOST_BYTES:
        raise ReadError(
            f"{path} unpacks to more than {_MOST_BYTES / 1e6:.0f} MB, which no project of spectra has: it is damaged."
        )
    return content.decode("utf-8", "replace")
