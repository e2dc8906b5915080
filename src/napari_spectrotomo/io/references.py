"""Reference spectra from files: XDI, text of two or more columns, and Athena projects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from ..data import FloatArray
from ..errors import ReadError
from .athena import is_athena, read_athena
from .names import natural
from .sniff import as_path
from .spectrum_text import read_spectrum_text

_SURE = (".xdi", ".prj", ".xmu", ".nor", ".mu")
_SUFFIXES = (*_SURE, ".txt", ".dat", ".csv", ".tsv", ".asc")


def read_references(path: str | Path | Sequence[str | Path]) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Read reference spectra.

    Parameters
    ----------
    path : path or sequence of paths
        XDI files, text files of energy and attenuation in two columns (keV or eV) or with named ones, tables whose first column
        is ``energy_eV`` and whose others are a spectrum each, Athena projects, or folders of those (text
        beside files of spectra, such as XDI, is taken for notes).

    Returns
    -------
    dict of name to (energy, mu)
        Names are the files' without suffix, the columns' of a table, or the labels in a project; energies (n,) in eV, ascending,
        values at equal energies averaged; mu (n,) as measured: a column of attenuation, else ``ln(i0 / itrans)``, else
        ``ifluor / i0``.

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
            files += [p for p in inside if p.suffix.lower() in _SURE] or inside
        elif place.is_file():
            files.append(place)
        else:
            raise ReadError(f"There is no file or folder {place}.")
    if not files:
        raise ReadError(f"{path} holds no reference spectra: XDI or two-column text is read.")
    found: dict[str, tuple[FloatArray, FloatArray]] = {}
    for file in files:
        new = read_athena(file) if is_athena(file) else read_spectrum_text(file)
        found |= {(f"{file.stem} {name}" if name in found else name): spectrum for name, spectrum in new.items()}
    return found
