"""Opening HDF5 files and taking numbers and words out of them, with errors that name the file and the field."""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt

from ...data import FloatArray
from ...errors import ReadError
from .reach import require_dataset_within, require_path_within

MOST_NUMBERS = 1_000_000
"""Energies, angles, currents… of a file are fewer: no scan has as many frames."""
_LONGEST_WORDS = 2**20  # bytes of a text
_LARGEST_CHUNK = 64 * 2**20  # bytes that are unpacked for a list of numbers


@cache
def _compression_filters() -> None:
    with contextlib.suppress(ImportError):
        import_module("hdf5plugin")


@contextlib.contextmanager
def opened(path: Path) -> Iterator[h5py.File]:
    """Open an HDF5 file for reading.

    Raises
    ------
    ReadError
        If it is not there, no HDF5, truncated, or turns out to be damaged while it is open.
    """
    _compression_filters()
    try:
        file = h5py.File(path, "r")
    except FileNotFoundError as error:
        raise ReadError(f"There is no file {path}.") from error
    except OSError as error:
        reason = re.sub(r"\s+", " ", str(error)).removeprefix("Unable to synchronously open file ").strip("() ")
        if "lock" in reason:
            raise ReadError(f"{path} is being written by another program: read it once that has closed it.") from error
        raise ReadError(f"{path} cannot be opened as HDF5, it is truncated or something else: {reason}.") from error
    try:
        with file:
            yield file
    except (
        OSError,
        RuntimeError,
        KeyError,
        ValueError,
        TypeError,
    ) as error:  # what h5py raises when the inside of a file is damaged
        reason = " ".join(str(error).split())
        if "filter" in reason:
            reason += " (install napari-spectrotomo[compression] for more filters)"
        raise ReadError(f"{path} is damaged, or was cut short: {reason}.") from error


def find(group: h5py.Group, *names: str) -> h5py.Dataset | None:
    """Give the first dataset there is under one of `names`, or None.

    Raises
    ------
    ReadError
        If the first is a link to a file or place that is not there, or that lies out of reach.
    """
    for name in names:
        require_path_within(group, name)
        try:
            node = group[name]
        except (KeyError, OSError) as error:
            _raise_for_broken_link(group, name, error)
            continue
        if isinstance(node, h5py.Dataset):
            require_dataset_within(group, node)
            return node
    return None


def _raise_for_broken_link(group: h5py.Group, name: str, error: Exception) -> None:
    head = ""
    for part in name.strip("/").split("/"):
        head = f"{head}/{part}" if head else part
        try:
            link = group.get(head, getlink=True)
        except (KeyError, OSError):
            return
        with contextlib.suppress(KeyError, OSError):
            group[head]
            continue
        if isinstance(link, h5py.ExternalLink):
            target = Path(group.file.filename).parent / link.filename
            fault = "of which it cannot be read, for it is damaged" if target.exists() else "which is not here"
            raise ReadError(
                f"{group.file.filename}: {group.name.rstrip('/')}/{head} lies in {link.filename} ({link.path}), {fault}: "
                "put that file back whole, or read the images by themselves."
            ) from error
        if isinstance(link, h5py.SoftLink):
            raise ReadError(
                f"{group.file.filename}: {head} points to {link.path}, which is not in the file."
            ) from error
        return


def numbers(group: h5py.Group, *names: str) -> FloatArray | None:
    """Give the first dataset of numbers as a flat float64 array, or None where there is none."""
    dataset = find(group, *names)
    if dataset is None or dataset.dtype.kind not in "uif" or dataset.size == 0:
        return None
    _require_small(dataset, MOST_NUMBERS * dataset.dtype.itemsize)
    return np.asarray(dataset[()], np.float64).ravel()


def _require_small(dataset: h5py.Dataset, most: int) -> None:
    """Raise `ReadError` where a list of numbers or a text declares more than there can be, before room is made for it."""
    unpacked = math.prod(dataset.chunks) * dataset.dtype.itemsize if dataset.chunks else 0
    if dataset.size * dataset.dtype.itemsize > most or unpacked > _LARGEST_CHUNK:
        raise ReadError(
            f"{dataset.file.filename}: {dataset.name} declares {dataset.size} values of {dataset.dtype.itemsize} bytes"
            f"{f' in pieces of {unpacked} bytes' if unpacked else ''}, which no scan has: the file is damaged."
        )


def number(group: h5py.Group, *names: str) -> float:
    """Give the first number found under one of `names`; NaN where there is none, and for 0.0, which means unknown."""
    for name in names:
        values = numbers(group, name)
        if values is not None and np.isfinite(values[0]) and values[0] != 0:
            return float(values[0])
    return np.nan


def positive(group: h5py.Group, *names: str) -> float:
    """Give the first number found, where it is above 0, else NaN."""
    value = number(group, *names)
    return value if value > 0 else np.nan


def words(group: h5py.Group, *names: str) -> str:
    """Give the first text found under one of `names`, or ''."""
    dataset = find(group, *names)
    if dataset is None or dataset.size == 0:
        return ""
    _require_small(dataset, _LONGEST_WORDS * dataset.size)
    value = np.asarray(dataset[(0,) * dataset.ndim]).ravel()[0]
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def places(group: h5py.Group, name: str, flats: int, views: int) -> npt.NDArray[np.int64] | None:
    """How many projections were taken before each flat (flats,); None where nothing says it, or nothing that can be."""
    values = numbers(group, name)
    if flats == 0 or values is None or len(values) != flats or not np.all((values >= 0) & (values <= views)):
        return None
    return values.astype(np.int64)
