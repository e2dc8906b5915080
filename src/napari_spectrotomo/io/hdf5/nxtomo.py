"""NXtomo (NeXus) files: found by their definition, not by their path; ``image_key`` tells projections, flats and darks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt

from ...data import FloatArray
from ...errors import ReadError
from ..names import energy_in
from ..reconcile import energy_of
from ..tomogram import Frames, Tomogram
from . import file as hdf5
from . import quantities
from .images import images, others

PROJECTION, FLAT, DARK = 0, 1, 2


def nxtomo_entry(file: h5py.File) -> h5py.Group | None:
    """Find the entry or sub-entry whose definition is NXtomo, at most three groups deep."""
    level = [file]
    seen = {h5py.h5o.get_info(file.id).addr}  # groups may hold one another in a circle
    for _ in range(3):
        deeper = []
        for group in level:
            for node in _groups_in(group):
                at = h5py.h5o.get_info(node.id).addr
                if at in seen:
                    continue
                seen.add(at)
                if hdf5.words(node, "definition").strip() == "NXtomo":
                    return node
                deeper.append(node)
        level = deeper
    return None


def _groups_in(group: h5py.Group) -> Iterator[h5py.Group]:
    """Give the groups in a group itself; links are not followed."""
    for name in group:
        if group.id.links.get_info(name.encode("utf-8", "surrogateescape")).type == h5py.h5l.TYPE_HARD:
            node = group[name]
            if isinstance(node, h5py.Group):
                yield node


def read_nxtomo(path: Path, override: Sequence[str] = ()) -> list[Tomogram]:
    """Read what an NXtomo file says.

    Raises
    ------
    ReadError
        If the file, a dataset or the file a link points to is missing or broken, or does not fit the rest.
    """
    with hdf5.opened(path) as file:
        entry = nxtomo_entry(file)
        if entry is None:
            raise ReadError(f"{path} has no entry whose definition is NXtomo.")
        detector = "instrument/detector"
        all_frames = images(path, entry, f"{detector}/data", "data/data")
        if all_frames is None:
            raise ReadError(f"{path} has no images ({entry.name}/{detector}/data): it was not saved whole.")
        key = _key(path, entry, all_frames.count)
        of = {role: np.flatnonzero(key == role) for role in (PROJECTION, FLAT, DARK)}
        if len(of[PROJECTION]) == 0:
            raise ReadError(f"{path}: none of its {len(key)} images is a projection (image_key 0).")
        angle = quantities.angles(entry, ["sample/rotation_angle", "data/rotation_angle"], all_frames.count)
        if angle is not None and len(angle) != all_frames.count:
            raise ReadError(
                f"{path} has {len(angle)} angles (sample/rotation_angle) for {all_frames.count} images: it was interrupted."
            )
        exposure, flat_exposure, doubts = _exposures(entry, key)
        pixel_size, doubt = _pixel_size(entry)
        current, monitor = _currents(entry, len(key))
        linked, outside = others(path, entry, f"{detector}/data", "data/data")
        names = [f"{where}/incident_energy" for where in ("instrument/beam", "beam", "sample/beam")]
        ordered = hdf5.numbers(entry, f"{detector}/flats_in_order")
        return [
            Tomogram(
                files=(path, *linked),
                projections=_frames(path, entry, detector, of[PROJECTION]),
                flats=_frames(path, entry, detector, of[FLAT]),
                darks=_frames(path, entry, detector, of[DARK]),
                energy=energy_of(
                    path,
                    quantities.energy(entry, *names, "instrument/monochromator/energy"),
                    energy_in(path.name),
                    override,
                ),
                angles=None if angle is None else angle[of[PROJECTION]],
                pixel_size=pixel_size,
                exposure=exposure,
                flat_exposure=flat_exposure,
                time=quantities.seconds(entry, "start_time"),
                flat_positions=None
                if ordered is not None and ordered[0] == 0
                else np.searchsorted(of[PROJECTION], of[FLAT]),
                current=None if current is None else current[of[PROJECTION]],
                flat_current=None if current is None or not len(of[FLAT]) else current[of[FLAT]],
                kind=quantities.kind_of(entry, f"{detector}/data"),
                doubts=(*doubts, *doubt, *monitor, *outside),
            ).checked()
        ]


def _key(path: Path, entry: h5py.Group, count: int) -> npt.NDArray[np.int64]:
    key = hdf5.numbers(entry, "instrument/detector/image_key", "data/image_key")
    if key is None:
        return np.zeros(count, np.int64)
    if len(key) != count:
        raise ReadError(f"{path} has {len(key)} image keys for {count} images: it was interrupted.")
    return key.astype(np.int64)


def _frames(path: Path, entry: h5py.Group, detector: str, indices: npt.NDArray[np.int64]) -> tuple[Frames, ...]:
    frames = images(path, entry, f"{detector}/data", "data/data", indices=indices)
    return () if frames is None else (frames,)


def _exposures(entry: h5py.Group, key: npt.NDArray[np.int64]) -> tuple[float, float, tuple[str, ...]]:
    """Exposure of projections and flats in s, and what is doubtful about them."""
    time = hdf5.numbers(entry, "instrument/detector/count_time")
    if time is None or len(time) not in (1, len(key)):
        return np.nan, np.nan, ()
    time = np.broadcast_to(time, key.shape)
    doubts = []
    found = []
    for role, name in ((PROJECTION, "projections"), (FLAT, "flats")):
        these = time[(key == role) & np.isfinite(time) & (time > 0)]
        found.append(float(np.median(these)) if len(these) else np.nan)
        if len(these) and np.ptp(these) > 0.01 * found[-1]:
            doubts.append(
                f"The exposures of {name} vary from {these.min():g} to {these.max():g} s; their median is used."
            )
    return found[0], found[1], tuple(doubts)


def _currents(entry: h5py.Group, frames: int) -> tuple[FloatArray | None, tuple[str, ...]]:
    """Ring current of every frame in mA; the beam monitor's counts a second stand for it where it is not told frame by frame."""
    found = quantities.currents(entry, "instrument/source/current", frames)
    if found is not None and (frames == 1 or np.ptp(found[np.isfinite(found)]) > 0):
        return found, ()
    monitor = hdf5.numbers(entry, "control/data", "instrument/monitor/data")
    if monitor is None or len(monitor) != frames or not np.any(monitor > 0):
        return found, ()
    time = hdf5.numbers(entry, "instrument/detector/count_time")
    if time is not None and len(time) in (1, frames):
        monitor = monitor / np.where(time > 0, time, np.nan)  # its counts are those of the whole exposure
    sentence = "The counts of the beam monitor stand for the ring current, of which the ratio alone is used."
    return np.where(monitor > 0, monitor, np.nan), (sentence,)


def _pixel_size(entry: h5py.Group) -> tuple[float, tuple[str, ...]]:
    at_sample = quantities.length(entry, "sample/x_pixel_size")
    if np.isfinite(at_sample):
        return at_sample, ()
    of_detector = quantities.length(entry, "instrument/detector/x_pixel_size")
    magnification = hdf5.number(entry, "instrument/detector/magnification")
    if np.isfinite(magnification) or not np.isfinite(of_detector):
        return of_detector / magnification, ()
    return of_detector, (
        f"The pixel size of {of_detector:g} nm is the detector's; with no magnification it is taken to be the one at the sample.",
    )
