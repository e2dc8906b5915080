"""APS Data Exchange files: ``/exchange/{data, data_white, data_dark, theta}``, one energy a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np

from ..data import FloatArray
from ..errors import ReadError
from . import hdf5
from .names import energy_in
from .reconcile import PIXEL_TOLERANCE, energy_of
from .tomogram import Tomogram

ENERGY = ("measurement/instrument/monochromator/energy", "exchange/energy")
DETECTOR = "measurement/instrument/detector"
OBJECTIVE = "measurement/instrument/detection_system/objective"
ROTATION = "process/acquisition/rotation"
FLATS = "process/acquisition/flat_fields"
START = ("process/acquisition/start_time", "process/acquisition/start_date")


def read_data_exchange(path: Path, override: Sequence[str] = ()) -> list[Tomogram]:
    """Read what a Data Exchange file says.

    Raises
    ------
    ReadError
        If the file or a dataset is missing, broken, or does not fit the rest.
    """
    with hdf5.opened(path) as file:
        projections = hdf5.images(path, file, "exchange/data")
        if projections is None:
            raise ReadError(
                f"{path} has no projections (/exchange/data): it is no Data Exchange scan, or was not saved whole."
            )
        flats = hdf5.images(path, file, "exchange/data_white")
        darks = hdf5.images(path, file, "exchange/data_dark")
        pixel_size, doubts = _pixel_size(file)
        positions = hdf5.numbers(file, f"{FLATS}/projections_before")
        return [
            Tomogram(
                files=(path,),
                projections=(projections,),
                flats=(flats,) if flats else (),
                darks=(darks,) if darks else (),
                energy=energy_of(path, hdf5.energy(file, *ENERGY), energy_in(path.name), override),
                angles=_angles(file, projections.count),
                pixel_size=pixel_size,
                exposure=hdf5.seconds(file, f"{DETECTOR}/exposure_time"),
                flat_exposure=hdf5.seconds(file, f"{FLATS}/flat_exposure_time"),
                time=hdf5.seconds(file, *START),
                flat_positions=positions.astype(np.int64)
                if flats and positions is not None and len(positions) == flats.count
                else None,
                kind=hdf5.kind_of(file, "exchange/data"),
                doubts=doubts,
            ).checked()
        ]


def _angles(file: h5py.File, views: int) -> FloatArray | None:
    found = hdf5.angles(file, ["exchange/theta"], views)
    if found is not None:
        return found
    start, step, count = (
        hdf5.numbers(file, f"{ROTATION}/{n}") for n in ("rotation_start", "rotation_step", "num_angles")
    )
    if start is None or step is None or step[0] == 0 or (count is not None and int(count[0]) != views):
        return None
    return start[0] + step[0] * np.arange(views)


def _pixel_size(file: h5py.File) -> tuple[float, tuple[str, ...]]:
    """Pixel size at the sample in nm: the objective's resolution, else the detector's pixel over the magnification."""
    at_sample = hdf5.length(file, f"{OBJECTIVE}/resolution", f"{OBJECTIVE}/pixel_size")
    of_detector = hdf5.length(file, f"{DETECTOR}/pixel_size", f"{DETECTOR}/pixel_size_x")
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
