"""Spectra in text: XDI, columns with or without names, commas and semicolons, decimal points and decimal commas."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..data import FloatArray
from ..errors import ReadError
from .text import text_of

_MU = (
    *("mutrans", "mufluor", "mu", "xmu", "mu(e)", "munorm", "norm", "normtrans", "normfluor", "normmutrans"),
    *("normmufluor", "flat", "absorbance", "absorption", "attenuation", "optical_density", "od"),
    *("murefer", "normrefer"),
)
_I0, _I1 = ("i0", "monitor"), ("itrans", "i1", "it", "transmitted")
_FLUORESCENCE = ("ifluor", "if", "iff", "fluorescence")
_ENERGY = ("energy", "energies", "e", "ev", "kev", "photon_energy", "mono_energy")
_INTENSITIES = (*_I0, *_I1, *_FLUORESCENCE)
OWN_ENERGY = "energy_ev"
"""First name of a table with one spectrum a column, such as this program writes."""
ERROR, COUNT = "_standard_error", "_count"
"""Ends of the names of columns that stand beside a spectrum in such a table."""
_LONGEST_NAME = 1000
_FORMULA = ("=", "+", "-", "@")
_COMMENT = ("#", "%", ";", "!", "//")
_DECIMAL_COMMA = re.compile(r"[-+]?\d+(,\d+)?([eE][-+]?\d+)?")

Spectrum = tuple[FloatArray, FloatArray]


@dataclass(frozen=True, slots=True)
class _Text:
    """A file's numbers (rows, columns), and the names and units of the columns by name where it says them."""

    path: Path
    numbers: FloatArray
    columns: dict[str, tuple[int, str]]
    names: tuple[str, ...]

    def has(self, name: str) -> bool:
        return name in self.columns and self.columns[name][0] < self.numbers.shape[1]

    def column(self, name: str) -> FloatArray:
        return self.numbers[:, self.columns[name][0]]

    def first(self, names: tuple[str, ...]) -> FloatArray | None:
        return next((self.column(n) for n in names if self.has(n)), None)


def read_spectrum_text(path: Path) -> dict[str, Spectrum]:
    """Read the spectrum of a text file, or all of a table whose first column is ``energy_eV``.

    Returns
    -------
    dict of name to (energy, mu)
        Energies in eV, ascending, each once: values at equal energies are averaged.

    Raises
    ------
    ReadError
        If it holds no spectrum.
    """
    text = _parsed(path)
    if text.names and text.names[0].lower() == OWN_ENERGY:
        return _table(text)
    energy, mu = _energy(text), _attenuation(text)
    if not np.all(np.isfinite(energy) & np.isfinite(mu)):
        raise ReadError(f"{path} holds a value that is not a number: take its row out.")
    return {path.stem: by_energy(energy, mu)}


def as_cell(name: str) -> str:
    """Give a name as a cell of a table: one that a spreadsheet would take for a formula begins with an apostrophe."""
    return f"'{name}" if name.startswith(_FORMULA) else name


def from_cell(cell: str) -> str:
    """Give the name that `as_cell` made a cell of."""
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(_FORMULA) else cell


def by_energy(energy: FloatArray, mu: FloatArray) -> Spectrum:
    """Sort a spectrum by energy; values at equal energies are averaged."""
    found, place, count = np.unique(energy, return_inverse=True, return_counts=True)
    return found, np.bincount(place, weights=mu) / count


def _table(text: _Text) -> dict[str, Spectrum]:
    """Give every column of a table as a spectrum, without its errors and counts; energies at which it is empty are left out."""
    found: dict[str, Spectrum] = {}
    energy = text.numbers[:, 0]
    for k, head in enumerate(text.names[1 : text.numbers.shape[1]], 1):
        name = re.sub(r" \[[^\]]*\]$", "", from_cell(head))
        if any(name.endswith(end) and name.removesuffix(end) in found for end in (ERROR, COUNT)):
            continue
        known = np.isfinite(text.numbers[:, k]) & np.isfinite(energy)
        if known.sum() >= 3:
            found[name] = by_energy(energy[known], text.numbers[known, k])
    if not found:
        raise ReadError(f"{text.path} holds no spectrum: none of its columns has three values.")
    return found


def _parsed(path: Path) -> _Text:
    lines = text_of(path).splitlines()
    plain = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith(_COMMENT)]
    decimal_commas = _decimal_commas(plain)
    rows = [_row(line, decimal_commas) for line in plain]
    rows = [[] if np.all(np.isnan(row)) else row for row in rows]
    width = max((len(r) for r in rows), default=0)
    first = next((k for k, r in enumerate(rows) if len(r) == width), 0)
    short = next((k for k in range(first, len(rows)) if 0 < len(rows[k]) < width), None)
    table = np.array([r for r in rows if len(r) == width])
    if width < 2 or len(table) < 3:
        raise ReadError(
            f"{path} is no spectrum: it needs columns of energy and attenuation, and has {len(table)} rows of {width}."
        )
    if short is not None:
        raise ReadError(f"{path}: the row '{plain[short][:60]}' has {len(rows[short])} numbers, others have {width}.")
    before = plain[first - 1] if first else ""
    try:
        names = _split_names(before) if before else _names_in_comments(lines, width)
    except csv.Error as error:
        raise ReadError(f"{path}: the line of names before its numbers cannot be split ({error}).") from error
    if any(len(name) > _LONGEST_NAME for name in names):
        raise ReadError(f"{path}: a name before its columns has more than {_LONGEST_NAME} characters.")
    columns = _xdi_columns(lines) or {n.lower(): (k, _unit_of(n)) for k, n in enumerate(names)}
    return _Text(path, table, columns, names)


