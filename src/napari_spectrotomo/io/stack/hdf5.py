"""Volumes in HDF5: PyXAS (one energy a file, or all in one) and TXM_Sandbox (all in one)."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from ...errors import ReadError
from ..hdf5 import file as hdf5
from ..hdf5 import quantities
from ..hdf5.images import dataset_at, require_whole
from ..hdf5.reach import Reach, current_reach, reaching
from ..names import energy_in, natural
from ..reconcile import MOST_ENERGIES, energy_of
from .volume import Volume, Volumes

_VOLUMES = ("img", "registration_results/reg_results/registered_xanes3D")
_ENERGIES = ("X_eng", "XEng", "registration_results/reg_results/eng_list")
_SIZES = ("Pixel Size", "pixel_size", "voxel_size")


def hdf5_volumes(files: list[Path]) -> Volumes:
    """Take the volumes of HDF5 files, in natural order of their names.

    Raises
    ------
    ReadError
        If a file is broken or holds no volumes.
    """
    found: list[Volume] = []
    for path in sorted(files, key=natural):
        with hdf5.opened(path) as file:
            found += _volumes_in(path, file)
    return Volumes(tuple(found))


def _volumes_in(path: Path, file: h5py.File) -> list[Volume]:
    where, data = next(((n, d) for n, d in ((n, hdf5.find(file, n)) for n in _VOLUMES) if d is not None), ("", None))
    if data is None or data.ndim not in (3, 4) or data.dtype.kind not in "uifb":
        raise ReadError(f"{path} has no volumes: neither img (PyXAS) nor registered_xanes3D (TXM_Sandbox).")
    require_whole(path, data)
    reach = current_reach()
    energies = hdf5.numbers(file, *_ENERGIES)
    count = len(data) if data.ndim == 4 else 1
    if count > MOST_ENERGIES:
        raise ReadError(f"{path}: {data.name} declares {count} volumes, which no stack has: the file is damaged.")
    if energies is None or (count > 1 and not np.any(energies)):
        energies = np.full(count, np.nan)
    if len(energies) != count:
        raise ReadError(
            f"{path} holds {count} volumes ({data.name}) and {len(energies)} energies: it was not saved whole."
        )
    wrong = energies[np.isinf(energies) | (energies < 0)]
    if len(wrong):
        raise ReadError(f"{path}: among its energies is {wrong[0]:g}, which cannot be one.")
    energies = np.round(energies * np.where(energies < 200, 1e3, 1.0), 6)
    if count == 1:
        energies = np.array([energy_of(path, float(energies[0]), energy_in(path.name))])
    cube = np.full(3, quantities.length(file, *_SIZES))
    shape: tuple[int, int, int] = tuple(map(int, data.shape[-3:]))  # type: ignore[assignment]
    kind = np.dtype(data.dtype).newbyteorder("=")
    return [
        Volume(path, partial(_load, reach, path, where, i if data.ndim == 4 else None), shape, kind, float(e), cube)
        for i, e in enumerate(energies)
    ]


def _load(reach: Reach, path: Path, name: str, index: int | None) -> npt.NDArray[Any]:
    with reaching(reach), hdf5.opened(path) as file:
        return np.asarray(dataset_at(file, name)[() if index is None else index])
