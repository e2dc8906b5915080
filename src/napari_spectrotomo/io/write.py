"""Scans to files, one an energy: `write_scan`."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import dask.array as da
import h5py
import numpy as np

from ..atomic import whole_file
from ..data import Scan, require
from ..errors import ParameterError, SpectrotomoError
from .hdf5.data_exchange import FLATS, SOURCE
from .hdf5.energy_list import DETECTOR, OBJECTIVE
from .hdf5.nxtomo import DARK, FLAT, PROJECTION
from .sniff import as_path

WriteFormat = Literal["data-exchange", "nxtomo", "fxi"]
_SUFFIX = {"data-exchange": "h5", "nxtomo": "nxs"}


def write_scan(scan: Scan, path: str | Path, format: WriteFormat = "data-exchange") -> list[Path]:
    """Write a scan into a folder, one file an energy, each whole or not at all.

    Reading the folder gives the same scan back.

    Parameters
    ----------
    scan : Scan
    path : path of the folder, made when absent
    format : 'data-exchange', 'nxtomo' or 'fxi'
        FXI files are numbered in order of acquisition where the scan knows its times.

    Returns
    -------
    list of Path, in order of energy

    Raises
    ------
    ParameterError
        If there is no such format to write.
    SpectrotomoError
        If the folder cannot be written (no room, no right to), or holds other scan files.
    """
    require(scan, Scan, "write_scan")
    if not isinstance(format, str) or format not in _WRITERS:
        raise ParameterError(f"A scan is written as {', '.join(_WRITERS)}, not {format!r}.")
    folder = as_path(path)
    order = np.argsort(
        np.arange(len(scan)) if scan.time is None else np.argsort(scan.time, kind="stable"), kind="stable"
    )
    if format == "fxi":
        names = [f"fly_scan_id_{int(n) + 1}.h5" for n in order]
    else:
        names = [f"scan_{e + 1:04d}_{energy:.2f}eV.{_SUFFIX[format]}" for e, energy in enumerate(scan.energies)]
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        others = [p.name for p in folder.iterdir() if p.suffix in (".h5", ".nxs") and p.name not in names]
        if others:
            raise SpectrotomoError(
                f"{folder} holds other scan files ({others[0]}, …) that would be read with these: name an empty folder."
            )
        for e, name in enumerate(names):
            with whole_file(folder / name) as temporary:
                _require_room(temporary, sum(group[e].nbytes for group in (scan.projections, scan.flats, scan.darks)))
                with h5py.File(temporary, "w") as file:
                    _WRITERS[format](scan, e, file)
            written.append(folder / name)
    except (OSError, RuntimeError) as error:
        raise SpectrotomoError(f"The scan cannot be written to {folder}: {' '.join(str(error).split())}.") from error
    return written


def _require_room(path: Path, images: int) -> None:
    """Raise OSError where a file of so many bytes of images cannot be: HDF5 itself comes to grief on a full disk, untidily."""
    size = images + 2**16
    if hasattr(os, "posix_fallocate"):
        with path.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, size)
    elif shutil.disk_usage(path.parent).free < size:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _text(words: str) -> np.bytes_:
    """Text of a fixed length: every program reads it, and none loops over it where a file is damaged."""
    return np.bytes_(words.encode())


def _number(group: h5py.Group, name: str, value: Any, units: str = "") -> None:
    if value is not None:
        group[name] = value
        if units:
            group[name].attrs["units"] = _text(units)


def _images(group: h5py.Group, name: str, images: da.Array) -> h5py.Dataset | None:
    """Write images block by block, so that one block at a time is in memory."""
    if len(images) == 0:
        return None
    dataset = group.create_dataset(name, images.shape, images.dtype)
    start = 0
    for count in images.chunks[0]:
        dataset[start : start + count] = images[start : start + count].compute()
        start += count
    return dataset


def _at(values: Any, e: int) -> float | None:
    return None if values is None else float(values[e])


def _per_frame(values: Any, e: int) -> Any:
    """Ring currents of the frames of an energy; None where none is known."""
    return None if values is None or not np.any(np.isfinite(values[e])) else values[e]


def _data_exchange(scan: Scan, e: int, file: h5py.File) -> None:
    file["implements"] = _text("exchange:measurement:process")
    data = _images(file, "exchange/data", scan.projections[e])
    if data is not None:
        data.attrs.update({"axes": _text("theta:y:x"), "units": _text(scan.kind)})
    _images(file, "exchange/data_white", scan.flats[e])
    _images(file, "exchange/data_dark", scan.darks[e])
    _number(file, "exchange/theta", scan.angles[e], "deg")
    _number(file, "measurement/instrument/monochromator/energy", scan.energies[e] / 1e3, "keV")
    _number(file, f"{OBJECTIVE}/resolution", _at(scan.pixel_size, e), "nm")
    _number(file, f"{DETECTOR}/exposure_time", _at(scan.exposure, e), "s")
    _number(file, f"{FLATS}/flat_exposure_time", _at(scan.flat_exposure, e), "s")
    _number(file, "process/acquisition/start_time", _at(scan.time, e), "s")
    _number(file, f"{SOURCE}/current", _per_frame(scan.current, e), "mA")
    _number(file, f"{FLATS}/current", _per_frame(scan.flat_current, e), "mA")
    if scan.flat_positions is not None and len(scan.flats[e]):
        _number(file, f"{FLATS}/projections_before", scan.flat_positions[e])


def _fxi(scan: Scan, e: int, file: h5py.File) -> None:
    data = _images(file, "img_tomo", scan.projections[e])
    if data is not None and scan.kind != "counts":
        data.attrs["units"] = _text(scan.kind)
    _images(file, "img_bkg", scan.flats[e])
    _images(file, "img_dark", scan.darks[e])
    file["angle"] = scan.angles[e]
    file["X_eng"] = scan.energies[e] / 1e3
    size = _at(scan.pixel_size, e)
    if size is not None:
        file["Pixel Size"] = _text(f"{size!r}nm")
        file["Magnification"] = 6500.0 / size
    _number(file, "scan_time", _at(scan.time, e))
    _number(file, "exposure_time", _at(scan.exposure, e))
    _number(file, "exposure_time_bkg", _at(scan.flat_exposure, e))
    _number(file, "ring_current", _per_frame(scan.current, e), "mA")
    _number(file, "ring_current_bkg", _per_frame(scan.flat_current, e), "mA")
    if scan.flat_positions is not None and len(scan.flats[e]):
        file["projections_before_bkg"] = scan.flat_positions[e]
    file["note"] = _text("written by napari-spectrotomo")


def _nxtomo(scan: Scan, e: int, file: h5py.File) -> None:
    """Write frames in order of acquisition: flats where they were taken, darks at the end."""
    entry = _group(file, "entry", "NXentry")
    entry["definition"] = _text("NXtomo")
    instrument = _group(entry, "instrument", "NXinstrument")
    detector, beam = _group(instrument, "detector", "NXdetector"), _group(instrument, "beam", "NXbeam")
    sample = _group(entry, "sample", "NXsample")
    views, flats, darks = (group[e] for group in (scan.projections, scan.flats, scan.darks))
    known = scan.flat_positions is not None
    before = scan.flat_positions[e] if scan.flat_positions is not None else np.full(len(flats), len(views))
    place = np.concatenate([np.arange(len(views)) + 0.5, before, np.full(len(darks), len(views) + 1.0)])
    order = np.argsort(place, kind="stable")
    row = np.empty(len(order), np.int64)
    row[order] = np.arange(len(order))
    key = np.repeat([PROJECTION, FLAT, DARK], [len(views), len(flats), len(darks)])
    data = detector.create_dataset(
        "data", (len(order), *views.shape[1:]), np.result_type(*(g.dtype for g in (views, flats, darks) if len(g)))
    )
    data.attrs["units"] = _text(scan.kind)
    ends = np.cumsum([len(views), len(flats)])
    for group, rows in zip((views, flats, darks), np.split(row, ends), strict=True):
        start = 0
        for count in group.chunks[0]:
            block = slice(start, start + count)
            for at, image in zip(rows[block], group[block].compute(), strict=True):
                data[at] = image
            start += count
    angle = np.concatenate([scan.angles[e], np.full(len(flats) + len(darks), scan.angles[e][-1])])
    detector["image_key"] = key[order]
    if not known:
        detector["flats_in_order"] = 0
    _number(sample, "rotation_angle", angle[order], "deg")
    _number(beam, "incident_energy", scan.energies[e] / 1e3, "keV")
    _number(sample, "x_pixel_size", _at(scan.pixel_size, e), "nm")
    _number(sample, "y_pixel_size", _at(scan.pixel_size, e), "nm")
    _number(entry, "start_time", _at(scan.time, e), "s")
    if scan.current is not None or scan.flat_current is not None:
        currents = [
            np.full(len(g), np.nan) if c is None else c[e]
            for c, g in ((scan.current, views), (scan.flat_current, flats), (None, darks))
        ]
        _number(instrument, "source/current", np.concatenate(currents)[order], "mA")
    if scan.exposure is not None or scan.flat_exposure is not None:
        times = [
            np.nan if v is None else v
            for v in (_at(scan.exposure, e), _at(scan.flat_exposure, e), _at(scan.exposure, e))
        ]
        _number(detector, "count_time", np.array(times)[key[order]], "s")


def _group(parent: h5py.Group, name: str, kind: str) -> h5py.Group:
    group = parent.create_group(name)
    group.attrs["NX_class"] = _text(kind)
    return group


_WRITERS: dict[str, Callable[[Scan, int, h5py.File], None]] = {
    "data-exchange": _data_exchange,
    "nxtomo": _nxtomo,
    "fxi": _fxi,
}
