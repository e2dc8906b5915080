"""Folders of TIFF images: projections, flats and darks told by name, angles and energies in text files beside them."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tifffile

from ..data import FloatArray
from ..errors import ReadError
from .names import Role, angle_in, energy_in, natural, role_in
from .reconcile import ANGLE_TOLERANCE
from .series import Image
from .tomogram import Frames, Tomogram

TIFF_SUFFIXES = (".tif", ".tiff")
_BROKEN = (OSError, ValueError, TypeError, IndexError, KeyError, struct.error, RuntimeError)
_NANOMETRES = {
    "nm": 1.0,
    "nanometer": 1.0,
    "micron": 1e3,
    "microns": 1e3,
    "um": 1e3,
    "µm": 1e3,
    "\\u00B5m": 1e3,
    "mm": 1e6,
}


def tiff_frames(path: Path) -> Frames:
    """Take the pages of a TIFF file as images, without reading them.

    Raises
    ------
    ReadError
        If the file is no TIFF, truncated, in colour, or its pages differ.
    """
    try:
        with tifffile.TiffFile(path) as tiff:
            page = tiff.pages.first
            if len(tiff.series) > 1 and not all(s.keyframe.is_reduced for s in tiff.series[1:]):
                raise ReadError(f"{path} holds pages of different sizes or types: one file has one kind of image.")
            shape = tuple(tiff.series[0].shape)
            if page.samplesperpixel != 1:
                raise ReadError(f"{path} is a colour picture: projections have one number a pixel.")
            last = tiff.pages[-1] if len(tiff.pages) > 1 else page
            end = max(o + n for p in (page, last) for o, n in zip(p.dataoffsets, p.databytecounts, strict=True))
            contiguous = len(tiff.pages) == 1 and len(shape) > 2
            if contiguous and page.compression == 1:
                end = page.dataoffsets[0] + int(np.prod(shape)) * page.dtype.itemsize
            size = path.stat().st_size
            if end > size:
                raise ReadError(f"{path} is truncated: its pixels would end at byte {end} and the file has {size}.")
            dtype = np.dtype(page.dtype)
    except FileNotFoundError as error:
        raise ReadError(f"There is no file {path}.") from error
    except _BROKEN as error:
        raise ReadError(f"{path} cannot be opened as TIFF, it is truncated or something else: {error}.") from error
    rows, columns = shape[-2:]
    return Frames(path, int(np.prod(shape[:-2], dtype=int)), (rows, columns), dtype, partial(_load, path))


def _load(path: Path, start: int, stop: int) -> npt.NDArray[Any]:
    with tifffile.TiffFile(path) as tiff:
        series = tiff.series[0]
        rows, columns = series.shape[-2:]
        if len(series.pages) > 1 and len(series.pages) == int(np.prod(series.shape[:-2])):
            images = (
                series.asarray(key=slice(start, stop)) if stop > start else np.empty((0, rows, columns), series.dtype)
            )
            return np.asarray(images).reshape(-1, rows, columns)
        return np.asarray(series.asarray()).reshape(-1, rows, columns)[start:stop]


def tiff_voxel_size(path: Path) -> tuple[float, float]:
    """Spacing of pages and pixel size in nm, as ImageJ writes them; NaN where unknown."""
    with tifffile.TiffFile(path) as tiff:
        info: dict[str, Any] = tiff.imagej_metadata or {}
        factor = _NANOMETRES.get(str(info.get("unit", "")), np.nan)
        tag = tiff.pages.first.tags.get("XResolution")
        per_pixel = tag.value[1] / tag.value[0] if tag is not None and tag.value[0] else np.nan
        size = per_pixel * factor
        spacing = float(info["spacing"]) * factor if "spacing" in info else np.nan
        return (spacing if spacing > 0 else np.nan), (size if size > 0 else np.nan)


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
    return _numbers(Path(path).expanduser())[:, -1]


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
    try:
        table = np.loadtxt(
            path, comments=("#", "%", ";"), delimiter="," if "," in path.read_text(errors="replace") else None, ndmin=2
        )
    except (OSError, ValueError) as error:
        raise ReadError(f"{path} is not a table of numbers: {error}.") from error
    if table.size == 0:
        raise ReadError(f"{path} lists nothing.")
    if not np.all(np.isfinite(table)):
        raise ReadError(f"{path} lists a value that is not a number.")
    return table
