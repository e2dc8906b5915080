"""The rule for all formats: the file, then its name, then the caller; what disagrees is shown, never chosen silently."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..data import FloatArray
from ..errors import ReadError

ENERGY_TOLERANCE = 0.5  # eV
NAME_ANGLE_TOLERANCE = 0.05  # degrees: what a name says is nominal
ANGLE_TOLERANCE = 0.01  # degrees
MOST_ENERGIES = 10_000  # a file that lists more is damaged
PIXEL_TOLERANCE = 0.01  # relative


def known(value: float) -> bool:
    """Whether a number was really given: 0.0 and NaN are what instruments write when they do not know."""
    return bool(np.isfinite(value)) and value != 0.0


def energy_of(path: Path, in_file: float, in_name: float, override: Sequence[str] = ()) -> float:
    """Energy of a file in eV: its header's, else its name's, else NaN.

    With 'energies' in `override` a disagreement is let pass, for the caller's value will replace it.

    Raises
    ------
    ReadError
        If both are known and differ by more than 0.5 eV, or the header's is negative.
    """
    if in_file < 0 and "energies" not in override:
        raise ReadError(f"{path}: its header says an energy of {in_file:g} eV, which cannot be: the file is damaged.")
    if not known(in_file) or in_file < 0:
        return in_name if known(in_name) else np.nan
    if known(in_name) and abs(in_file - in_name) > ENERGY_TOLERANCE and "energies" not in override:
        raise ReadError(
            f"{path}: the header says {in_file:g} eV and the file name {in_name:g} eV: "
            "rename the file, or give energies=… with override=('energies',)."
        )
    return in_file


def angle_of(path: Path, in_file: float, in_name: float, override: Sequence[str] = ()) -> float:
    """Angle of a file in degrees: its header's, else its name's, else NaN; 0.0 in the header counts only if the name agrees.

    Raises
    ------
    ReadError
        If both are known and differ by more than 0.05°.
    """
    if not np.isfinite(in_name):
        return in_file
    if not known(in_file):
        return in_name
    if abs(in_file - in_name) > NAME_ANGLE_TOLERANCE and "angles" not in override:
        raise ReadError(
            f"{path}: the header says {in_file:g}° and the file name {in_name:g}°: "
            "rename the file, or give angles=… with override=('angles',)."
        )
    return in_file


def energies_with(caller: FloatArray | None, files: FloatArray, names: list[str], override: bool) -> FloatArray:
    """Energies of all tomograms (E,), the files' own first, the caller's where a file says nothing.

    Parameters
    ----------
    caller, files : (E,) eV
        In order of the files; NaN in `files` where a file says nothing.
    names : list of str
        What the tomograms are called in messages.
    override : bool
        Whether the caller's win.

    Raises
    ------
    ReadError
        If they differ in number, disagree by more than 0.5 eV, or one is missing.
    """
    missing = [n for n, e in zip(names, files, strict=True) if not np.isfinite(e)]
    if caller is None:
        if missing:
            more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
            raise ReadError(
                f"{missing[0]}{more}: neither the file nor its name says the photon energy: give energies=[…] in eV."
            )
        return files
    if len(caller) != len(files):
        raise ReadError(
            f"{len(caller)} energies were given for {len(files)} tomograms ({names[0]}, …): give one energy a tomogram."
        )
    low = caller[~(caller > 50)]
    if len(low):
        raise ReadError(f"Energies are given in eV; {low[0]:g} cannot be one. Is it in keV?")
    if override:
        return caller
    if not missing and np.all(np.abs(np.sort(caller) - np.sort(files)) <= ENERGY_TOLERANCE):
        return files
    for name, mine, theirs in zip(names, caller, files, strict=True):
        if np.isfinite(theirs) and abs(mine - theirs) > ENERGY_TOLERANCE:
            raise ReadError(
                f"{name}: the file says {theirs:g} eV and the energy given is {mine:g} eV: "
                "leave energies out, or add override=('energies',)."
            )
    return np.where(np.isfinite(files), files, caller)


def angles_with(
    caller: FloatArray | None, file: FloatArray | None, views: int, name: str, override: bool
) -> FloatArray | None:
    """Angles of one tomogram (A,), the file's own first, else the caller's, else None.

    Raises
    ------
    ReadError
        If they differ in number, or by more than 0.01° anywhere.
    """
    if caller is None:
        return file
    if len(caller) != views:
        raise ReadError(
            f"{name}: {len(caller)} angles were given for {views} projections: give one angle a projection."
        )
    if not np.all(np.isfinite(caller)):
        raise ReadError(
            f"The angle of projection {int(np.flatnonzero(~np.isfinite(caller))[0])} that was given is not a number."
        )
    if override or file is None:
        return caller
    wrong = np.flatnonzero(np.abs(caller - file) > ANGLE_TOLERANCE)
    if len(wrong):
        at = int(wrong[0])
        raise ReadError(
            f"{name}: for projection {at} the file says {file[at]:g}° and the angle given is {caller[at]:g}°: "
            "leave angles out, or add override=('angles',)."
        )
    return file


def pixel_sizes_with(caller: FloatArray | None, files: FloatArray, names: list[str], override: bool) -> FloatArray:
    """Pixel sizes (E,) in nm, the files' own first, the caller's where a file says nothing, NaN where nobody does.

    Raises
    ------
    ReadError
        If they disagree by more than 1 %.
    """
    if caller is None or override:
        return files if caller is None else caller
    for name, mine, theirs in zip(names, caller, files, strict=True):
        if np.isfinite(theirs) and abs(mine - theirs) > PIXEL_TOLERANCE * theirs:
            raise ReadError(
                f"{name}: the file says a pixel size of {theirs:g} nm and the one given is {mine:g} nm: "
                "leave pixel_size out, or add override=('pixel_size',)."
            )
    return np.where(np.isfinite(files), files, caller)
