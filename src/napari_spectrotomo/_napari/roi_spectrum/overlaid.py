"""Reference spectra to be laid over those of regions, from the recipe's files or others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...data import FloatArray
from ...errors import DataError
from ...io import read_references
from ...spectra import references_like_map
from .curves import References


def overlaid(
    files: Sequence[str], energies: FloatArray, windows: Mapping[str, Any]
) -> tuple[References, tuple[str, ...]]:
    """Read references and normalise those that can be; give them, and a sentence on each that cannot.

    Parameters
    ----------
    files : sequence of str
        For `read_references`.
    energies : (E,), eV
        Of the scan, with the map's shift.
    windows : mapping
        `EdgeMap.windows`.

    Raises
    ------
    ReadError
        If a file cannot be read.
    """
    found: References = {}
    problems = []
    for name, spectrum in read_references(list(files)).items():
        try:
            found |= references_like_map(energies, {name: spectrum}, windows)
        except DataError as error:
            problems.append(str(error))
    return found, tuple(problems)
