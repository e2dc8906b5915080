"""Images in HDF5, not read yet: in the file itself, behind a link, or gathered from other files."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from ...errors import ReadError
from ..tomogram import Frames
from .file import find, opened

Indices = npt.NDArray[np.int64]


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
    dataset = next((d for d in (find(group, n) for n in names) if d is not None and d.size), None)
    if dataset is None:
        return None
    if dataset.ndim not in ((4,) if first is not None else (2, 3)) or dataset.dtype.kind not in "uif":
        raise ReadError(
            f"{path}: {dataset.name} must be images (frame, row, column); it has shape {dataset.shape} and type {dataset.dtype}."
        )
    home = Path(dataset.file.filename)  # another file, where it is behind a link
    require_whole(path, dataset)
    count = 1 if dataset.ndim == 2 else dataset.shape[-3]
    if indices is not None:
        count = len(indices)
    load = partial(_load, home, dataset.name, indices, first)
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
    found = dict.fromkeys(
        ([home] if home.resolve() != path.resolve() else []) + [f for f, _ in _sources(home, dataset)]
    )
    folder = path.resolve().parent
    doubts = [
        f"{dataset.name} lies in {file}, outside the folder of the scan: make sure that it belongs to it."
        for file in found
        if not file.resolve().is_relative_to(folder)
    ]
    return tuple(found), tuple(doubts)


def require_whole(path: Path, dataset: h5py.Dataset) -> None:
    """Raise `ReadError` where some of a dataset was never written or lies in a file that is not here; nothing of it is read."""
    _require_sources(Path(dataset.file.filename), dataset)
    _require_written(path, dataset)


def _sources(home: Path, dataset: h5py.Dataset) -> Iterator[tuple[Path, str]]:
    """Files and datasets that a virtual dataset gathers from; a raw file has no dataset."""
    if dataset.is_virtual:
        for source in dataset.virtual_sources():
            if source.file_name != "." and "%" not in source.file_name:
                yield home.parent / source.file_name, source.dset_name
    for name, _, _ in dataset.external or ():
        yield home.parent / (name.decode() if isinstance(name, bytes) else name), ""


def _require_sources(home: Path, dataset: h5py.Dataset) -> None:
    """Raise `ReadError` where a source is missing: HDF5 itself would give zeros for it."""
    for file, name in dict.fromkeys(_sources(home, dataset)):
        if not file.exists():
            raise ReadError(f"{home}: {dataset.name} lies in {file.name}, which is not here: put that file back.")
        if name:
            with opened(file) as source:
                if find(source, name) is None:
                    raise ReadError(f"{home}: {dataset.name} lies in {name} of {file.name}, which has no such images.")


def _require_written(path: Path, dataset: h5py.Dataset) -> None:
    """Raise `ReadError` where room was made for images that were never written: HDF5 would give zeros for them."""
    if dataset.is_virtual or dataset.external:
        return
    if dataset.chunks is None:
        missing = dataset.id.get_storage_size() == 0
    else:
        declared = math.prod(-(-n // c) for n, c in zip(dataset.shape, dataset.chunks, strict=True))
        missing = dataset.id.get_num_chunks() < declared
    if missing:
        raise ReadError(
            f"{path}: {dataset.name} has room for {' x '.join(map(str, dataset.shape))} numbers, of which some were never "
            "written: the scan was interrupted."
        )


def _load(path: Path, name: str, indices: Indices | None, first: int | None, start: int, stop: int) -> npt.NDArray[Any]:
    with opened(path) as file:
        dataset = file[name]
        _require_sources(path, dataset)
        if dataset.ndim == 2:
            return np.asarray(dataset[()])[None][start:stop]
        lead = () if first is None else (first,)
        if indices is None:
            return np.asarray(dataset[(*lead, slice(start, stop))])
        wanted = indices[start:stop]
        runs = np.split(wanted, np.flatnonzero(np.diff(wanted) != 1) + 1)
        return np.concatenate([dataset[(*lead, slice(int(r[0]), int(r[-1]) + 1))] for r in runs])
