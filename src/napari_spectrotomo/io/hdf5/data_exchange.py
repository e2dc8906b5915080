"""APS Data Exchange files: ``/exchange/{data, data_white, data_dark, theta}``, one energy a file as a rule."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np

from ...data import FloatArray
from ...errors import ReadError
from ..names import energy_in
from ..reconcile import ENERGY_TOLERANCE, MOST_ENERGIES, energy_of
from ..tomogram import Tomogram
from . import file as hdf5
from . import quantities
from .energy_list import DETECTOR, pixel_size_of, read_energy_list
from .images import images, others

MONOCHROMATOR, LIST = "measurement/instrument/monochromator/energy", "exchange/energy"
SOURCE = "measurement/instrument/source"
ROTATION = "process/acquisition/rotation"
FLATS = "process/acquisition/flat_fields"
START = ("process/acquisition/start_time", "process/acquisition/start_date")


def read_data_exchange(path: Path, override: Sequence[str] = ()) -> list[Tomogram]:
    """Read what a Data Exchange file says: one energy, or as many as ``/exchange/energy`` lists.

    Raises
    ------
    ReadError
        If the file or a dataset is missing, broken, or does not fit the rest.
    """
    with hdf5.opened(path) as file:
        energies = _listed(path, file)
        if energies is not None:
            return read_energy_list(path, file, energies)
        projections = images(path, file, "exchange/data")
        if projections is None:
            raise ReadError(
                f"{path} has no projections (/exchange/data): it is no Data Exchange scan, or was not saved whole."
            )
        flats = images(path, file, "exchange/data_white")
        darks = images(path, file, "exchange/data_dark")
        pixel_size, doubts = pixel_size_of(file)
        linked, outside = others(path, file, "exchange/data")
        return [
            Tomogram(
                files=(path, *linked),
                projections=(projections,),
                flats=(flats,) if flats else (),
                darks=(darks,) if darks else (),
                energy=energy_of(path, _energy(path, file, override), energy_in(path.name), override),
                angles=_angles(file, projections.count, override),
                pixel_size=pixel_size,
                exposure=quantities.duration(file, f"{DETECTOR}/exposure_time"),
                flat_exposure=quantities.duration(file, f"{FLATS}/flat_exposure_time"),
                time=quantities.seconds(file, *START),
                flat_positions=hdf5.places(
                    file, f"{FLATS}/projections_before", flats.count if flats else 0, projections.count
                ),
                current=quantities.currents(file, f"{SOURCE}/current", projections.count),
                flat_current=quantities.currents(file, f"{FLATS}/current", flats.count) if flats else None,
                kind=quantities.kind_of(file, "exchange/data"),
                doubts=(*doubts, *outside),
            ).checked()
        ]


def _listed(path: Path, file: h5py.File) -> FloatArray | None:
    """Energies (n,) in eV of ``/exchange/energy`` where it lists several, else None."""
    values = hdf5.numbers(file, LIST)
    if values is None or len(values) < 2:
        return None
    wrong = values[~(np.isfinite(values) & (values > 0))]
    if len(wrong):
        raise ReadError(f"{path}: /{LIST} lists {wrong[0]:g}, which is no energy.")
    if len(values) > MOST_ENERGIES:
        raise ReadError(f"{path}: /{LIST} lists {len(values)} energies, which no scan has.")
    found = np.round(values * quantities.electronvolts(file, LIST), 6)
    return None if np.ptp(found) <= ENERGY_TOLERANCE else found


def _energy(path: Path, file: h5py.File, override: Sequence[str]) -> float:
    """Energy in eV of a file of one energy, which is said in two places."""
    found = [e for e in (quantities.energy(file, name) for name in (MONOCHROMATOR, LIST)) if np.isfinite(e)]
    if len(found) == 2 and abs(found[0] - found[1]) > ENERGY_TOLERANCE and "energies" not in override:
        raise ReadError(
            f"{path}: /{MONOCHROMATOR} says {found[0]:g} eV and /{LIST} {found[1]:g} eV: "
            "give energies=… with override=('energies',)."
        )
    return found[0] if found else np.nan


def _angles(file: h5py.File, views: int, override: Sequence[str]) -> FloatArray | None:
    found = quantities.angles(file, ["exchange/theta"], views)
    if found is not None:
        return found
    start, step, count = (
        hdf5.numbers(file, f"{ROTATION}/{n}") for n in ("rotation_start", "rotation_step", "num_angles")
    )
    if start is None or step is None or step[0] == 0:
        return None
    if count is not None and count[0] != views:
        if "angles" in override:
            return None
        raise ReadError(
            f"{file.filename}: /{ROTATION} says {count[0]:g} angles for {views} projections: it was interrupted, "
            "or give angles=[…] with override=('angles',)."
        )
    return start[0] + step[0] * np.arange(views)
