"""What lies at a path: told from the first bytes and headers, never from the pixels."""

from __future__ import annotations

import glob
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from reprlib import repr as brief
from typing import Literal

from ..errors import ReadError
from .hdf5 import file as hdf5
from .hdf5.fxi import is_fxi
from .hdf5.nxtomo import nxtomo_entry
from .names import natural, role_in
from .parameters import SCAN_FORMATS, STACK_FORMATS
from .tiff.file import tiff_axes
from .tiff.folder import TIFF_SUFFIXES

_SCAN_SUFFIXES = {".h5", ".hdf", ".hdf5", ".nxs", ".nx", ".xrm", ".txrm", ".tif", ".tiff"}
_OTHER_DATA = {".raw", ".edf", ".npy", ".mrc", ".img", ".bin", ".mat", ".rec", ".ct", ".spe", ".cxi", ".vol"}
_HDF5, _OLE, _TIFF = b"\x89HDF\r\n\x1a\n", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_ZARR = ("zarr.json", ".zgroup", ".zarray", ".zattrs")
HDF5_SCANS = ("fxi", "data-exchange", "nxtomo")


def identify(path: str | Path, format: str | None = None) -> tuple[Literal["scan", "stack"], str]:
    """Tell whether a path holds a scan of projections or a stack of volumes, and in which format.

    Parameters
    ----------
    path : path of a file or folder, or a glob
    format : str
        One of `SCAN_FORMATS` or `STACK_FORMATS`; taken at its word.

    Returns
    -------
    kind : 'scan' or 'stack'
    format : str

    Raises
    ------
    ReadError
        If there is nothing at the path, or nothing that is recognised.
    """
    if format is not None:
        return ("stack" if _known_format(format) in STACK_FORMATS else "scan"), format
    path = as_path(path)
    if is_zarr(path):
        return "stack", "zarr"
    files = files_at(path)
    formats = Counter(f for f in (format_of(p) for p in files) if f in SCAN_FORMATS + STACK_FORMATS)
    if not formats:
        if path.is_file():
            require_known(path)
        raise ReadError(
            f"{path} holds nothing recognised as a scan or stack: no FXI, Data Exchange, NXtomo, Xradia, TIFF or zarr, "
            "and no HDF5 stack of volumes."
        )
    found = formats.most_common(1)[0][0]
    if found == "tiff" and _tiffs_are_volumes(path, files):
        return "stack", "tiff-stack"
    return ("stack" if found in STACK_FORMATS else "scan"), found


def is_recognised(path: str | Path) -> bool:
    """Tell whether `identify` would recognise anything at a path; it looks no further than the first file that it knows."""
    path = as_path(path)
    if is_zarr(path):
        return True
    try:
        return any(format_of(file) in SCAN_FORMATS + STACK_FORMATS for file in files_at(path))
    except ReadError:
        return False


def _known_format(format: str) -> str:
    if format not in SCAN_FORMATS + STACK_FORMATS:
        raise ReadError(
            f"There is no format {format!r}: scans are {', '.join(SCAN_FORMATS)}, stacks {', '.join(STACK_FORMATS)}."
        )
    return format


def as_path(path: object) -> Path:
    """Give what a caller names a file or folder by as a path.

    Raises
    ------
    ReadError
        If it is neither text nor a path.
    """
    if not isinstance(path, str | os.PathLike):
        raise ReadError(f"A file or folder is named by its path; found {brief(path)}.")
    if "\0" in os.fspath(path):
        raise ReadError(f"No file has a name with a null character in it, as {brief(os.fspath(path))} has.")
    found = Path(os.path.expanduser(path))
    try:
        found.exists()
    except OSError as error:  # too long, or in a folder that may not be looked into
        raise ReadError(f"{brief(str(found))} cannot be looked at: {error.strerror or error}.") from error
    return found


def is_zarr(path: Path) -> bool:
    """Tell a zarr group or array (v2 or v3) by its metadata file."""
    return path.is_dir() and any((path / name).is_file() for name in _ZARR)


