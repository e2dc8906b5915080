"""The standards of a valence calibration, from a text file of the user's."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from reprlib import repr as brief

from ..data import FloatArray
from ..errors import ParameterError, ReadError
from ..io import read_references
from ..io.text import text_of

_HOW = "write a line a standard: its spectrum's file or its edge energy in eV, a comma, and its valence, such as 'MnO.xdi, 2'"


@dataclass(frozen=True, slots=True, eq=False)
class Standard:
    """A compound of known valence.

    Attributes
    ----------
    name : str
    edge : (energy, mu) or float
        Its spectrum, or its edge energy in eV.
    valence : float
    """

    name: str
    edge: tuple[FloatArray, FloatArray] | float
    valence: float


def read_standards(path: str | Path) -> list[Standard]:
    """Read a file of standards: ``file or energy, valence`` a line; ``#`` begins a comment; files lie beside it.

    One spectrum of a file that holds several, such as an Athena project, is named ``file : spectrum, valence``.

    Raises
    ------
    ParameterError
        If a line cannot be understood, or a spectrum it names is not there.
    ReadError
        If a spectrum cannot be read.
    """
    path = Path(path)
    found = [_standard(path, name, valence) for name, valence in _lines(path)]
    if len(found) < 2:
        raise ParameterError(f"{path} names {len(found)} standards, and a line needs two or more: {_HOW}.")
    return found


def files_of_standards(path: str | Path) -> list[Path]:
    """Give the spectra that a file of standards names, those that are there."""
    try:
        named = [_place(Path(path), name)[0] for name, _ in _lines(Path(path)) if _number(name) is None]
    except ParameterError:
        return []
    return [place for place in named if os.path.exists(place)]


def _lines(path: Path) -> list[tuple[str, float]]:
    try:
        lines = text_of(path).splitlines()
    except ReadError as error:
        raise ParameterError(f"The file of standards {path} cannot be read: {error}") from error
    found = []
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        name, comma, valence = text.split(" #")[0].rpartition(",")
        value = _number(valence)
        if not comma or value is None or not name.strip() or "\0" in name:
            raise ParameterError(f"{path}, line {number}, says {brief(text)}: {_HOW}.")
        found.append((name.strip().strip("'\""), value))
    return found


def _standard(path: Path, name: str, valence: float) -> Standard:
    energy = _number(name)
    if energy is not None:
        return Standard(f"{energy:g} eV", energy, valence)
    place, chosen = _place(path, name)
    if not os.path.exists(place):  # nor where it is too long to be looked for
        raise ParameterError(f"{path} names the spectrum {name}, and there is no file {place}: {_HOW}.")
    spectra = read_references(place)
    if chosen and chosen not in spectra:
        raise ParameterError(f"{path} names {chosen} in {place}, which holds {', '.join(spectra)}.")
    if not chosen and len(spectra) != 1:
        raise ParameterError(
            f"{place} holds {len(spectra)} spectra ({', '.join(spectra)}): name one in {path}, such as "
            f"'{place.name} : {next(iter(spectra))}, {valence:g}'."
        )
    label = chosen or next(iter(spectra))
    return Standard(label, spectra[label], valence)


def _place(path: Path, name: str) -> tuple[Path, str]:
    """Give the file a line names, beside the file of standards, and which of its spectra, '' for the only one."""
    file, _, chosen = name.partition(" : ")
    return path.parent / Path(os.path.expanduser(file.strip())), chosen.strip()


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
