"""Volumes as TIFF files that Fiji opens with their voxel size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy.typing as npt
import tifffile

from ..atomic import whole_file
from ..data import FloatArray


def write_tiff(path: Path, volume: npt.NDArray[Any], voxel_size: FloatArray | None) -> None:
    """Write a (z, y, x) volume, uint16 or float32, as an ImageJ TIFF with its voxel size in nm; whole or not at all."""
    about: dict[str, Any] = {"axes": "ZYX"}
    extra: dict[str, Any] = {}
    if voxel_size is not None:
        about |= {"spacing": float(voxel_size[0]), "unit": "nm"}
        extra["resolution"] = (1 / float(voxel_size[2]), 1 / float(voxel_size[1]))
    with whole_file(path) as temporary:
        tifffile.imwrite(temporary, volume, imagej=True, metadata=about, **extra)
