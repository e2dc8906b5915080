"""Reference spectra from files: XDI, text of two or more columns, and Athena projects."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from ..data import FloatArray
from ..errors import ReadError
from .athena import is_athena, read_athena
from .names import natural
from .sniff import as_path

_SUFFIXES = (".xdi", ".prj", ".txt", ".dat", ".csv", ".tsv", ".xmu", ".nor", ".mu", ".asc")
_MU = ("mutrans", "mufluor", "mu", "xmu", "munorm", "norm", "normmutrans", "normmufluor", "flat", "absorbance")
_I0, _I1 = ("i0", "monitor"), ("itrans", "i1", "it", "transmitted")


def read_references(path: str | Path | Sequence[str | Path]) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Read reference spectra.

    Parameters
    ----------
    path : path or sequence of paths
        XDI files, text files of energy and attenuation in two columns (keV or eV), Athena projects, or folders of those.

    Returns
    -------
    dict of name to (energy, mu)
        Names are the files' without suffix, or the labels in a project; energies (n,) in eV, ascending; mu (n,) as
        measured: a column of attenuation, else ``ln(i0 / itrans)``.

    Raises
    ------
    ReadError
        If a file is not there or cannot be read as a spectrum.
    """
    files: list[Path] = []
    for one in [path] if isinstance(path, str | Path) or not isinstance(path, Iterable) else path:
        place = as_path(one)
        if place.is_dir():
            inside = [
                p
                for p in sorted(place.iterdir(), key=natural)
                if p.suffix.lower() in _SUFFIXES and not p.name.startswith(".")
            ]
            xdi = [p for p in inside if p.suffix.lower() == ".xdi"]
            files += xdi or inside
        elif place.is_file():
            files.append(place)
        else:
            raise ReadError(f"There is no file or folder {place}.")
    if not files:
        raise ReadError(f"{path} holds no reference spectra: XDI or two-column text is read.")
    found: dict[str, tuple[FloatArray, FloatArray]] = {}
    for file in files:
        new = read_athena(file) if is_athena(file) else {file.stem: _spectrum(file)}
        found |= {(f"{file.stem} {name}" if name in found else name): spectrum for name, spectrum in new.items()}
    return found


def _spectrum(path: Path) -> tuple[FloatArray, FloatArray]:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise ReadError(f"{path} cannot be read: {error.strerror or error}.") from error
    rows = [_row(line) for line in lines if line.strip() and not line.lstrip().startswith(("#", "%", ";", "!"))]
    numbers = [r for r in rows if r]
    width = max((len(r) for r in numbers), default=0)
    table = np.array([r for r in numbers if len(r) == width])
    if width < 2 or len(table) < 3:
        raise ReadError(
            f"{path} is no spectrum: it needs columns of energy and attenuation, and has {len(table)} rows of {width}."
        )
    if not np.all(np.isfinite(table[:, :2])):
        raise ReadError(f"{path} holds a value that is not a number.")
    columns = _columns(lines)
    energy, mu = _energy(path, table, columns), _attenuation(path, table, columns)
    order = np.argsort(energy, kind="stable")
    energy, mu = energy[order], mu[order]
    keep = np.concatenate([[True], np.diff(energy) > 0])
    return energy[keep], mu[keep]


def _row(line: str) -> list[float]:
    try:
        return [float(v) for v in re.split(r"[\s,;]+", line.strip()) if v]
    except ValueError:
        return []


def _columns(lines: list[str]) -> dict[str, tuple[int, str]]:
    """Columns by name, with their units, out of XDI's ``# Column.1: energy eV`` lines."""
    found: dict[str, tuple[int, str]] = {}
    for line in lines:
        if match := re.match(r"#\s*Column\.(\d+):\s*(\S+)\s*(\S*)", line, re.IGNORECASE):
            found[match.group(2).lower()] = (int(match.group(1)) - 1, match.group(3).lower())
    return {name: at for name, at in found.items() if at[0] >= 0}


def _energy(path: Path, table: FloatArray, columns: dict[str, tuple[int, str]]) -> FloatArray:
    index, unit = columns.get("energy", (0, ""))
    if index >= table.shape[1]:
        raise ReadError(f"{path} names a column of energy that is not there.")
    energy = table[:, index]
    if "angle" in columns and "energy" not in columns:
        raise ReadError(f"{path} gives the monochromator's angle and no energy: convert it first.")
    return energy * 1e3 if unit == "kev" or (unit != "ev" and np.median(energy) < 200) else energy


def _attenuation(path: Path, table: FloatArray, columns: dict[str, tuple[int, str]]) -> FloatArray:
    for name in _MU:
        if name in columns and columns[name][0] < table.shape[1]:
            return table[:, columns[name][0]]
    i0 = next((columns[n][0] for n in _I0 if n in columns), None)
    i1 = next((columns[n][0] for n in _I1 if n in columns), None)
    if i0 is not None and i1 is not None:
        ratio = table[:, i0] / np.where(table[:, i1] == 0, np.nan, table[:, i1])
        if not np.all(ratio > 0):
            raise ReadError(f"{path} has intensities that are not positive: no attenuation can be worked out.")
        return np.log(ratio)
    if columns:
        raise ReadError(
            f"{path} has columns {', '.join(columns)}: none of them is an attenuation, nor are i0 and itrans both there."
        )
    return table[:, 1]
