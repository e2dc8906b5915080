"""Volumes as TIFF files that Fiji opens with their voxel size."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy.typing as npt
import tifffile

from ..atomic import whole_file
from ..data import FloatArray


def write_tiff(path: Path, volume: npt.NDArray[Any], voxel_size: FloatArray | None, names: Sequence[str] = ()) -> None:
    """Write a volume as an ImageJ TIFF with its voxel size in nm; whole or not at all.

    Parameters
    ----------
    path : path
    volume : (z, y, x), or (k, z, y, x) for several volumes; uint16 or float32
        ImageJ calls the first of four axes time.
    voxel_size : (3,), nm, or None when unknown
    names : sequence of str
        Of several volumes: each slice is labelled with its volume's, and ImageJ's Info lists them.
    """
    about: dict[str, Any] = {"axes": "TZYX"[-volume.ndim :]}
    extra: dict[str, Any] = {}
    if names:
        about["Labels"] = [name for name in names for _ in range(volume.shape[1])]
        about["Info"] = "".join(f"channel {k}: {name}\n" for k, name in enumerate(names, 1))
    if voxel_size is not None:
        about |= {"spacing": float(voxel_size[0]), "unit": "nm"}
        extra["resolution"] = (1 / float(voxel_size[2]), 1 / float(voxel_size[1]))
    with whole_file(path) as temporary:
        tifffile.imwrite(temporary, volume, imagej=True, metadata=about, **extra)
