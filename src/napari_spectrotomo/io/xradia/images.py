"""Xradia ``.xrm`` and ``.txrm`` files (OLE2 containers), with what SSRL 6-2c keeps in their names."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...data import FloatArray
from ...errors import ReadError
from ..names import Role, angle_in, energy_in, role_in
from ..reconcile import ENERGY_TOLERANCE, angle_of, energy_of, known
from ..series import Image
from ..tomogram import Frames
from .compound import CompoundFile
from .mosaic import Mosaic, mosaic_of

_TYPES: dict[int, np.dtype[Any]] = {3: np.dtype("u1"), 5: np.dtype("<u2"), 10: np.dtype("<f4")}


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
    with CompoundFile(path) as file:
        header = _Header(path, file)
        stored = _stored(path, file, header)
        return _images(path, file, header, stored, role or role_in(path.name), override)


@dataclass(frozen=True, slots=True)
class _Stored:
    """How images lie in a file: the streams of each (one, or those of its tiles), and their type."""

    streams: tuple[tuple[str, ...], ...]
    shape: tuple[int, int]
    tile: tuple[int, int]
    dtype: np.dtype[Any]
    mosaic: Mosaic


def _images(
    path: Path, file: CompoundFile, header: _Header, stored: _Stored, role: Role, override: Sequence[str]
) -> list[Image]:
    count = len(stored.streams)
    firsts = np.arange(count) * stored.mosaic.tiles
    dates = _dates(file, int(firsts[-1]) + 1)
    exposures = header.floats("ExpTimes" if file.exists("ImageInfo/ExpTimes") else "ExpTime")[
        : count * stored.mosaic.tiles
    ]
    exposure = float(np.median(exposures[exposures > 0])) if np.any(exposures > 0) else np.nan
    pixel_size = header.one("PixelSize") * 1e3 if known(header.one("PixelSize")) else np.nan
    angles = _angles(path, header, count * stored.mosaic.tiles)[firsts]
    energies = _energies(path, header, count * stored.mosaic.tiles)[firsts]
    if count == 1:
        angles[0] = angle_of(path, float(angles[0]), angle_in(path.name), override)
    doubts = (*stored.mosaic.doubts, *(_shifts(header) if role == "projections" else ()))
    found: list[Image] = []
    for value in dict.fromkeys(energies.tolist()) if not np.any(np.isnan(energies)) else [np.nan]:
        mine = np.flatnonzero(energies == value) if np.isfinite(value) else np.arange(count)
        load = partial(_load, path, tuple(stored.streams[i] for i in mine), stored)
        frames = Frames(path, len(mine), stored.shape, stored.dtype, load)
        energy = energy_of(path, value, energy_in(path.name), override)
        time = float(dates[firsts[mine[0]]])
        view_angles = tuple(angles[mine].tolist())
        found.append(Image(path, role, frames, energy, view_angles, pixel_size, exposure, time, doubts))
        if role == "projections":
            found += _reference(path, file, header, stored, energy)
    return found


class _Header:
    """Numbers out of ``ImageInfo``."""

    def __init__(self, path: Path, file: CompoundFile) -> None:
        self.path, self.file = path, file

    def floats(self, name: str, kind: str = "<f4", folder: str = "ImageInfo") -> FloatArray:
        content = self.file.listed(f"{folder}/{name}")
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


def _stored(path: Path, file: CompoundFile, header: _Header) -> _Stored:
    """How the images lie in the file, once it is certain that all declared ones are there, whole."""
    rows, columns, declared = header.whole("ImageHeight"), header.whole("ImageWidth"), header.whole("NoOfImages")
    code = header.whole("DataType")
    if code not in _TYPES:
        raise ReadError(f"{path}: images of Xradia's data type {code} are not known; 5 (uint16) and 10 (float32) are.")
    if rows <= 0 or columns <= 0 or declared <= 0:
        raise ReadError(f"{path} declares {declared} images of {rows} x {columns} pixels: it holds nothing to read.")
    dtype = _TYPES[code]
    need = rows * columns * dtype.itemsize
    most = min(declared, file.entries)  # a damaged header may declare billions
    streams = [s for s in (f"ImageData{i // 100 + 1}/Image{i + 1}" for i in range(most)) if file.exists(s)]
    if len(streams) < declared:
        raise ReadError(
            f"{path} declares {declared} image{'s' if declared > 1 else ''} and holds {len(streams)}: "
            "the scan was interrupted or the file is truncated. Leave it out (on_bad_file='skip'), or take it again."
        )
    if need * declared > file.bytes:
        raise ReadError(
            f"{path} is truncated: its {declared} images of {rows} x {columns} pixels do not fit in its {file.bytes} bytes."
        )
    for stream in streams:
        held = file.size(stream)
        if held < need:
            raise ReadError(
                f"{path}: {stream} holds {held} bytes where {rows} x {columns} pixels need {need}: the file is truncated."
            )
        file.require_whole(stream)
    mosaic = mosaic_of(header, (rows, columns), declared, file.size(streams[0]) // need)
    of_image = range(0, declared, mosaic.tiles)
    return _Stored(
        tuple(tuple(streams[i : i + mosaic.tiles]) for i in of_image), mosaic.shape, mosaic.tile, dtype, mosaic
    )


def _angles(path: Path, header: _Header, count: int) -> FloatArray:
    found = header.floats("Angles")
    if len(found) == 0:
        return np.full(count, np.nan)
    if len(found) < count:
        raise ReadError(f"{path} has {len(found)} angles for {count} images: the scan was interrupted.")
    found = found[:count]
    bad = np.flatnonzero(~np.isfinite(found))
    if 0 < len(bad) < count:
        raise ReadError(f"{path}: the angle of projection {bad[0]} is not a number.")
    return found


def _energies(path: Path, header: _Header, count: int) -> FloatArray:
    """Energy of each image in eV; the array may be longer than the images and zero at most of them."""
    found = header.floats("Energy")[:count]
    if not np.any(found):
        found = _energy_motor(header)[:count]
    given = found[np.isfinite(found) & (found > 0)]
    if len(given) == 0:
        return np.full(count, np.nan)
    if np.ptp(given) <= ENERGY_TOLERANCE:
        return np.full(count, float(given[0]))
    if len(given) < count:
        raise ReadError(
            f"{path} says the energies of only {len(given)} of its {count} images, and they differ: give energies=[…] by file."
        )
    order = np.argsort(found, kind="stable")
    step = np.empty(count, np.int64)
    step[order] = np.concatenate([[0], np.cumsum(np.diff(found[order]) > ENERGY_TOLERANCE)])
    return np.array([float(found[step == s].mean()) for s in step])


def _energy_motor(header: _Header) -> FloatArray:
    """Energy of each image in eV as the monochromator's position says it, where it is one of the instrument's axes."""
    total = header.whole("TotalAxis", 0, "PositionInfo")
    names = [n for n in header.file.listed("PositionInfo/AxisNames").split(b"\0") if n]
    positions = header.floats("MotorPositions", folder="PositionInfo")
    if total < 1 or len(names) != total or b"Energy" not in names or len(positions) % total:
        return np.empty(0)
    return positions.reshape(-1, total)[:, names.index(b"Energy")]


def _shifts(header: _Header) -> tuple[str, ...]:
    """Say that a file carries shifts of its images, which Xradia's own software measured."""
    shifts = np.concatenate([header.floats(f"{axis}-Shifts", folder="Alignment") for axis in "XY"])
    largest = float(np.max(np.abs(shifts[np.isfinite(shifts)]), initial=0.0))
    if largest == 0:
        return ()
    return (f"The file carries alignment shifts of up to {largest:.2g} pixels, which are not applied.",)


