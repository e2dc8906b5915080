"""Xradia ``.xrm`` and ``.txrm`` files (OLE2 containers), with what SSRL 6-2c keeps in their names."""

from __future__ import annotations

import contextlib
import datetime
import struct
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import olefile

from ..data import FloatArray
from ..errors import ReadError
from .names import Role, angle_in, energy_in, role_in
from .reconcile import ENERGY_TOLERANCE, angle_of, energy_of, known
from .series import Image
from .tomogram import Frames

_TYPES: dict[int, np.dtype[Any]] = {3: np.dtype("u1"), 5: np.dtype("<u2"), 10: np.dtype("<f4")}
_BROKEN = (OSError, ValueError, TypeError, IndexError, KeyError, AttributeError, struct.error)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        container = olefile.OleFileIO(str(path))
    except FileNotFoundError as error:
        raise ReadError(f"There is no file {path}.") from error
    except _BROKEN as error:
        raise ReadError(
            f"{path} cannot be opened as an Xradia file, it is truncated or something else: {error}."
        ) from error
    with container:
        yield container


def read_xradia(path: Path, role: Role | None = None, override: Sequence[str] = ()) -> list[Image]:
    """Read what an Xradia file says: its images, one `Image` an energy, and the flat it may carry inside.

    Parameters
    ----------
    role : 'projections', 'flats' or 'darks'
        What the images are; by the file's name when None.

    Raises
    ------
    ReadError
        If the file is truncated, interrupted (declares more images than it holds), a mosaic, or damaged.
    """
    with _opened(path) as ole:
        try:
            return _read(path, ole, role or role_in(path.name), override)
        except _BROKEN as error:
            raise ReadError(f"{path} is damaged, its header cannot be read: {error}.") from error


def _read(path: Path, ole: Any, role: Role, override: Sequence[str]) -> list[Image]:
    header = _Header(path, ole)
    shape, dtype, streams = _layout(path, ole, header)
    count = len(streams)
    exposures, dates = header.floats("ExpTimes")[:count], _dates(ole, count)
    exposure = float(np.median(exposures[exposures > 0])) if np.any(exposures > 0) else np.nan
    pixel_size = header.one("PixelSize") * 1e3 if known(header.one("PixelSize")) else np.nan
    angles, energies = _angles(path, header, count), _energies(path, header, count)
    if count == 1:
        angles[0] = angle_of(path, float(angles[0]), angle_in(path.name), override)
    found: list[Image] = []
    for value in dict.fromkeys(energies.tolist()) if not np.any(np.isnan(energies)) else [np.nan]:
        mine = np.flatnonzero(energies == value) if np.isfinite(value) else np.arange(count)
        load = partial(_load, path, tuple(streams[i] for i in mine), shape, dtype)
        frames = Frames(path, len(mine), shape, dtype, load)
        energy = energy_of(path, value, energy_in(path.name), override)
        time = float(dates[mine[0]])
        found.append(Image(path, role, frames, energy, tuple(angles[mine].tolist()), pixel_size, exposure, time))
        if role == "projections":
            found += _reference(path, ole, header, shape, energy)
    return found


