"""Files that mostly hold one image each, Xradia's and TIFF, become tomograms with the help of the text files beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays import as_energies
from ..data import FloatArray
from ..errors import ReadError
from .found import Found
from .names import Role
from .series import Image, tomograms_of
from .tiff.folder import energies_in_list, energy_list, read_tiff, with_listed_angles
from .tiff.pages import by_energy
from .tomogram import Tomogram
from .xradia.images import read_xradia
from .xradia.ssrl_run import run_in


def read_series(
    files: Sequence[Path], chosen: str, found: Found, root: Path, role: Role | None, energies: Any
) -> tuple[list[Tomogram], Any]:
    """Read files of images into tomograms.

    Parameters
    ----------
    files : sequence of Path, all of the chosen format
    chosen : 'xradia' or 'tiff'
    found : Found, added to
    root : Path
        The folder they are in.
    role : 'projections', or None to tell it by name
        Not None for one file that is read by itself.
    energies : (E,) eV, or a text file that lists them, or None

    Returns
    -------
    tomograms : list of Tomogram
    energies : as given, or the text file in the folder that lists them
    """
    images: list[Image] = []
    for file in files:
        try:
            images += [read_tiff(file, role, root)] if chosen == "tiff" else read_xradia(file, role, found.override)
        except ReadError as error:
            found.bad(file, error)
    if chosen == "tiff":
        return _tiff(images, found, root, role, energies)
    ranks: Mapping[str, int] = {}
    run = None if role is not None else run_in(root)
    if run is not None:
        images, ranks = run.completed(images, found)
    return _grouped(images, ranks, found, role), energies


def given_energies(given: Any) -> FloatArray | None:
    """Energies (E,) in eV of a caller's numbers, or of a text file that lists them."""
    if given is None:
        return None
    return as_energies(energies_in_list(Path(given)) if isinstance(given, str | Path) else given, ReadError)


def _grouped(images: list[Image], ranks: Mapping[str, int], found: Found, role: Role | None) -> list[Tomogram]:
    series, lonely = tomograms_of(images, ranks, alone=role is not None)
    for file_name, reason in lonely:
        found.bad(Path(file_name), ReadError(f"{file_name}: {reason} Leave that energy out with on_bad_file='skip'."))
    whole = []
    for tomogram in series:
        try:
            whole.append(tomogram.checked())
        except ReadError as error:
            found.bad(tomogram.path, error)
    return whole


def _tiff(
    images: list[Image], found: Found, root: Path, role: Role | None, energies: Any
) -> tuple[list[Tomogram], Any]:
    """Group images with the lists of energies and angles that lie beside them."""
    listing = energy_list(root) if energies is None else None
    listed = given_energies(energies if listing is None else listing)
    images = by_energy(images, listed, found.doubts)
    tomograms = with_listed_angles(_grouped(images, {}, found, role), root)
    if listing is None or listed is None or len(listed) == len(tomograms):
        return tomograms, energies if listing is None else listing
    if role is None and not all(np.isfinite(t.energy) for t in tomograms):
        return tomograms, listing  # the error will show both numbers
    if role is None:
        found.doubts.append(
            f"{listing.name} lists {len(listed)} energies and there are {len(tomograms)}: those of the names are used."
        )
    return tomograms, None
