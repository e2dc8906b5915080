"""Projections from files: `read_scan`."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from ..data import FloatArray, Scan
from ..errors import ReadError
from ..parameters import checked
from .assemble import assembled
from .found import Found
from .hdf5.data_exchange import read_data_exchange
from .hdf5.fxi import read_fxi
from .hdf5.nxtomo import read_nxtomo
from .hdf5.reach import Reach, reaching
from .image_files import given_energies, read_series
from .parameters import SCAN_FORMATS, STACK_FORMATS, ReadParameters
from .sniff import HDF5_SCANS, as_path, files_at, format_of, is_zarr, require_known
from .tiff.folder import TIFF_SUFFIXES
from .tomogram import Tomogram

PathLike = str | Path
_HDF5_SUFFIXES = (".h5", ".hdf", ".hdf5", ".nxs", ".nx")
_SUFFIXES = {"xradia": (".xrm", ".txrm"), "tiff": TIFF_SUFFIXES} | dict.fromkeys(HDF5_SCANS, _HDF5_SUFFIXES)
_READERS = {"fxi": read_fxi, "data-exchange": read_data_exchange, "nxtomo": read_nxtomo}


def read_scan(
    path: PathLike | Sequence[PathLike],
    format: str | None = None,
    energies: Sequence[float] | FloatArray | PathLike | None = None,
    angles: Any = None,
    pixel_size: float | Sequence[float] | FloatArray | None = None,
    flats: Any = None,
    darks: Any = None,
    on_bad_file: Literal["raise", "skip"] = "raise",
    override: Sequence[str] = (),
    follow_links: bool = False,
) -> Scan:
    """Read projections of one or many energies; only headers are read now, pixels when they are computed.

    What a file knows is read from the file first, then from its name, then from what is given here; where two of them disagree
    (energy by 0.5 eV, pixel size by 1 %, angle by 0.01°) is an error, unless the field is named in `override`.

    Parameters
    ----------
    path : path or sequence of paths
        A file, folder, glob or list of files. A single file is read as projections whatever its name; in a folder or list,
        flats and darks are told by name. A folder is read in the format of most of its files, others become doubts.
    format : str
        One of `SCAN_FORMATS`; None looks at the files.
    energies : (E,) eV, or a text file that lists them
        In order of the files (of the folders, where one folder holds one energy).
    angles : (A,) for all energies, or a sequence of (A_e,), degrees, or a text file that lists those of all energies
    pixel_size : float or (E,), nm
        At the sample; one number is that of the highest energy, others are proportional to their energy.
    flats, darks : arrays or paths
        (row, column) or (frame, row, column) for all energies, a sequence of those one an energy, or TIFF or .xrm files.
    on_bad_file : 'raise' or 'skip'
        What a broken or interrupted file does. Skipped ones stand in ``metadata['skipped']`` as (file, reason), with flats of
        energies that have no projections.
    override : sequence of str
        Fields ('energies', 'angles', 'pixel_size', 'flats', 'darks') in which the values given here win over the files'.
    follow_links : bool
        Whether links in HDF5 files may lead out of the folder of the scan. What a file from elsewhere names there may be any file
        of yours.

    Returns
    -------
    Scan
        Sorted by energy; ``metadata`` has 'format', 'files', 'skipped' and 'doubts'.

    Raises
    ------
    ReadError
        If nothing is there, a file is broken, or something is missing or disagrees; names the file and the field.
    ParameterError
        If `format`, `on_bad_file` or `override` cannot be what they are.
    """
    values = {"format": format, "on_bad_file": on_bad_file, "override": override, "follow_links": follow_links}
    chosen_values = checked(ReadParameters, values, where="read")
    found = Found(skip=chosen_values.on_bad_file == "skip", override=chosen_values.override)
    files, root, single = _files(path)
    chosen = _choose(files, format, found, root, single)
    if chosen in _READERS:
        named = (
            root if isinstance(path, str | Path) else None
        )  # what the files of a list have in common may be the whole disk
        with reaching(Reach(named, chosen_values.follow_links)):
            tomograms = _read_whole(files, chosen, found)
    else:
        tomograms, energies = read_series(files, chosen, found, root, "projections" if single else None, energies)
    if not tomograms:
        raise ReadError(found.nothing(root))
    if isinstance(energies, str | Path):
        tomograms[0] = replace(tomograms[0], files=(*tomograms[0].files, Path(energies)))
    wanted = _energies(energies, tomograms, found)
    return assembled(
        tomograms,
        energies=wanted,
        angles=angles,
        pixel_size=pixel_size,
        flats=flats,
        darks=darks,
        override=found.override,
        metadata={"format": chosen, "skipped": found.skipped, "doubts": found.doubts} | found.more,
    )


def _files(path: PathLike | Sequence[PathLike]) -> tuple[list[Path], Path, bool]:
    """Files to look at, the folder they are in, and whether it is a single file."""
    if isinstance(path, str | Path) or not isinstance(path, Iterable):
        root = as_path(path)
        if is_zarr(root):
            raise ReadError(f"{root} is zarr, which holds volumes already reconstructed: read it with read_stack.")
        return files_at(root), root if root.is_dir() else root.parent, root.is_file()
    files = [f for p in path for f in files_at(p)]
    if not files:
        raise ReadError("The list of files is empty.")
    return files, Path(os.path.commonpath([f.absolute().parent for f in files])), False


def _choose(files: list[Path], format: str | None, found: Found, root: Path, single: bool) -> str:
    """Choose the format of most files, and keep only files of that format in `files`."""
    formats = {f: format_of(f) for f in files}
    count = Counter(f for f in formats.values() if f in SCAN_FORMATS)
    chosen = format
    if chosen is None:
        if not count:
            if any(f in STACK_FORMATS for f in formats.values()):
                raise ReadError(
                    f"{files[0] if single else root} holds volumes already reconstructed: read it with read_stack."
                )
            for file in files:
                if single or formats[file] in ("broken", "hdf5"):
                    require_known(file)
            raise ReadError(f"{root} holds no projections: no FXI, Data Exchange, NXtomo, Xradia or TIFF file.")
        chosen = max(count, key=lambda f: (count[f], f in ("tiff", "xradia")))
    elif chosen not in SCAN_FORMATS:
        raise ReadError(f"{chosen} is a format of volumes: read it with read_stack.")
    keep = []
    for file, its in formats.items():
        suspect = its in ("broken", "hdf5") and file.suffix.lower() in _SUFFIXES[chosen]
        if its == chosen or single or suspect:
            keep.append(file)
        elif its:
            what = (
                "damaged" if its == "broken" else "of another kind" if its in ("other", "hdf5") else f"of format {its}"
            )
            found.doubts.append(f"{file.name} was not read: it is {what}, and most files here are {chosen}.")
    files[:] = keep
    return chosen


def _read_whole(files: list[Path], chosen: str, found: Found) -> list[Tomogram]:
    """Read files that each hold whole tomograms."""
    tomograms: list[Tomogram] = []
    for i, file in enumerate(files):
        try:
            new = _READERS[chosen](file, found.override)
        except ReadError as error:
            found.bad(file, error)
            continue
        tomograms += new
        found.slots += [i] * len(new)
    found.total = len(files)
    return tomograms


def _energies(given: Any, tomograms: list[Tomogram], found: Found) -> FloatArray | None:
    """Energies the caller or a list gives (E,), in order of the tomograms; None where nobody does."""
    values = given_energies(given)
    if values is not None and len(values) != len(tomograms) and len(values) == found.total and found.skipped:
        return values[found.slots]
    return values
