"""NSLS-II FXI files: ``fly_scan_id_N.h5``, the newer ``tomo_zfly_id_N.h5``, and 2-D ``xanes_scan2_id_N.h5``."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import h5py
import numpy as np

from ...errors import ReadError
from ..names import energy_in
from ..reconcile import MOST_ENERGIES, PIXEL_TOLERANCE, energy_of
from ..tomogram import Frames, Tomogram
from . import file as hdf5
from . import quantities
from .images import images, others

DETECTOR_PIXEL = 6500.0  # nm, behind the magnification of the zone plate and the lens
_OLD = {
    "data": ("img_tomo",),
    "flats": ("img_bkg", "img_bkg_avg"),
    "darks": ("img_dark", "img_dark_avg"),
    "angle": ("angle",),
    "root": "",
}
_ZFLY = {
    "data": ("Exchange/data",),
    "flats": ("Exchange/flat",),
    "darks": ("Exchange/dark",),
    "angle": ("Exchange/angle",),
    "root": "Experiment/",
}


def is_fxi(keys: Collection[str]) -> bool:
    """Tell FXI by the names at the file's root."""
    new = bool({"img_xanes", "Exchange", "Experiment"} & set(keys))
    return new or len({"img_tomo", "X_eng", "img_bkg", "angle"} & set(keys)) >= 2


def read_fxi(path: Path, override: Sequence[str] = ()) -> list[Tomogram]:
    """Read what an FXI file says; flats are taken after the tomogram, at its exposure.

    Raises
    ------
    ReadError
        If the file or a dataset is missing, broken, or does not fit the rest.
    """
    with hdf5.opened(path) as file:
        keys = set(file)
        if "img_xanes" in keys and "img_tomo" not in keys:
            return _read_flat_spectrum(path, file)
        layout = _ZFLY if {"Experiment", "Exchange"} & keys else _OLD
        root = str(layout["root"])
        projections = images(path, file, *layout["data"])
        if projections is None:
            raise ReadError(f"{path} has no projections ({layout['data'][0]}): the scan was not saved whole.")
        flats = images(path, file, *layout["flats"])
        darks = images(path, file, *layout["darks"])
        pixel_size, doubts = _pixel_size(file, root)
        positions = None
        if flats is not None:
            positions = hdf5.places(file, "projections_before_bkg", flats.count, projections.count)
            positions = np.full(flats.count, projections.count) if positions is None else positions
        linked, outside = others(path, file, *layout["data"])
        return [
            Tomogram(
                files=(path, *linked),
                projections=(projections,),
                flats=(flats,) if flats else (),
                darks=(darks,) if darks else (),
                energy=energy_of(path, quantities.energy(file, f"{root}X_eng"), energy_in(path.name), override),
                angles=quantities.angles(file, layout["angle"], projections.count),
                pixel_size=pixel_size,
                exposure=quantities.duration(file, f"{root}exposure_time"),
                flat_exposure=quantities.duration(file, f"{root}exposure_time_bkg"),
                time=quantities.seconds(file, f"{root}scan_time"),
                flat_positions=positions,
                current=quantities.currents(file, "ring_current", projections.count),
                flat_current=quantities.currents(file, "ring_current_bkg", flats.count) if flats else None,
                kind=quantities.kind_of(file, *layout["data"]),
                doubts=(*doubts, *outside),
            ).checked()
        ]


def _pixel_size(file: h5py.File, root: str) -> tuple[float, tuple[str, ...]]:
    """Pixel size in nm: what the file says, else a detector pixel of 6.5 µm over the magnification."""
    said = quantities.length(file, f"{root}Pixel Size", bare=1.0)
    magnified = DETECTOR_PIXEL / hdf5.positive(file, f"{root}Magnification")
    if np.isfinite(said) and not abs(magnified - said) > PIXEL_TOLERANCE * said:
        return said, ()
    if np.isfinite(said):
        doubt = (
            f"The file says a pixel of {said:g} nm, and its magnification {magnified:g} nm unbinned: the first is used."
        )
        return said, (doubt,)
    if np.isfinite(magnified):
        doubt = "The pixel size was worked out from the magnification and a detector pixel of 6.5 µm, unbinned."
        return magnified, (doubt,)
    return np.nan, ()


def _read_flat_spectrum(path: Path, file: h5py.File) -> list[Tomogram]:
    """Read a 2-D scan: one view at each of many energies, corrected for the flat already."""
    frames = images(path, file, "img_xanes")
    energies = hdf5.numbers(file, "X_eng", "XEng")
    if frames is None:
        raise ReadError(f"{path}: img_xanes is empty.")
    if energies is None or len(energies) != frames.count:
        found = 0 if energies is None else len(energies)
        raise ReadError(
            f"{path} has {frames.count} images (img_xanes) and {found} energies (X_eng): it was not saved whole."
        )
    if len(energies) > MOST_ENERGIES:
        raise ReadError(f"{path}: X_eng lists {len(energies)} energies, which no scan has.")
    if not np.all(np.isfinite(energies) & (energies > 0)):
        raise ReadError(f"{path}: X_eng holds an energy that is not a positive number.")
    energies = np.round(energies * np.where(energies < 200, 1e3, 1.0), 6)
    pixel_size, doubts = _pixel_size(file, "")
    found_images = [images(path, file, "img_xanes", indices=np.array([i])) for i in range(frames.count)]
    views: list[Frames] = [f for f in found_images if f is not None]
    return [
        Tomogram(
            (path,), (view,), energy=float(e), pixel_size=pixel_size, kind="transmission", time=float(i), doubts=doubts
        )
        for i, (view, e) in enumerate(zip(views, energies, strict=True))
    ]
