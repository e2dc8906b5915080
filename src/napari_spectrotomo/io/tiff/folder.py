"""Folders of TIFF images: projections, flats and darks told by name, angles and energies in text files beside them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ...data import FloatArray
from ...errors import ReadError
from ..names import Role, angle_in, energy_in, natural, role_in
from ..reconcile import ANGLE_TOLERANCE
from ..series import Image
from ..text import text_of
from ..tomogram import Tomogram
from .file import tiff_frames, tiff_voxel_size

TIFF_SUFFIXES = (".tif", ".tiff")


def read_tiff(path: Path, role: Role | None = None, root: Path | None = None) -> Image:
    """Read what one TIFF file, its name and its folder's name say.

    Parameters
    ----------
    role : 'projections', 'flats' or 'darks'
        What the images are; by the file's name, else that of its folder below `root`, when None.

    Raises
    ------
    ReadError
        If the file is no TIFF or is truncated.
    """
    frames = tiff_frames(path)
    energy = energy_in(path.name)
    energy = energy if np.isfinite(energy) else energy_in(path.parent.name)
    found = role or role_in(path.name)
    if role is None and found == "projections" and path.parent != root:
        found = role_in(path.parent.name)
    return Image(path, found, frames, energy, (angle_in(path.name),), tiff_voxel_size(path)[1])


def with_listed_angles(tomograms: Sequence[Tomogram], root: Path) -> list[Tomogram]:
    """Give tomograms of a folder the angles that a text file in their folder, or in `root`, lists.

    Raises
    ------
    ReadError
        If a list does not fit the number of projections.
    """
    found = []
    for tomogram in tomograms:
        folder = tomogram.projections[0].path.parent
        listing = _listing(folder, "angle", "theta") or _listing(root, "angle", "theta")
        if tomogram.angles is None and listing is not None:
            angles = views_among(angles_in_list(listing), tomogram.views, listing)
            tomogram = replace(tomogram, angles=angles, files=(*tomogram.files, listing))
        found.append(tomogram)
    return found


def energy_list(root: Path) -> Path | None:
    """Find the text file of a folder that lists energies, ``eng_list.txt`` or ``*energ*.txt``."""
    return _listing(root, "eng_list", "energ")


def energies_in_list(path: Path) -> FloatArray:
    """Energies in eV out of a text file; a first column that only counts is passed over, keV is told by size."""
    table = _numbers(path)
    first = table[:, 0]
    counts = table.shape[1] > 1 and first[0] in (0, 1) and np.array_equal(first, first[0] + np.arange(len(first)))
    values = table[:, 1] if counts else first
    return np.where(values < 200, values * 1e3, values)


def angles_in_list(path: str | Path) -> FloatArray:
    """Angles in degrees out of a text file, the last of its columns.

    Raises
    ------
    ReadError
        If it is no table of numbers.
    """
    return _numbers(Path(os.path.expanduser(path)))[:, -1]


def views_among(angles: FloatArray, views: int, listing: Path) -> FloatArray:
    """Angles of the projections among those of all frames: repeated leading and trailing angles belong to flats and darks.

    Raises
    ------
    ReadError
        If the number of projections does not come out.
    """
    if len(angles) == views:
        return angles
    if len(angles) > views > 0:
        head = int(np.argmax(np.abs(angles - angles[0]) > ANGLE_TOLERANCE)) - 1
        tail = int(np.argmax(np.abs(angles[::-1] - angles[-1]) > ANGLE_TOLERANCE)) - 1
        if head >= 0 and tail >= 0 and len(angles) - head - tail == views:
            return angles[head : len(angles) - tail]
    raise ReadError(
        f"{listing} lists {len(angles)} angles for {views} projections, and leaving out repeated ones at its ends does not fit."
    )


def _listing(folder: Path, *words: str) -> Path | None:
    for path in sorted(folder.glob("*.txt"), key=natural):
        if any(w in path.name.lower() for w in words):
            return path
    return None


def _numbers(path: Path) -> FloatArray:
    text = text_of(path)
    if not text.strip():
        raise ReadError(f"{path} lists nothing.")
    try:
        rows = text.splitlines()
        table = np.loadtxt(rows, comments=("#", "%", ";"), delimiter="," if "," in text else None, ndmin=2)
    except (ValueError, OverflowError) as error:
        reason = " ".join(str(error).split()).rstrip(".;")
        raise ReadError(f"{path} is not a table of numbers: {reason}.") from error
    if table.size == 0:
        raise ReadError(f"{path} lists nothing.")
    if not np.all(np.isfinite(table)):
        raise ReadError(f"{path} lists a value that is not a number.")
    return table
