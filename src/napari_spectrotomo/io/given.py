"""Flats and darks that the caller gives: arrays, or files of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import dask.array as da
import numpy as np
import numpy.typing as npt

from ..arrays import as_array
from ..errors import ReadError
from .reconcile import ENERGY_TOLERANCE
from .series import Image
from .sniff import files_at, format_of
from .tiff.folder import read_tiff
from .tomogram import Frames, Tomogram
from .xradia.images import read_xradia


def with_given(
    tomograms: Sequence[Tomogram], role: Literal["flats", "darks"], value: Any, override: bool
) -> list[Tomogram]:
    """Give tomograms the flats or darks of the caller.

    Parameters
    ----------
    tomograms : sequence of Tomogram, their energies settled
    role : 'flats' or 'darks'
    value : array (row, column) or (frame, row, column) for all energies, a sequence of those one an energy, or paths of images
    override : bool
        Whether they win over the files' own.

    Raises
    ------
    ReadError
        If the files have their own and `override` is not set, or numbers, energies or sizes do not fit.
    """
    if value is None:
        return list(tomograms)
    own = [t for t in tomograms if getattr(t, role)]
    if own and not override:
        raise ReadError(f"{own[0].path} has its own {role}: leave {role} out, or add override=('{role}',).")
    paths = _paths(value)
    if paths is not None:
        images = [_image(p, role) for p in paths]
        return [_from_images(t, role, images) for t in tomograms]
    if not isinstance(value, list | tuple):
        value = as_array(value, role, ReadError)
    arrays = list(value) if isinstance(value, list | tuple) or value.ndim == 4 else [value] * len(tomograms)
    if len(arrays) != len(tomograms):
        raise ReadError(
            f"{len(arrays)} sets of {role} were given for {len(tomograms)} energies: give one set, or one an energy."
        )
    found = []
    for tomogram, array in zip(tomograms, arrays, strict=True):
        frames = _frames(tomogram.path, array, role)
        found.append(_with(tomogram, role, (frames,), np.nan, ()))
    return found


def _with(
    tomogram: Tomogram, role: str, frames: tuple[Frames, ...], exposure: float, files: tuple[Path, ...]
) -> Tomogram:
    if role == "darks":
        new = replace(tomogram, darks=frames, files=(*tomogram.files, *files))
    else:
        own = {"flat_exposure": exposure, "flat_positions": None, "flat_current": None}
        new = replace(tomogram, flats=frames, files=(*tomogram.files, *files), **own)  # type: ignore[arg-type]
    return new.checked()


def _paths(value: Any) -> list[Path] | None:
    if isinstance(value, str | Path):
        return files_at(value)
    if isinstance(value, list | tuple) and value and all(isinstance(v, str | Path) for v in value):
        return [p for v in value for p in files_at(v)]
    return None


def _image(path: Path, role: Literal["flats", "darks"]) -> Image:
    found = format_of(path)
    if found == "tiff":
        return read_tiff(path, role)
    if found == "xradia":
        return read_xradia(path, role)[0]
    raise ReadError(f"{path} cannot be read as {role}: give TIFF or .xrm images, or an array.")


def _from_images(tomogram: Tomogram, role: str, images: list[Image]) -> Tomogram:
    """Take the images of the tomogram's energy; all of them where their energies are unknown."""
    mine = [i for i in images if not np.isfinite(i.energy) or abs(i.energy - tomogram.energy) <= ENERGY_TOLERANCE]
    if not mine:
        raise ReadError(f"None of the {role} given was taken at {tomogram.energy:g} eV.")
    exposures = [i.exposure for i in mine if np.isfinite(i.exposure)]
    exposure = float(np.median(exposures)) if exposures else np.nan
    return _with(tomogram, role, tuple(i.frames for i in mine), exposure, tuple(i.path for i in mine))


def _frames(path: Path, array: Any, role: str) -> Frames:
    images = as_array(array, role, ReadError)
    images = images if isinstance(images, da.Array) else np.asarray(images)
    images = images[None] if images.ndim == 2 else images
    if images.ndim != 3 or images.dtype.kind not in "uif":
        raise ReadError(
            f"The {role} given must be images (frame, row, column); they have shape {images.shape} and type {images.dtype}."
        )
    rows, columns = images.shape[1:]
    return Frames(path, len(images), (rows, columns), images.dtype, partial(_slice, images))


def _slice(images: Any, start: int, stop: int) -> npt.NDArray[Any]:
    return np.asarray(images[start:stop])
