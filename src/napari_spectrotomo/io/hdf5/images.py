"""Images in HDF5, not read yet: in the file itself, behind a link, or gathered from other files."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from ...errors import ReadError
from ..tomogram import Frames
from .file import MOST_NUMBERS, find, opened
from .reach import Reach, current_reach, reaching, sources

Indices = npt.NDArray[np.int64]
_LARGEST_CHUNK = 2**30  # bytes that HDF5 unpacks to give one image
_MOST_NESTED = 16  # virtual datasets that gather from virtual datasets


def images(
    path: Path, group: h5py.Group, *names: str, indices: Indices | None = None, first: int | None = None
) -> Frames | None:
    """Take images (frame, row, column), or one image (row, column), without reading them; None where there are none.

    Parameters
    ----------
    indices : (n,) int, ascending
        Which frames; all when None.
    first : int
        Which of the first axis, where the dataset has four: (energy, frame, row, column).

    Raises
    ------
    ReadError
        If the dataset is not a stack of numbers, was not written whole, or lies in a file that is missing.
    """
    name, dataset = next(
        ((n, d) for n, d in ((n, find(group, n)) for n in names) if d is not None and d.size), ("", None)
    )
    if dataset is None:
        return None
    if dataset.ndim not in ((4,) if first is not None else (2, 3)) or dataset.dtype.kind not in "uif":
        raise ReadError(
            f"{path}: {dataset.name} must be images (frame, row, column); it has shape {dataset.shape} and type {dataset.dtype}."
        )
    require_whole(path, dataset)
    count = 1 if dataset.ndim == 2 else dataset.shape[-3]
    if dataset.size // math.prod(dataset.shape[-2:]) > MOST_NUMBERS:
        raise ReadError(f"{path}: {dataset.name} declares {count} images, which no scan has: the file is damaged.")
    if indices is not None:
        count = len(indices)
    load = partial(_load, current_reach(), path, full_name(group, name), indices, first)
    rows, columns = map(int, dataset.shape[-2:])
    return Frames(path, count, (rows, columns), np.dtype(dataset.dtype).newbyteorder("="), load) if count else None


def others(path: Path, group: h5py.Group, *names: str) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """Files in which the images of a dataset lie besides its own, and what is doubtful about that.

    Returns
    -------
    files : tuple of Path
    doubts : tuple of sentences
        That a link leaves the folder of the scan: what is there may be another scan's.
    """
    dataset = next((d for d in (find(group, n) for n in names) if d is not None and d.size), None)
    if dataset is None:
        return (), ()
    home = Path(dataset.file.filename)
    found = [f for f in dict.fromkeys([home, *(f for f, _ in sources(home, dataset))]) if f.resolve() != path.resolve()]
    reach = current_reach()
    doubts = [
        f"{dataset.name} lies in {file}, outside the folder of the scan: make sure that it belongs to it."
        for file in found
        if not reach.holds(file, path)
    ]
    return tuple(found), tuple(doubts)


def require_whole(path: Path, dataset: h5py.Dataset) -> None:
    """Raise `ReadError` where some of a dataset was never written or lies in a file that is not here; nothing of it is read."""
    _require_sources(Path(dataset.file.filename), dataset)
    _require_written(path, dataset)


def _require_sources(home: Path, dataset: h5py.Dataset, left: int = _MOST_NESTED) -> None:
    """Raise `ReadError` where a source is missing, or none gives some of the pixels: HDF5 itself would give zeros for them."""
    if left == 0:
        raise ReadError(f"{home}: {dataset.name} is gathered from virtual datasets in a circle.")
    for file, name in dict.fromkeys(sources(home, dataset)):
        if not file.exists():
            raise ReadError(f"{home}: {dataset.name} lies in {file.name}, which is not here: put that file back.")
        if name:
            with opened(file) as source:
                found = find(source, name)
                if found is None:
                    raise ReadError(f"{home}: {dataset.name} lies in {name} of {file.name}, which has no such images.")
                _require_sources(file, found, left - 1)
                _require_written(file, found)
    if dataset.is_virtual and (given := _pixels_given(dataset)) < dataset.size:
        raise ReadError(
            f"{home}: {dataset.name} has {dataset.size} pixels, of which {dataset.size - given} lie nowhere."
        )


def _pixels_given(dataset: h5py.Dataset) -> int:
    """How many pixels of a virtual dataset some source is said to hold; all, where their number is left open."""
    spaces = [(source.vspace, source.file_name) for source in dataset.virtual_sources()]
    if any("%" in name or h5py.h5s.UNLIMITED in space.get_simple_extent_dims(True) for space, name in spaces):
        return int(dataset.size)
    return sum(int(space.get_select_npoints()) for space, _ in spaces)


def _require_written(path: Path, dataset: h5py.Dataset) -> None:
    """Raise `ReadError` where room was made for images that were never written: HDF5 would give zeros for them.

    Or where one image cannot be had without unpacking a piece larger than any that is written with care.
    """
    if dataset.is_virtual or dataset.external:
        return
    if dataset.chunks is None:
        missing = dataset.id.get_storage_size() == 0
    else:
        declared = math.prod(-(-n // c) for n, c in zip(dataset.shape, dataset.chunks, strict=True))
        missing = dataset.id.get_num_chunks() < declared
    piece = math.prod(dataset.chunks or ()) * dataset.dtype.itemsize
    if dataset.chunks is not None and piece > _LARGEST_CHUNK:
        raise ReadError(
            f"{path}: {dataset.name} is stored in pieces of {piece / 2**30:.1f} GB, each of which one image would need whole: "
            "write it anew in pieces of an image (h5repack -l)."
        )
    if missing:
        raise ReadError(
            f"{path}: {dataset.name} has room for {' x '.join(map(str, dataset.shape))} numbers, of which some were never "
            "written: the scan was interrupted."
        )


def dataset_at(file: h5py.File, name: str) -> h5py.Dataset:
    """Give a dataset that was there before, with all it is gathered from, to read it now.

    Raises
    ------
    ReadError
        If it is there no longer, or a file it gathers from is not.
    """
    dataset = find(file, name)
    if dataset is None:
        raise ReadError(f"{file.filename} no longer has {name}: it changed since it was opened.")
    _require_sources(Path(dataset.file.filename), dataset)
    return dataset


def full_name(group: h5py.Group, name: str) -> str:
    """Give the name from the root of the group's file by which a dataset is found again: behind a link, its own is another."""
    return f"{group.name.rstrip('/')}/{name.lstrip('/')}"


def _load(
    reach: Reach, path: Path, name: str, indices: Indices | None, first: int | None, start: int, stop: int
) -> npt.NDArray[Any]:
    with reaching(reach), opened(path) as file:
        dataset = dataset_at(file, name)
        if dataset.ndim == 2:
            return np.asarray(dataset[()])[None][start:stop]
        lead = () if first is None else (first,)
        if indices is None:
            return np.asarray(dataset[(*lead, slice(start, stop))])
        wanted = indices[start:stop]
        runs = np.split(wanted, np.flatnonzero(np.diff(wanted) != 1) + 1)
        return np.concatenate([dataset[(*lead, slice(int(r[0]), int(r[-1]) + 1))] for r in runs])