class _Header:
    """Numbers out of ``ImageInfo``."""

    def __init__(self, path: Path, ole: Any) -> None:
        self.path, self.ole = path, ole

    def floats(self, name: str, kind: str = "<f4", folder: str = "ImageInfo") -> FloatArray:
        stream = f"{folder}/{name}"
        if not self.ole.exists(stream):
            return np.empty(0)
        content = self.ole.openstream(stream).read()
        values = np.frombuffer(content[: len(content) // 4 * 4], kind)
        return values.astype(str).astype(np.float64)  # 0.3, not the 0.30000001 that a float32 widens to

    def one(self, name: str) -> float:
        values = self.floats(name)
        return float(values[0]) if len(values) else np.nan

    def whole(self, name: str, default: int | None = None, folder: str = "ImageInfo") -> int:
        values = self.floats(name, "<i4", folder)
        if len(values):
            return int(values[0])
        if default is None:
            raise ReadError(f"{self.path} has no {folder}/{name} in its header: it is truncated or no Xradia image.")
        return default

    def reference_exposure(self) -> float:
        values = self.floats("ExpTime", folder="ReferenceData")
        return float(values[0]) if len(values) and values[0] > 0 else np.nan


def _layout(path: Path, ole: Any, header: _Header) -> tuple[tuple[int, int], np.dtype[Any], list[str]]:
    """Shape, type and streams of the images, once it is certain that all declared ones are there, whole."""
    rows, columns, declared = header.whole("ImageHeight"), header.whole("ImageWidth"), header.whole("NoOfImages")
    code = header.whole("DataType")
    if code not in _TYPES:
        raise ReadError(f"{path}: images of Xradia's data type {code} are not known; 5 (uint16) and 10 (float32) are.")
    if rows <= 0 or columns <= 0 or declared <= 0:
        raise ReadError(f"{path} declares {declared} images of {rows} x {columns} pixels: it holds nothing to read.")
    tiles = header.whole("MosiacRows", 0) * header.whole("MosiacColumns", 0)
    first = ole.get_size("ImageData1/Image1") if ole.exists("ImageData1/Image1") else 0
    if tiles > 1 and (declared > 1 or first > rows * columns * _TYPES[code].itemsize):
        raise ReadError(
            f"{path} is a mosaic of {header.whole('MosiacRows', 0)} rows and {header.whole('MosiacColumns', 0)} columns: "
            "stitch it first, or give the tiles as files of their own."
        )
    streams = [s for s in (f"ImageData{i // 100 + 1}/Image{i + 1}" for i in range(declared)) if ole.exists(s)]
    if len(streams) < declared:
        raise ReadError(
            f"{path} declares {declared} image{'s' if declared > 1 else ''} and holds {len(streams)}: "
            "the scan was interrupted or the file is truncated. Leave it out (on_bad_file='skip'), or take it again."
        )
    dtype = _TYPES[code]
    need = rows * columns * dtype.itemsize
    size = path.stat().st_size
    for stream in streams:
        held = ole.get_size(stream)
        if held < need:
            raise ReadError(
                f"{path}: {stream} holds {held} bytes where {rows} x {columns} pixels need {need}: the file is truncated."
            )
    if need * declared > size or max(_end(ole, s) for s in streams) > size:
        raise ReadError(
            f"{path} is truncated: its {declared} images of {rows} x {columns} pixels do not fit in its {size} bytes."
        )
    return (rows, columns), dtype, streams


def _end(ole: Any, stream: str) -> int:
    """Byte where the first sector of a stream ends; a stream cut off by a truncation starts or ends past the file's end."""
    entry = ole.root
    for part in stream.split("/"):
        entry = entry.kids_dict[part.lower()]
    return 0 if entry.size < ole.minisectorcutoff else (int(entry.isectStart) + 2) * int(ole.sectorsize)


def _angles(path: Path, header: _Header, count: int) -> FloatArray:
    found = header.floats("Angles")
    if len(found) == 0:
        return np.full(count, np.nan)
    if len(found) < count:
        raise ReadError(f"{path} has {len(found)} angles for {count} images: the scan was interrupted.")
    return found[:count]


def _energies(path: Path, header: _Header, count: int) -> FloatArray:
    """Energy of each image in eV; the array may be longer than the images and zero at most of them."""
    found = header.floats("Energy")[:count]
    given = found[np.isfinite(found) & (found > 0)]
    if len(given) == 0:
        return np.full(count, np.nan)
    if np.ptp(given) <= ENERGY_TOLERANCE:
        return np.full(count, float(given[0]))
    if len(given) < count:
        raise ReadError(
            f"{path} says the energies of only {len(given)} of its {count} images, and they differ: give energies=[…] by file."
        )
    steps = np.round(found / ENERGY_TOLERANCE) * ENERGY_TOLERANCE
    return np.array([float(found[steps == s].mean()) for s in steps])


def _dates(ole: Any, count: int) -> FloatArray:
    """Clock time of each image in s, NaN where there is none; 40 bytes an image, as ``05/29/16 15:03:16``."""
    times = np.full(count, np.nan)
    if ole.exists("ImageInfo/Date"):
        content = ole.openstream("ImageInfo/Date").read()
        for i in range(min(count, len(content) // 40)):
            text = content[40 * i : 40 * i + 40].split(b"\0")[0].decode("ascii", "replace").strip()
            for form in ("%m/%d/%y %H:%M:%S", "%m/%d/%Y %H:%M:%S"):
                with contextlib.suppress(ValueError):
                    moment = datetime.datetime.strptime(text.split(".")[0], form)
                    times[i] = moment.replace(tzinfo=datetime.UTC).timestamp()
    return times


def _reference(path: Path, ole: Any, header: _Header, shape: tuple[int, int], energy: float) -> list[Image]:
    """The flat that a file carries inside, unless its images were divided by it already."""
    stream = "ReferenceData/Image"
    if not ole.exists(stream) or header.whole("OriginalDataRefCorrected", 0):
        return []
    dtype = _TYPES.get(header.whole("DataType", 0, "ReferenceData"))
    if dtype is None or ole.get_size(stream) < shape[0] * shape[1] * dtype.itemsize:
        return []
    frames = Frames(path, 1, shape, dtype, partial(_load, path, (stream,), shape, dtype))
    return [Image(path, "flats", frames, energy, exposure=header.reference_exposure())]


def _load(
    path: Path, streams: tuple[str, ...], shape: tuple[int, int], dtype: np.dtype[Any], start: int, stop: int
) -> npt.NDArray[Any]:
    with _opened(path) as ole:
        count = shape[0] * shape[1]
        found = [np.frombuffer(ole.openstream(s).read(), dtype, count).reshape(shape) for s in streams[start:stop]]
    return np.stack(found)
