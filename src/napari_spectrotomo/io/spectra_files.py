"""Spectra to files that other programs open: `write_spectra`."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import __version__
from ..arrays import as_energies, as_metadata, as_numbers
from ..atomic import write_text
from ..data import FloatArray
from ..errors import DataError, ParameterError, SpectrotomoError
from .sniff import as_path
from .spectrum_text import COUNT, ERROR, as_cell

_LONGEST_NAME = 100
_Parts = tuple[FloatArray, FloatArray | None, FloatArray | None]


def write_spectra(
    path: str | Path,
    energies: npt.ArrayLike,
    spectra: Mapping[str, Any],
    *,
    unit: str = "",
    metadata: Mapping[str, object] | None = None,
) -> list[Path]:
    """Write spectra as CSV or XDI, each file whole or not at all; `read_references` reads them back, larch and Athena open XDI.

    Parameters
    ----------
    path : path ending in ``.csv`` or ``.xdi``
        A CSV file holds all spectra, a column each after ``energy_eV``. An XDI file holds one: of several, each gets a file of
        its own whose name is that of `path` with the spectrum's after it, without characters that no file name takes.
    energies : (E,), eV
    spectra : dict of name to (E,), or to (mean, standard_error, count) of (E,) each
        As `roi_spectrum` gives them. NaN is an empty cell in CSV, and a row left out in XDI.
    unit : str
        Of the spectra, such as '1/µm'; empty: normalised ones.
    metadata : dict
        XDI's, such as ``{'Element.symbol': 'Mn', 'Element.edge': 'K', 'Mono.d_spacing': 3.1355, 'Sample.name': 'NMC'}``: other
        programs ask for the element and the edge. CSV has no place for them.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    ParameterError
        If the path has another suffix, or a name of the metadata is none of XDI's kind (``Family.key``).
    DataError
        If there is no spectrum, or shapes do not fit.
    SpectrotomoError
        If a file cannot be written.
    """
    place, energy = as_path(path), as_energies(energies)
    if place.suffix.lower() not in (".csv", ".xdi"):
        raise ParameterError(f"Spectra are written as .csv or .xdi, not as {place.name}: choose one of the two.")
    parts = _all_parts(spectra, energy)
    texts = {place: _table(energy, parts, unit, ",")}
    if place.suffix.lower() == ".xdi":
        places = [place] if len(parts) == 1 else _places(place, list(parts))
        texts = {
            at: _xdi(name, energy, parts[name], unit, as_metadata(metadata))
            for at, name in zip(places, parts, strict=True)
        }
    try:
        for at, text in texts.items():
            write_text(at, text)
    except OSError as error:
        raise SpectrotomoError(f"The spectra cannot be written to {place}: {error.strerror or error}.") from error
    return list(texts)


def spectra_as_text(
    energies: npt.ArrayLike, spectra: Mapping[str, Any], *, unit: str = "", separator: str = "\t"
) -> str:
    """Give spectra as a table in text, as a spreadsheet takes it from the clipboard: a head, then a row an energy.

    Parameters
    ----------
    energies, spectra, unit
        As for `write_spectra`.
    separator : str
        Between columns.

    Raises
    ------
    DataError
        If there is no spectrum, or shapes do not fit.
    """
    energy = as_energies(energies)
    return _table(energy, _all_parts(spectra, energy), unit, separator)


def _all_parts(spectra: Mapping[str, Any], energy: FloatArray) -> dict[str, _Parts]:
    if not isinstance(spectra, Mapping) or not spectra:
        raise DataError("There are no spectra to write: give a dict of name to spectrum, of one or more.")
    return {str(name): _parts(str(name), values, energy) for name, values in spectra.items()}


def _parts(name: str, values: Any, energy: FloatArray) -> _Parts:
    """Give mean, standard error and count of a spectrum, the last two None where only the spectrum is given."""
    three = isinstance(values, tuple) and len(values) == 3 and np.ndim(values[0]) > 0
    given = list(values) if three else [values, None, None]
    found = [None if v is None else as_numbers(v, f"values of the spectrum {name}") for v in given]
    for one in found:
        if one is not None and one.shape != energy.shape:
            raise DataError(f"The spectrum {name} has shape {one.shape}, and there are {len(energy)} energies.")
    mean, error, count = found
    if mean is None:
        raise DataError(f"The spectrum {name} has no values.")
    return mean, error, count


def _table(energy: FloatArray, parts: Mapping[str, _Parts], unit: str, separator: str) -> str:
    heads, columns = ["energy_eV"], [energy]
    of_unit = f" [{unit}]" if unit else ""
    for name, (mean, error, count) in parts.items():
        plain = " ".join(name.split())
        for end, values in ((of_unit, mean), (f"{ERROR}{of_unit}", error), (COUNT, count)):
            if values is not None:
                heads.append(as_cell(f"{plain}{end}"))
                columns.append(values)
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows([_number(v) for v in row] for row in zip(*columns, strict=True))
    return out.getvalue()


def _number(value: float) -> str:
    return f"{value:.12g}" if np.isfinite(value) else ""


def _xdi(name: str, energy: FloatArray, parts: _Parts, unit: str, metadata: dict[str, object]) -> str:
    """Write one spectrum by the XDI specification 1.0 (Ravel et al., J. Phys.: Conf. Ser. 712, 012148, 2016)."""
    mean, error, count = parts
    plain = unit.replace("µ", "u").replace("μ", "u").replace(" ", "_")
    what = "mutrans" if unit else "normtrans"
    columns = [("energy", "eV", energy), (what, plain, mean)]
    columns += [] if error is None else [("standard_error", plain, error)]
    columns += [] if count is None else [("count", "", count)]
    known = np.isfinite(mean)
    if known.sum() == 0:
        raise DataError(f"The spectrum {name} has no values to write.")
    lines = [f"# XDI/1.0 napari-spectrotomo/{__version__}"]
    lines += [f"# Column.{k}: {column} {of}".rstrip() for k, (column, of, _) in enumerate(columns, 1)]
    lines += [
        f"# {key}: {value}"
        for key, value in ({"Sample.name": " ".join(name.split())} | metadata).items()
        if _is_field(key, value)
    ]
    lines += ["# ///", "# ---", "# " + " ".join(column for column, _, _ in columns)]
    numbers = np.stack([values for _, _, values in columns], axis=1)[known]
    lines += [" ".join(f"{v:.12g}" for v in row) for row in numbers]
    return "\n".join(lines) + "\n"


def _is_field(key: str, value: object) -> bool:
    """Check a field of XDI's header; say no where it has no value."""
    if not re.fullmatch(r"[A-Za-z]\w*\.[A-Za-z][\w-]*", str(key)):
        raise ParameterError(f"{key!r} is no name for metadata: XDI takes Family.key, such as Element.symbol.")
    if "\n" in str(value) or "\r" in str(value):
        raise ParameterError(f"The metadata {key} goes over several lines, which XDI does not take.")
    return value is not None and str(value) != ""


def _places(path: Path, names: list[str]) -> list[Path]:
    """Give a file for each spectrum, beside `path`."""
    found: list[Path] = []
    for name in names:
        safe = re.sub(r"[^\w.()+-]+", "_", name).strip("._")[:_LONGEST_NAME] or "spectrum"
        stem, k = f"{path.stem}_{safe}", 2
        while path.with_name(f"{stem}{path.suffix}") in found:
            stem, k = f"{path.stem}_{safe}_{k}", k + 1
        found.append(path.with_name(f"{stem}{path.suffix}"))
    return found