def _decimal_commas(lines: list[str]) -> bool:
    """Tell decimal commas: something else stands between the numbers, and none has a point."""
    rows = [re.split(r"\s*;\s*|\s+", line) for line in lines if line[:1] in "+-0123456789"]
    return (
        any("," in value for row in rows for value in row)
        and all(len(row) > 1 for row in rows)
        and all(_DECIMAL_COMMA.fullmatch(value) for row in rows for value in row)
    )


def _row(line: str, decimal_commas: bool) -> list[float]:
    """Give the numbers of a line, NaN for an empty cell between commas; nothing where it holds words."""
    if decimal_commas:
        cells = [c.replace(",", ".") for c in re.split(r"[\s;]+", line) if c]
    elif "," in line:
        cells = [c.strip() or "nan" for c in line.split(",")]
    else:
        cells = [c for c in re.split(r"[\s;]+", line) if c]
    try:
        return [float(c) for c in cells]
    except ValueError:
        return [float(c) for c in line.replace(",", " ").split()] if _all_numbers(line.replace(",", " ")) else []


def _all_numbers(line: str) -> bool:
    try:
        return bool([float(c) for c in line.split()])
    except ValueError:
        return False


def _split_names(line: str) -> tuple[str, ...]:
    if "," in line:
        return tuple(cell.strip() for cell in next(csv.reader([line], skipinitialspace=True)))
    return tuple(c.strip('"') for c in re.split(r"\s*;\s*|\t+|\s+", line) if c)


def _names_in_comments(lines: list[str], width: int) -> tuple[str, ...]:
    """Give the names of the columns out of the last comment before the numbers, where it says as many and begins with energy."""
    last = ""
    for line in lines:
        if line.strip() and not line.lstrip().startswith(_COMMENT):
            break
        last = line if line.strip("#%;!/ \t-") else last
    names = _split_names(last.lstrip("#%;!/ \t"))
    return names if len(names) == width and _is_energy(names[0]) else ()


def _is_energy(name: str) -> bool:
    return re.split(r"[^a-z]", name.lower())[0] in (*_ENERGY, "photon") or name.lower() in _ENERGY


def _unit_of(name: str) -> str:
    found = re.search(r"(?<![a-z])k?ev(?![a-z])", name.lower().replace("_", " "))
    return found[0] if found else ""


def _xdi_columns(lines: list[str]) -> dict[str, tuple[int, str]]:
    """Columns by name, with their units, out of XDI's ``# Column.1: energy eV`` lines."""
    found: dict[str, tuple[int, str]] = {}
    for line in lines:
        if match := re.match(r"#\s*Column\.(\d{1,6}):\s*(\S+)\s*(\S*)", line, re.IGNORECASE):
            found.setdefault(match.group(2).lower(), (int(match.group(1)) - 1, match.group(3).lower()))
    return {name: at for name, at in found.items() if at[0] >= 0}


def _energy(text: _Text) -> FloatArray:
    name = next((n for n in text.columns if _is_energy(n)), None)
    if name is None and "angle" in text.columns:
        raise ReadError(f"{text.path} gives the monochromator's angle and no energy: convert it first.")
    index, unit = (0, "") if name is None else text.columns[name]
    if index >= text.numbers.shape[1]:
        raise ReadError(f"{text.path} names a column of energy that is not there.")
    energy = text.numbers[:, index]
    return energy * 1e3 if unit == "kev" or (unit != "ev" and np.nanmedian(energy) < 200) else energy


def _attenuation(text: _Text) -> FloatArray:
    found = text.first(_MU)
    i0, i1, fluorescence = text.first(_I0), text.first(_I1), text.first(_FLUORESCENCE)
    if found is not None:
        return found
    if i0 is not None and i1 is not None:
        return np.log(_ratio(text.path, i0, i1))
    if i0 is not None and fluorescence is not None:
        return _ratio(text.path, fluorescence, i0)
    two = text.numbers.shape[1] == 2 and len(text.columns) == 2 and not any(map(text.has, _INTENSITIES))
    if text.columns and not two:
        raise ReadError(
            f"{text.path} has columns {', '.join(text.columns)}: none of them is an attenuation, nor is i0 there with itrans or "
            "ifluor. Name the column of attenuation mu, or leave energy and attenuation only; if every column is a spectrum, "
            "name the first one energy_eV."
        )
    return text.numbers[:, 1]


def _ratio(path: Path, above: FloatArray, below: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = above / below
    if not np.all((ratio > 0) & np.isfinite(ratio)):
        raise ReadError(f"{path} has intensities that are not positive: no attenuation can be worked out.")
    return ratio