def files_at(path: str | Path) -> list[Path]:
    """List the data files of a file, folder or glob, in natural order; those one folder down when no projections are at the top.

    Raises
    ------
    ReadError
        If there is nothing, or the folder is empty.
    """
    path = as_path(path)
    if path.is_file():
        return [path]
    if not path.exists():
        found = sorted((Path(p) for p in glob.glob(str(path))), key=natural)
        if not found:
            what = "no file matches" if glob.has_magic(str(path)) else "there is no file or folder"
            raise ReadError(f"{what.capitalize()} {path}.")
        return [f for f in found if f.is_file()] or [f for folder in found for f in files_at(folder)]
    try:
        inside = sorted((p for p in path.iterdir() if not p.name.startswith(".")), key=natural)
    except OSError as error:
        raise ReadError(f"The folder {path} cannot be listed: {error.strerror or error}.") from error
    files = [p for p in inside if p.is_file()]
    wanted = [p for p in files if p.suffix.lower() in _SCAN_SUFFIXES]
    tiffs = [p for p in wanted if p.suffix.lower() in TIFF_SUFFIXES]
    if any(all(role_in(p.name) != "projections" for p in some) for some in (wanted, tiffs) if some or not wanted):
        below = [
            p
            for folder in inside
            if folder.is_dir() and not is_zarr(folder)
            for p in sorted(folder.iterdir(), key=natural)
        ]
        files += [p for p in below if p.is_file() and not p.name.startswith(".") and p.suffix.lower() in _SCAN_SUFFIXES]
    if not inside:
        raise ReadError(f"The folder {path} is empty.")
    return files


def format_of(path: Path) -> str:
    """Name a file's format by its first bytes and its layout.

    Returns
    -------
    str
        One of the scans' or stacks'; 'hdf5' for a layout that is not known; 'broken' for a file that is not what its suffix says;
        'other' for data nobody here reads; '' for anything else.
    """
    suffix = path.suffix.lower()
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except OSError:
        return "broken" if suffix in _SCAN_SUFFIXES else ""
    if head == _HDF5:
        return _layout_of(path)
    if head == _OLE:
        return "xradia"
    if head[:4] in _TIFF:
        return "tiff"
    return "broken" if suffix in _SCAN_SUFFIXES else "other" if suffix in _OTHER_DATA else ""


def _layout_of(path: Path) -> str:
    try:
        with hdf5.opened(path) as file:
            keys = set(file)
            if is_fxi(keys):
                return "fxi"
            if nxtomo_entry(file) is not None:
                return "nxtomo"
            if "exchange" in keys:
                return "data-exchange"
            volumes = "registration_results" in keys or getattr(hdf5.find(file, "img"), "ndim", 0) in (3, 4)
            return "hdf5-stack" if volumes else "hdf5"
    except (ReadError, KeyError, OSError):
        return "broken"


def require_known(path: Path) -> None:
    """Say why a single file is not recognised.

    Raises
    ------
    ReadError
        Always: it is no HDF5 though named so, is truncated, or has a layout that is not known.
    """
    found = format_of(path)
    suffix = path.suffix.lower()
    if found == "broken" and suffix in {".h5", ".hdf", ".hdf5", ".nxs", ".nx"}:
        with hdf5.opened(path):
            pass
    if found == "hdf5":
        with hdf5.opened(path) as file:
            raise ReadError(
                f"{path} is HDF5 of a layout that is not known; at its root are: {', '.join(sorted(file)[:12]) or 'nothing'}."
            )
    expected = (
        "a TIFF image"
        if suffix in {".tif", ".tiff"}
        else "an Xradia file"
        if suffix in {".xrm", ".txrm"}
        else "a known scan or stack"
    )
    raise ReadError(f"{path} is not {expected}: its first bytes say something else. Is it damaged or empty?")


def _tiffs_are_volumes(path: Path, files: Sequence[Path]) -> bool:
    tiffs = [f for f in files if format_of(f) == "tiff"]
    if (
        any(role_in(f.name) != "projections" for f in tiffs)
        or any(_lists_angles(f.parent) for f in tiffs[:1])
        or _lists_angles(path)
    ):
        return False
    if any(f.parent.name.startswith("recon") for f in tiffs):
        return True
    try:
        return len(tiff_axes(tiffs[len(tiffs) // 2])) == 3
    except ReadError:
        return False


def _lists_angles(folder: Path) -> bool:
    return folder.is_dir() and any("angle" in p.name.lower() or "theta" in p.name.lower() for p in folder.glob("*.txt"))
