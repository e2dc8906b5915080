"""Data Exchange files of many energies: ``/exchange/energy`` lists them, as APS 32-ID writes its 2-D spectra."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np

from ...data import FloatArray
from ...errors import ReadError
from ..reconcile import PIXEL_TOLERANCE
from ..series import clusters
from ..tomogram import Frames, Tomogram
from . import file as hdf5
from . import quantities
from .images import Indices, find, images, others

DETECTOR = "measurement/instrument/detector"
OBJECTIVE = "measurement/instrument/detection_system/objective"
_DATA, _ANGLES = "exchange/data", "exchange/theta"


def read_energy_list(path: Path, file: h5py.File, energies: FloatArray) -> list[Tomogram]:
    """Read a file of several energies, one tomogram each.

    Images are (energy, angle, row, column), or (frame, row, column) with one energy a frame, or with the angles of one energy after
    those of the other.

    Parameters
    ----------
    energies : (n,) eV, as ``/exchange/energy`` lists them

    Raises
    ------
    ReadError
        If images, energies and angles do not fit together.
    """
    data = find(file, _DATA)
    if data is None or data.size == 0:
        raise ReadError(f"{path} has no projections (/{_DATA}): it was not saved whole.")
    theta = hdf5.numbers(file, _ANGLES)
    pixel_size, doubts = pixel_size_of(file)
    linked, outside = others(path, file, _DATA)
    steps = _steps(path, data, energies, theta)
    found: list[Tomogram] = []
    for i, step in enumerate(steps):
        views = images(path, file, _DATA, indices=step.frames, first=step.first)
        if views is None:
            raise ReadError(f"{path} has no projections at {step.energy:g} eV.")
        flats, doubt = _frames(path, file, "data_white", i, len(steps))
        darks, _ = _frames(path, file, "data_dark", i, len(steps))
        found.append(
            Tomogram(
                files=(path, *linked),
                projections=(views,),
                flats=flats,
                darks=darks,
                energy=step.energy,
                angles=step.angles,
                pixel_size=pixel_size,
                exposure=quantities.duration(file, f"{DETECTOR}/exposure_time"),
                time=float(i),
                kind=quantities.kind_of(file, _DATA),
                doubts=(*doubts, *outside, *doubt),
            ).checked()
        )
    return found


class _Step(NamedTuple):
    """One energy: where its images are (by frame, or by place along the first of four axes), and their angles."""

    energy: float
    frames: Indices | None
    first: int | None
    angles: FloatArray | None


def _steps(path: Path, data: h5py.Dataset, energies: FloatArray, theta: FloatArray | None) -> list[_Step]:
    count, n = len(data), len(energies)
    if data.ndim == 4 and count == n:
        views = data.shape[1]
        return [_Step(float(e), None, i, _angles_of(theta, n, i, views)) for i, e in enumerate(energies)]
    if data.ndim == 3 and count == n:
        step = clusters(energies)
        groups = [np.flatnonzero(step == s) for s in dict.fromkeys(step.tolist())]
        angles = theta if theta is not None and len(theta) == n else None
        return [_Step(float(energies[g].mean()), g, None, None if angles is None else angles[g]) for g in groups]
    if data.ndim == 3 and theta is not None and len(theta) * n == count:
        blocks = np.arange(count).reshape(n, -1)
        return [_Step(float(e), block, None, theta) for e, block in zip(energies, blocks, strict=True)]
    raise ReadError(
        f"{path} has {count} images (/{_DATA}) and {n} energies (/exchange/energy), which do not fit together: it was interrupted."
    )


def _angles_of(theta: FloatArray | None, energies: int, i: int, views: int) -> FloatArray | None:
    """Angles of one energy among those of all, or those that all share."""
    if theta is None or len(theta) != energies * views:
        return theta
    return theta.reshape(energies, -1)[i]


def _frames(path: Path, file: h5py.File, name: str, i: int, steps: int) -> tuple[tuple[Frames, ...], tuple[str, ...]]:
    """Flats or darks of one energy: its own, where their number says that every energy has some."""
    where = f"exchange/{name}"
    dataset = find(file, where)
    if dataset is None or dataset.size == 0:
        return (), ()
    if dataset.ndim == 4 and len(dataset) == steps:
        frames = images(path, file, where, first=i)
        return ((frames,) if frames else ()), ()
    share = len(dataset) // steps if dataset.ndim == 3 and len(dataset) % steps == 0 else 0
    own = np.arange(i * share, (i + 1) * share) if share else None
    frames = images(path, file, where, indices=own)
    how = f"{share} of each energy, one after the other" if share else "those of all energies"
    doubt = f"/{where} holds {len(dataset)} images for {steps} energies: they are taken to be {how}."
    return ((frames,) if frames else ()), (doubt,)


def pixel_size_of(file: h5py.File) -> tuple[float, tuple[str, ...]]:
    """Pixel size at the sample in nm: the objective's resolution, else the detector's pixel over the magnification."""
    at_sample = quantities.length(file, f"{OBJECTIVE}/resolution", f"{OBJECTIVE}/pixel_size")
    of_detector = quantities.length(file, f"{DETECTOR}/pixel_size", f"{DETECTOR}/pixel_size_x")
    magnification = hdf5.number(file, f"{OBJECTIVE}/magnification")
    divided = of_detector / magnification
    if np.isfinite(at_sample):
        if np.isfinite(divided) and abs(divided - at_sample) > PIXEL_TOLERANCE * at_sample:
            doubt = (
                f"The objective's resolution says a pixel of {at_sample:g} nm, the detector's pixel size over its magnification "
                f"{divided:g} nm: the first is used."
            )
            return at_sample, (doubt,)
        return at_sample, ()
    if np.isfinite(divided):
        return divided, ()
    if np.isfinite(of_detector):
        doubt = f"The pixel size of {of_detector:g} nm is the detector's; without a magnification it is taken as the sample's."
        return of_detector, (doubt,)
    return np.nan, ()