def _dates(file: CompoundFile, count: int) -> FloatArray:
    """Clock time of each image in s, NaN where there is none; 40 bytes an image, as ``05/29/16 15:03:16``."""
    times = np.full(count, np.nan)
    content = file.listed("ImageInfo/Date")
    for i in range(min(count, len(content) // 40)):
        text = content[40 * i : 40 * i + 40].split(b"\0")[0].decode("ascii", "replace").strip()
        for form in ("%m/%d/%y %H:%M:%S", "%m/%d/%Y %H:%M:%S"):
            with contextlib.suppress(ValueError):
                moment = datetime.datetime.strptime(text.split(".")[0], form)
                times[i] = moment.replace(tzinfo=datetime.UTC).timestamp()
    return times


def _reference(path: Path, file: CompoundFile, header: _Header, stored: _Stored, energy: float) -> list[Image]:
    """The flat that a file carries inside, unless its images were divided by it already; that of one tile serves all."""
    stream = "ReferenceData/Image"
    dtype = _TYPES.get(header.whole("DataType", 0, "ReferenceData"))
    if dtype is None or not file.exists(stream) or header.whole("OriginalDataRefCorrected", 0):
        return []
    pixels = file.size(stream) // dtype.itemsize
    mosaic = stored.mosaic
    small = (stored.shape[0] // mosaic.rows, stored.shape[1] // mosaic.columns)
    tile = next((t for t in (stored.shape, small) if pixels == t[0] * t[1]), None)
    if tile is None:
        return []
    repeat = (1, 1) if tile == stored.shape else (mosaic.rows, mosaic.columns)
    frames = Frames(path, 1, stored.shape, dtype, partial(_load_reference, path, stream, tile, repeat, dtype))
    return [Image(path, "flats", frames, energy, exposure=header.reference_exposure())]


def _load(path: Path, images: tuple[tuple[str, ...], ...], stored: _Stored, start: int, stop: int) -> npt.NDArray[Any]:
    found = np.empty((stop - start, *stored.shape), stored.dtype.newbyteorder("="))
    with CompoundFile(path) as file:
        for image, streams in zip(found, images[start:stop], strict=True):
            image[:] = stored.mosaic.joined(
                [np.frombuffer(file.read(s), stored.dtype)[: stored.tile[0] * stored.tile[1]] for s in streams]
            )
    return found


def _load_reference(
    path: Path, stream: str, tile: tuple[int, int], repeat: tuple[int, int], dtype: np.dtype[Any], start: int, stop: int
) -> npt.NDArray[Any]:
    with CompoundFile(path) as file:
        return np.tile(np.frombuffer(file.read(stream), dtype).reshape(tile), repeat)[None][start:stop]
