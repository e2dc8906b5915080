"""One TIFF file: whether it is whole, its pages as images not read yet, and the size of its pixels."""

from __future__ import annotations

import contextlib
import struct
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tifffile

from ...errors import ReadError
from ..tomogram import Frames

_BROKEN = (
    OSError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    RuntimeError,
    MemoryError,
    AssertionError,
)
_BROKEN_PIXELS = (struct.error, zlib.error)
_MOST_PACKED = 2000  # no lossless compression of TIFF makes images smaller than this
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


@contextlib.contextmanager
def opened_tiff(path: Path) -> Iterator[tifffile.TiffFile]:
    """Open a TIFF file that is certain to be whole as far as its pages go.

    Raises
    ------
    ReadError
        If it is not there, is no TIFF, is truncated, or turns out to be damaged while it is open.
    """
    _require_pages(path)
    try:
        with tifffile.TiffFile(path) as tiff:
            yield tiff
    except FileNotFoundError as error:
        raise ReadError(f"There is no file {path}.") from error
    except (*_BROKEN, *_BROKEN_PIXELS) as error:
        reason = " ".join(str(error).split()).rstrip(".") or type(error).__name__
        raise ReadError(f"{path} cannot be read as TIFF, it is truncated or something else: {reason}.") from error


def _require_pages(path: Path) -> None:
    """Raise `ReadError` where the chain of pages leaves the file: what is left would pass for a shorter one."""
    try:
        with path.open("rb", buffering=0) as file:
            size = file.seek(0, 2)
            file.seek(0)
            head = file.read(16)
            order = "<" if head[:2] == b"II" else ">"
            big = head[2:4] in (b"+\0", b"\0+")
            count, entry, offset = ("Q", 20, "Q") if big else ("H", 12, "I")
            wide, narrow = struct.calcsize(order + offset), struct.calcsize(order + count)
            start = 8 if big else 4
            (at,) = struct.unpack_from(order + offset, head, start) if len(head) >= start + wide else (size,)
            seen: set[int] = set()
            while at and at not in seen:
                seen.add(at)
                file.seek(at)
                counted = file.read(narrow)
                number = struct.unpack(order + count, counted)[0] if len(counted) == narrow else size
                end = at + narrow + number * entry
                if end + wide > size:
                    raise ReadError(
                        f"{path} cannot be read as TIFF, it is truncated or something else: a page lies past its end."
                    )
                file.seek(end)
                (at,) = struct.unpack(order + offset, file.read(wide))
    except FileNotFoundError as error:
        raise ReadError(f"There is no file {path}.") from error
    except OSError as error:
        raise ReadError(f"{path} cannot be read: {error.strerror or error}.") from error


def tiff_frames(path: Path) -> Frames:
    """Take the pages of a TIFF file as images, without reading them.

    Raises
    ------
    ReadError
        If the file is no TIFF, truncated, in colour, or its pages differ.
    """
    with opened_tiff(path) as tiff:
        shape, dtype = _checked(path, tiff)
    return Frames(path, int(np.prod(shape[:-2], dtype=int)), (shape[-2], shape[-1]), dtype, partial(_load, path))


def _checked(path: Path, tiff: tifffile.TiffFile) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and type of the images, once it is certain that there is one kind of them and their pixels are in the file."""
    page = tiff.pages.first
    if len(tiff.series) > 1 and not all(s.keyframe.is_reduced for s in tiff.series[1:]):
        raise ReadError(f"{path} holds pages of different sizes or types: one file has one kind of image.")
    shape = tuple(map(int, tiff.series[0].shape))
    if page.samplesperpixel != 1:
        raise ReadError(f"{path} is a colour picture: projections have one number a pixel.")
    dtype = np.dtype(page.dtype)
    if len(shape) < 2 or dtype.kind not in "uif":
        raise ReadError(f"{path} holds no images of numbers: its shape is {shape} and its type {dtype}.")
    last = tiff.pages[-1] if len(tiff.pages) > 1 else page
    end = max(o + n for p in (page, last) for o, n in zip(p.dataoffsets, p.databytecounts, strict=True))
    pixels = int(np.prod(shape, dtype=object)) * dtype.itemsize
    if len(tiff.pages) == 1 and len(shape) > 2 and page.compression == 1:
        end = page.dataoffsets[0] + pixels
    size = path.stat().st_size
    if end > size:
        raise ReadError(f"{path} is truncated: its pixels would end at byte {end} and the file has {size}.")
    if pixels > _MOST_PACKED * size:
        raise ReadError(f"{path} is damaged: images of shape {shape} cannot be in its {size} bytes.")
    return shape, dtype


def _load(path: Path, start: int, stop: int) -> npt.NDArray[Any]:
    with opened_tiff(path) as tiff:
        shape, _ = _checked(path, tiff)
        series = tiff.series[0]
        if len(series.pages) > 1 and len(series.pages) == int(np.prod(shape[:-2])):
            if stop <= start:
                return np.empty((0, *shape[-2:]), series.dtype)
            return np.asarray(series.asarray(key=slice(start, stop))).reshape(-1, *shape[-2:])
        return np.asarray(series.asarray()).reshape(-1, *shape[-2:])[start:stop]


def tiff_voxel_size(path: Path) -> tuple[float, float]:
    """Spacing of pages and pixel size in nm, as ImageJ writes them; NaN where unknown."""
    with opened_tiff(path) as tiff:
        info: dict[str, Any] = tiff.imagej_metadata or {}
        factor = _NANOMETRES.get(str(info.get("unit", "")), np.nan)
        tag = tiff.pages.first.tags.get("XResolution")
        per_pixel = tag.value[1] / tag.value[0] if tag is not None and tag.value[0] else np.nan
        size = per_pixel * factor
        spacing = float(info["spacing"]) * factor if "spacing" in info else np.nan
        return (spacing if spacing > 0 else np.nan), (size if size > 0 else np.nan)


def tiff_axes(path: Path) -> tuple[int, ...]:
    """Shape of all that a file holds, its pages included."""
    with opened_tiff(path) as tiff:
        return tuple(map(int, tiff.series[0].shape))
