"""Volumes in TIFF: one 3-D file an energy, one 4-D file, a folder of slices an energy, or a file a slice with a page an energy."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...data import FloatArray
from ...errors import ReadError
from ..names import energy_in, natural
from ..tiff.file import tiff_axes, tiff_frames, tiff_voxel_size
from ..tiff.pages import page, pages_are_energies
from ..tomogram import Frames
from .volume import Volume, Volumes


def tiff_volumes(files: list[Path], energies: int | None = None, slices: bool = False) -> Volumes:
    """Take the volumes of TIFF files, in natural order of files or folders.

    Parameters
    ----------
    energies : int
        How many energies a list names; None where there is no list.
    slices : bool
        Whether it is certain that a file is a slice (energy, y, x); told by the number of energies where it is not.

    Raises
    ------
    ReadError
        If a file is broken, or slices of one volume differ in size.
    """
    frames = {f: tiff_frames(f) for f in sorted(files, key=natural)}
    doubts: list[str] = []
    pages = [its.count for its in frames.values()]
    named = any(np.isfinite([energy_in(f.name), energy_in(f.parent.name)]).any() for f in frames)
    advice = " If a file is one slice of all energies, say format='tiff-slices'."
    if slices or pages_are_energies(pages, named, energies, doubts, advice):
        return Volumes(tuple(_of_pages(list(frames.values()))))
    of_folder: dict[Path, list[Frames]] = defaultdict(list)
    found: list[Volume] = []
    for path, its in frames.items():
        if its.count == 1:
            of_folder[path.parent].append(its)
        else:
            found += _of_one_file(path, its)
    return Volumes((*found, *(_of_slices(folder, its) for folder, its in of_folder.items())), doubts=tuple(doubts))


def _of_pages(slices: list[Frames]) -> list[Volume]:
    """Volumes of files that are a slice (energy, y, x) each."""
    first = slices[0]
    for its in slices:
        if (its.count, its.shape) != (first.count, first.shape):
            raise ReadError(
                f"{its.path} has {its.count} pages of {its.shape[0]} x {its.shape[1]} pixels and {first.path.name} {first.count} "
                f"of {first.shape[0]} x {first.shape[1]}: every slice holds all energies."
            )
    pixel = tiff_voxel_size(first.path)[1]
    shape = (len(slices), *first.shape)
    loads = [partial(_load_slices, tuple(page(s, e) for s in slices)) for e in range(first.count)]
    return [Volume(first.path.parent, load, shape, first.dtype, np.nan, np.full(3, pixel)) for load in loads]


def _of_one_file(path: Path, frames: Frames) -> list[Volume]:
    shape = tiff_axes(path)
    if len(shape) not in (3, 4):
        raise ReadError(f"{path} has {len(shape)} axes: a volume has three (z, y, x), a stack four (energy, z, y, x).")
    size = _size(path)
    depth = shape[-3]
    one: tuple[int, int, int] = (depth, shape[-2], shape[-1])
    count = shape[0] if len(shape) == 4 else 1
    energy = energy_in(path.name) if count == 1 else np.nan
    energy = energy_in(path.parent.name) if count == 1 and np.isnan(energy) else energy
    return [
        Volume(path, partial(frames.load, i * depth, (i + 1) * depth), one, frames.dtype, energy, size)
        for i in range(count)
    ]


def _of_slices(folder: Path, slices: list[Frames]) -> Volume:
    for its in slices:
        if its.shape != slices[0].shape:
            raise ReadError(
                f"{its.path} has {its.shape[0]} x {its.shape[1]} pixels and other slices of its volume do not."
            )
    shape = (len(slices), *slices[0].shape)
    energy = energy_in(slices[0].path.name)
    energy = energy if np.isfinite(energy) else energy_in(folder.name)
    return Volume(folder, partial(_load_slices, tuple(slices)), shape, slices[0].dtype, energy, _size(slices[0].path))


def _size(path: Path) -> FloatArray:
    """Voxel size (3,) in nm; slices without a spacing are as far apart as pixels."""
    spacing, pixel = tiff_voxel_size(path)
    return np.array([spacing if np.isfinite(spacing) else pixel, pixel, pixel])


def _load_slices(slices: tuple[Frames, ...]) -> npt.NDArray[Any]:
    return np.concatenate([s.load(0, 1) for s in slices])
