"""Volumes already reconstructed, from files: `read_stack`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...arrays import as_energies, as_voxel_size
from ...data import EnergyStack, FloatArray
from ...errors import ReadError
from ...parameters import checked
from ..hdf5.reach import Reach, reaching
from ..parameters import STACK_FORMATS, ReadParameters
from ..reconcile import PIXEL_TOLERANCE, energies_with
from ..sniff import as_path, files_at, format_of, identify, is_zarr
from ..tiff.folder import energies_in_list, energy_list
from .hdf5 import hdf5_volumes
from .tiff import tiff_volumes
from .volume import Volume, Volumes

PathLike = str | Path


def read_stack(
    path: PathLike | Sequence[PathLike],
    format: str | None = None,
    energies: Sequence[float] | FloatArray | PathLike | None = None,
    voxel_size: float | Sequence[float] | FloatArray | None = None,
    follow_links: bool = False,
) -> EnergyStack:
    """Read volumes that are already reconstructed; only headers are read now, voxels when they are computed.

    Parameters
    ----------
    path : path or sequence of paths
        OME-Zarr or other zarr (v2 or v3) of a stack, ``project.zarr`` included; a folder, glob or list of 3-D TIFF files, one an
        energy, of folders of slices, or of files that are a slice (energy, y, x) each; HDF5 of PyXAS (``recon_scan_…h5``,
        ``ali_recon_…h5``) or TXM_Sandbox.
    format : str
        One of `STACK_FORMATS` ('tiff' and 'hdf5' will do); None looks at the files. A TIFF file of several pages is taken to be
        a slice ('tiff-slices') where there are as many energies as pages and not as many as files.
    energies : (E,) eV, or a text file that lists them
        In order of the files, where neither they nor their names say them.
    voxel_size : float or (3,), nm, (z, y, x)
        Where the files do not say it.
    follow_links : bool
        Whether links in HDF5 files and zarr folders may lead out of the folder of the stack. What a file from elsewhere names
        there may be any file of yours.

    Returns
    -------
    EnergyStack
        Sorted by energy; ``metadata`` has 'format', 'files', 'skipped' and 'doubts'.

    Raises
    ------
    ReadError
        If nothing is there, a file is broken, or something is missing or disagrees; names the file and the field.
    """
    name = {"tiff": "tiff-stack", "hdf5": "hdf5-stack"}.get(format or "", format)
    follow_links = checked(ReadParameters, {"format": name, "follow_links": follow_links}, where="read").follow_links
    chosen, files, root = _choose(path, name)
    listing = energy_list(root if root.is_dir() else root.parent) if energies is None and chosen != "zarr" else None
    reach = Reach(root if root.is_dir() else root.parent, follow_links)
    found = _volumes(chosen, files, energies if listing is None else listing, reach)
    volumes = found.volumes
    if not volumes:
        raise ReadError(f"{root} holds no volumes.")
    common = Counter(v.shape for v in volumes).most_common(1)[0][0]
    for volume in volumes:
        if volume.shape != common:
            raise ReadError(
                f"{volume.path} has a volume of shape {volume.shape} and most others {common}: crop or pad them alike."
            )
    names = [str(v.path) for v in volumes]
    stored = np.array([v.energy for v in volumes])
    if listing is not None and not np.any(np.isfinite(stored)):
        fits = root.is_dir() or len(energies_in_list(listing)) == len(
            volumes
        )  # beside a single file may lie another's list
        energies = listing if fits else None
    energy = energies_with(_given(energies), stored, names, override=False)
    twice = [e for e, n in Counter(energy.tolist()).items() if n > 1]
    if twice:
        both = [n for n, e in zip(names, energy, strict=True) if e == twice[0]]
        raise ReadError(f"{both[0]} and {both[1]} are both of {twice[0]:g} eV: leave one of the two out.")
    return EnergyStack.from_arrays(
        [v.lazy() for v in volumes],
        energy,
        _voxel_size(voxel_size, volumes),
        attenuation_unit=found.attenuation_unit,
        metadata={
            "format": chosen,
            "files": [*dict.fromkeys(names), *([str(energies)] if isinstance(energies, str | Path) else [])],
            "skipped": [],
            "doubts": list(found.doubts),
        },
    )


def _choose(path: PathLike | Sequence[PathLike], format: str | None) -> tuple[str, list[Path], Path]:
    if isinstance(path, str | Path) or not isinstance(path, Iterable):
        path = [path]
    paths = [as_path(p) for p in path]
    if not paths:
        raise ReadError("The list of files is empty.")
    root = paths[0] if len(paths) == 1 else paths[0].parent
    if all(is_zarr(p) for p in paths):
        return "zarr", paths, root
    if format == "zarr":
        raise ReadError(f"{root} is no zarr group or array.")
    if format is None:
        kind, format = identify(paths[0])
        if kind == "scan" and format != "tiff":
            raise ReadError(f"{root} holds projections ({format}), not volumes: read it with read_scan.")
        format = "tiff-stack" if format == "tiff" else format
    its = {"tiff-stack": "tiff", "tiff-slices": "tiff", "hdf5-stack": "hdf5-stack"}.get(format)
    if its is None or format not in STACK_FORMATS:
        raise ReadError(f"{format} is a format of projections: read it with read_scan.")
    files = [f for p in paths for f in files_at(p)]
    files = [f for f in files if len(paths) == len(files) == 1 or format_of(f) in (its, "broken")]
    return format, files, root


def _given(energies: Any) -> FloatArray | None:
    if energies is None:
        return None
    return as_energies(energies_in_list(Path(energies)) if isinstance(energies, str | Path) else energies, ReadError)


def _voxel_size(given: Any, volumes: Sequence[Volume]) -> FloatArray | None:
    """Voxel size (3,) in nm: the files' where they know it and agree, else the caller's."""
    sizes = np.array([v.voxel_size for v in volumes])
    known = np.all(np.isfinite(sizes), axis=1)
    mine = as_voxel_size(given, ReadError)
    if not np.any(known):
        return mine
    first = sizes[known][0]
    if np.any(np.abs(sizes[known] - first) > PIXEL_TOLERANCE * first):
        if mine is not None:
            return mine
        raise ReadError(
            f"{volumes[0].path} and others have different voxel sizes: a stack has one grid; resample them, or give voxel_size=…."
        )
    if mine is not None and np.any(np.abs(mine - first) > PIXEL_TOLERANCE * first):
        raise ReadError(
            f"{volumes[0].path} says a voxel size of {first.tolist()} nm and the one given is {mine.tolist()} nm: leave it out."
        )
    return first


def _volumes(chosen: str, files: list[Path], energies: Any, reach: Reach) -> Volumes:
    if chosen == "zarr":
        from .zarr import zarr_volumes  # zarr takes a third of a second to import, and few need it

        return zarr_volumes(files, reach.anywhere)
    if chosen == "hdf5-stack":
        with reaching(reach):
            return hdf5_volumes(files)
    given = _given(energies)
    return tiff_volumes(files, None if given is None else len(given), slices=chosen == "tiff-slices")
