"""Opening HDF5 files and taking images, numbers and words out of them, with errors that name the file and the field."""

from __future__ import annotations

import contextlib
import datetime
import re
from collections.abc import Iterator, Sequence
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from ..data import FloatArray, Kind
from ..errors import ReadError
from .tomogram import Frames

_NANOMETRES = {"nm": 1.0, "um": 1e3, "µm": 1e3, "μm": 1e3, "micron": 1e3, "mm": 1e6, "cm": 1e7, "m": 1e9}
_NANOMETRES |= {
    "nanometer": 1.0,
    "nanometre": 1.0,
    "micrometer": 1e3,
    "micrometre": 1e3,
    "millimeter": 1e6,
    "millimetre": 1e6,
}
_NANOMETRES |= {"meter": 1e9, "metre": 1e9, "a": 0.1, "angstrom": 0.1}
_ELECTRONVOLTS = {"ev": 1.0, "kev": 1e3, "mev": 1e6, "j": 1 / 1.602176634e-19}
_SECONDS = {"s": 1.0, "sec": 1.0, "second": 1.0, "ms": 1e-3, "us": 1e-6, "min": 60.0}


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
        If the first is a link to a file or place that is not there.
    """
    for name in names:
        try:
            node = group[name]
        except (KeyError, OSError) as error:
            _raise_for_broken_link(group, name, error)
            continue
        if isinstance(node, h5py.Dataset):
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
            raise ReadError(
                f"{group.file.filename}: {group.name.rstrip('/')}/{head} lies in {link.filename}, which is not here: "
                "put that file back, or read the images by themselves."
            ) from error
        if isinstance(link, h5py.SoftLink):
            raise ReadError(
                f"{group.file.filename}: {head} points to {link.path}, which is not in the file."
            ) from error
        return


def images(path: Path, group: h5py.Group, *names: str, indices: npt.NDArray[np.int64] | None = None) -> Frames | None:
    """Take images (frame, row, column), or one image (row, column), without reading them; None where there are none.

    Parameters
    ----------
    indices : (n,) int, ascending
        Which frames; all when None.

    Raises
    ------
    ReadError
        If the dataset is not a stack of numbers, or lies in a file that is missing.
    """
    dataset = next((d for d in (find(group, n) for n in names) if d is not None and d.size), None)
    if dataset is None:
        return None
    if dataset.ndim not in (2, 3) or dataset.dtype.kind not in "uif":
        raise ReadError(
            f"{path}: {dataset.name} must be images (frame, row, column); it has shape {dataset.shape} and type {dataset.dtype}."
        )
    if dataset.is_virtual:
        for source in dataset.virtual_sources():
            if source.file_name != "." and not (path.parent / source.file_name).exists():
                raise ReadError(
                    f"{path}: {dataset.name} lies in {source.file_name}, which is not here: put that file back."
                )
    count = 1 if dataset.ndim == 2 else len(dataset)
    if indices is not None:
        count = len(indices)
    load = partial(_load, path, dataset.name, indices)
    rows, columns = map(int, dataset.shape[-2:])
    return Frames(path, count, (rows, columns), np.dtype(dataset.dtype).newbyteorder("="), load) if count else None


def _load(path: Path, name: str, indices: npt.NDArray[np.int64] | None, start: int, stop: int) -> npt.NDArray[Any]:
    with opened(path) as file:
        dataset = file[name]
        if dataset.ndim == 2:
            return np.asarray(dataset[()])[None]
        if indices is None:
            return np.asarray(dataset[start:stop])
        wanted = indices[start:stop]
        runs = np.split(wanted, np.flatnonzero(np.diff(wanted) != 1) + 1)
        return np.concatenate([dataset[int(r[0]) : int(r[-1]) + 1] for r in runs])


def numbers(group: h5py.Group, *names: str) -> FloatArray | None:
    """Give the first dataset of numbers as a flat float64 array, or None where there is none."""
    dataset = find(group, *names)
    if dataset is None or dataset.dtype.kind not in "uif" or dataset.size == 0:
        return None
    return np.asarray(dataset[()], np.float64).ravel()


def number(group: h5py.Group, *names: str) -> float:
    """Give the first number found under one of `names`; NaN where there is none, and for 0.0, which means unknown."""
    for name in names:
        values = numbers(group, name)
        if values is not None and np.isfinite(values[0]) and values[0] != 0:
            return float(values[0])
    return np.nan


def words(group: h5py.Group, *names: str) -> str:
    """Give the first text found under one of `names`, or ''."""
    dataset = find(group, *names)
    if dataset is None or dataset.size == 0:
        return ""
    value = np.asarray(dataset[()]).ravel()[0]
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def energy(group: h5py.Group, *names: str) -> float:
    """Energy in eV; without a unit, numbers below 200 are keV."""
    for name in names:
        value = number(group, name)
        if np.isfinite(value):
            factor = _factor(group[name], _ELECTRONVOLTS)
            return round(value * (factor if factor else 1e3 if value < 200 else 1.0), 6)
    return np.nan


def length(group: h5py.Group, *names: str) -> float:
    """Length in nm; without a unit, numbers below 1e-4 are metres and others µm. A text such as ``'20.6nm'`` has its unit in it."""
    for name in names:
        dataset = find(group, name)
        if dataset is None:
            continue
        if dataset.dtype.kind in "uif":
            value = number(group, name)
            factor = _factor(dataset, _NANOMETRES) or (1e9 if value < 1e-4 else 1e3)
        else:
            found = re.match(r"\s*([-+.\deE]+)\s*([a-zA-Zµμ]+)", words(group, name))
            try:
                value = float(found.group(1)) if found else np.nan
            except ValueError:
                value = np.nan
            factor = _NANOMETRES.get(found.group(2).lower(), np.nan) if found else np.nan
        if np.isfinite(value * factor) and value > 0:
            return float(value * factor)
    return np.nan


def seconds(group: h5py.Group, *names: str) -> float:
    """Duration or clock time in s: a number, or an ISO 8601 date."""
    for name in names:
        value = number(group, name)
        if np.isfinite(value):
            return value * (_factor(group[name], _SECONDS) or 1.0)
        with contextlib.suppress(ValueError):
            return datetime.datetime.fromisoformat(words(group, name).strip()).timestamp()
    return np.nan


def angles(group: h5py.Group, names: Sequence[str], views: int) -> FloatArray | None:
    """Angles in degrees; None where there are none, or where several are all 0.0, which means unknown."""
    values = numbers(group, *names)
    if values is None or (views > 1 and np.all(values == 0)):
        return None
    dataset = find(group, *names)
    unit = str(_unit(dataset)).lower() if dataset is not None else ""
    return np.degrees(values) if unit.startswith("rad") else values


def _unit(dataset: h5py.Dataset) -> str:
    unit = dataset.attrs.get("units", dataset.attrs.get("unit", ""))
    unit = unit[0] if isinstance(unit, np.ndarray) and unit.size else unit
    return unit.decode() if isinstance(unit, bytes) else str(unit)


def _factor(dataset: h5py.Dataset, table: dict[str, float]) -> float | None:
    unit = _unit(dataset).strip().lower()
    return table.get(unit) or table.get(unit.rstrip("s"))


def kind_of(group: h5py.Group, *names: str) -> Kind:
    """Tell what projections hold by the dataset's unit: 'transmission', 'optical_density', else 'counts'."""
    dataset = find(group, *names)
    unit = "" if dataset is None else _unit(dataset)
    return "transmission" if unit == "transmission" else "optical_density" if unit == "optical_density" else "counts"
