"""One TIFF file: its pages as images not read yet, and the size of its pixels."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tifffile

from ...errors import ReadError
from ...tiff_pages import opened_tiff, require_modest_pieces
from ..tomogram import Frames

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
    declared = (tiff.imagej_metadata or {}).get("images", 1)
    if isinstance(declared, int) and declared > np.prod(shape[:-2], dtype=object):
        raise ReadError(f"{path} is truncated: ImageJ says it holds {declared} images, and it has room for fewer.")
    if tiff.series[0].kind == "ome" and any(page is None for page in tiff.series[0].pages):
        raise ReadError(
            f"{path} has no pixels for some of its {len(tiff.series[0].pages)} pages: it was cut out of a larger set."
        )
    if pixels > _MOST_PACKED * size:
        raise ReadError(f"{path} is damaged: images of shape {shape} cannot be in its {size} bytes.")
    return shape, dtype


def _load(path: Path, start: int, stop: int) -> npt.NDArray[Any]:
    with opened_tiff(path) as tiff:
        shape, _ = _checked(path, tiff)
        series = tiff.series[0]
        require_modest_pieces(path, series, start, stop)
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
