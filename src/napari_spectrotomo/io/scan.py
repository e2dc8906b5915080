"""Projections from files: `read_scan`."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from ..arrays import as_energies
from ..data import FloatArray, Scan
from ..errors import ReadError
from ..parameters import checked
from .assemble import assembled
from .data_exchange import read_data_exchange
from .fxi import read_fxi
from .names import Role, natural
from .nxtomo import read_nxtomo
from .parameters import SCAN_FORMATS, STACK_FORMATS, ReadParameters
from .series import Image, Skipped, tomograms_of
from .sniff import HDF5_SCANS, as_path, files_at, format_of, is_zarr, require_known
from .tiff import TIFF_SUFFIXES, energies_in_list, energy_list, read_tiff, with_listed_angles
from .tomogram import Tomogram
from .xradia import read_xradia

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
    values = {"format": format, "on_bad_file": on_bad_file, "override": override}
    chosen_values = checked(ReadParameters, values, where="read")
    found = _Found(skip=chosen_values.on_bad_file == "skip", override=chosen_values.override)
    files, root, single = _files(path)
    chosen = _choose(files, format, found, root, single)
    if chosen in _READERS:
        tomograms = _read_whole(files, chosen, found)
    else:
        tomograms = _read_series(files, chosen, found, root, "projections" if single else None)
    if not tomograms:
        raise ReadError(found.nothing(root))
    if energies is None and chosen == "tiff" and not any(np.isfinite(t.energy) for t in tomograms):
        energies = energy_list(root)
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
        metadata={"format": chosen, "skipped": found.skipped, "doubts": found.doubts},
    )


@dataclass(slots=True)
class _Found:
    """What reading has come upon besides tomograms."""

    skip: bool
    override: tuple[str, ...]
    skipped: list[Skipped] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    slots: list[int] = field(default_factory=list)  # which of all files, good and bad, each tomogram came from
    total: int = 0

    def bad(self, path: Path, error: ReadError) -> None:
        if not self.skip:
            raise error
        self.skipped.append((str(path), str(error)))

    def nothing(self, root: Path) -> str:
        if self.skipped:
            return f"{root}: none of its files could be read. The first: {self.skipped[0][1]}"
        return f"{root} holds no projections."


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


def _choose(files: list[Path], format: str | None, found: _Found, root: Path, single: bool) -> str:
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


def _read_whole(files: list[Path], chosen: str, found: _Found) -> list[Tomogram]:
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


def _read_series(files: list[Path], chosen: str, found: _Found, root: Path, role: Role | None) -> list[Tomogram]:
    """Read files that mostly hold one image each."""
    images: list[Image] = []
    for file in files:
        try:
            images += [read_tiff(file, role, root)] if chosen == "tiff" else read_xradia(file, role, found.override)
        except ReadError as error:
            found.bad(file, error)
    series, lonely = tomograms_of(images, _ranks(root), alone=role is not None)
    for file_name, reason in lonely:
        found.bad(Path(file_name), ReadError(f"{file_name}: {reason} Leave that energy out with on_bad_file='skip'."))
    checked_series = []
    for tomogram in series:
        try:
            checked_series.append(tomogram.checked())
        except ReadError as error:
            found.bad(tomogram.path, error)
    return with_listed_angles(checked_series, root) if chosen == "tiff" else checked_series


def _ranks(root: Path) -> dict[str, int]:
    """Order of acquisition out of SSRL's ``ScanInfo_*.txt``, by file name."""
    names: list[str] = []
    for listing in sorted(root.glob("ScanInfo*.txt"), key=natural):
        lines = [line.strip() for line in listing.read_text(errors="replace").splitlines()]
        if "FILES" in lines:
            names += [line for line in lines[lines.index("FILES") + 1 :] if line]
    return {name: i for i, name in enumerate(names)}


def _energies(given: Any, tomograms: list[Tomogram], found: _Found) -> FloatArray | None:
    """Energies the caller or a list gives (E,), in order of the tomograms; None where nobody does."""
    if given is None:
        return None
    values = as_energies(energies_in_list(Path(given)) if isinstance(given, str | Path) else given, ReadError)
    if len(values) != len(tomograms) and len(values) == found.total and found.skipped:
        return values[found.slots]
    return values
