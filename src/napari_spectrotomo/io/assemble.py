"""Tomograms of all energies, and what the caller gives, become one `Scan`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays import angles_by_energy, as_numbers
from ..data import FloatArray, Scan
from ..errors import ReadError
from .given import with_given
from .reconcile import PIXEL_TOLERANCE, angles_with, energies_with, pixel_sizes_with
from .tiff.folder import angles_in_list, views_among
from .tomogram import Tomogram, joined


def assembled(
    tomograms: Sequence[Tomogram],
    *,
    energies: FloatArray | None,
    angles: Any,
    pixel_size: Any,
    flats: Any,
    darks: Any,
    override: Sequence[str],
    metadata: dict[str, Any],
) -> Scan:
    """Build the scan, lazily.

    Parameters
    ----------
    tomograms : sequence of Tomogram, in order of their files
    energies, angles, pixel_size, flats, darks, override
        As given to `read_scan`; energies as (E,) in order of the files.
    metadata : dict
        With 'format', 'skipped' and 'doubts'; 'files' is added.

    Raises
    ------
    ReadError
        If something is missing that cannot be derived, disagrees, or does not fit together.
    """
    names = [str(t.path) for t in tomograms]
    energy = energies_with(energies, np.array([t.energy for t in tomograms]), names, "energies" in override)
    order = np.argsort(energy, kind="stable")
    for a, b in pairwise(order):
        if energy[a] == energy[b]:
            raise ReadError(f"{names[a]} and {names[b]} were both taken at {energy[a]:g} eV: leave one of the two out.")
    doubts = [*metadata["doubts"]]
    views = _angles(tomograms, angles, "angles" in override, doubts)
    found = [replace(t, energy=float(e), angles=a).checked() for t, e, a in zip(tomograms, energy, views, strict=True)]
    for role, value in (("flats", flats), ("darks", darks)):
        found = with_given(found, role, value, role in override)  # type: ignore[arg-type]
    _require_one_size(found)
    sizes = _pixel_sizes(found, energy, pixel_size, "pixel_size" in override, doubts)
    if len({t.kind for t in found}) > 1:
        raise ReadError(
            f"{names[0]} and others hold different things ({', '.join(sorted({t.kind for t in found}))}): read them separately."
        )
    doubts += _doubts(found)
    files = dict.fromkeys(str(f) for t in found for f in t.files)
    if isinstance(angles, str | Path):
        files[str(angles)] = None
    return Scan.from_arrays(
        projections=[joined(t.projections, t.shape) for t in found],
        energies=energy,
        angles=[t.angles for t in found],
        flats=[joined(t.flats, t.shape, t.projections[0].dtype) for t in found],
        darks=[joined(t.darks, t.shape, t.projections[0].dtype) for t in found],
        pixel_size=sizes,
        kind=found[0].kind,
        exposure=_all_known([t.exposure for t in found]),
        flat_exposure=_all_known([t.flat_exposure for t in found]),
        time=_all_known([t.time for t in found]),
        flat_positions=_positions(found),
        current=_some_known([t.current for t in found]),
        flat_current=_some_known([t.flat_current for t in found]),
        metadata=metadata | {"files": list(files), "doubts": doubts},
    )


def _angles(tomograms: Sequence[Tomogram], caller: Any, override: bool, doubts: list[str]) -> list[FloatArray]:
    given: list[Any] = [None] * len(tomograms)
    if isinstance(caller, str | Path):
        listed = angles_in_list(caller)
        given = [views_among(listed, t.views, Path(caller)) for t in tomograms]
    elif caller is not None:
        given = angles_by_energy(caller, len(tomograms), ReadError)
    found = []
    for tomogram, mine in zip(tomograms, given, strict=True):
        angles = angles_with(mine, tomogram.angles, tomogram.views, str(tomogram.path), override)
        if angles is None and tomogram.views > 1:
            raise ReadError(
                f"{tomogram.path}: nothing says the angles of its {tomogram.views} projections: give angles=[…] in degrees."
            )
        if angles is None:
            angles = np.zeros(1)
            sentence = "A single view whose angle nothing says is taken to be at 0°."
            doubts += [sentence] if sentence not in doubts else []
        found.append(angles)
    return found


def _require_one_size(tomograms: Sequence[Tomogram]) -> None:
    common = Counter(t.shape for t in tomograms).most_common(1)[0][0]
    for tomogram in tomograms:
        if tomogram.shape != common:
            here, there = (" x ".join(map(str, s)) for s in (tomogram.shape, common))
            raise ReadError(
                f"{tomogram.path} has projections of {here} pixels and most others {there}: bin or crop them alike."
            )


def _pixel_sizes(
    tomograms: Sequence[Tomogram], energy: FloatArray, caller: Any, override: bool, doubts: list[str]
) -> FloatArray | None:
    given = None
    if caller is not None:
        caller = as_numbers(caller, "pixel sizes", ReadError)
        given = caller * energy / energy.max() if caller.ndim == 0 else caller
        if given.shape != energy.shape or not np.all(np.isfinite(given) & (given > 0)):
            raise ReadError(
                f"A pixel size is one positive number in nm, or one an energy ({len(energy)}); found {caller.tolist()}."
            )
    names = [str(t.path) for t in tomograms]
    theirs = np.array([t.pixel_size for t in tomograms])
    if given is not None and np.ndim(caller) == 0 and np.all(np.abs(theirs - caller) <= PIXEL_TOLERANCE * caller):
        given = theirs  # the files hold the pixel size at the one value that was given
    sizes = pixel_sizes_with(given, theirs, names, override)
    known = np.isfinite(sizes)
    if np.any(known) and not np.all(known):
        name = names[int(np.flatnonzero(~known)[0])]
        doubts.append(
            f"{name} and {int(np.sum(~known)) - 1} others do not say their pixel size, so it counts as unknown: give pixel_size=…."
        )
    if not np.all(known):
        return None
    if len(sizes) > 1 and np.ptp(sizes) <= 1e-6 * sizes[0]:
        doubts.append(
            f"The pixel size of {sizes[0]:g} nm is nominal: the files say the same at all energies, while a zone plate's "
            "is proportional to the energy unless the detector is moved."
        )
    return sizes


def _doubts(tomograms: Sequence[Tomogram]) -> list[str]:
    """Sentences about the tomograms; one that all share is said once."""
    count = Counter(d for t in tomograms for d in t.doubts)
    found = [d for d, n in count.items() if n == len(tomograms)]
    found += [f"{t.path.name} ({t.energy:g} eV): {d}" for t in tomograms for d in t.doubts if count[d] < len(tomograms)]
    for role in ("flats", "darks"):
        without = [t for t in tomograms if t.kind == "counts" and not getattr(t, role)]
        if without:
            where = (
                "at any energy"
                if len(without) == len(tomograms)
                else "at " + ", ".join(f"{t.energy:g}" for t in without[:5]) + " eV"
            )
            found.append(f"There are no {role} {where}.")
    return found


def _all_known(values: Sequence[float]) -> FloatArray | None:
    array = np.asarray(values, np.float64)
    return array if np.all(np.isfinite(array)) else None


def _some_known(values: Sequence[FloatArray | None]) -> list[FloatArray | None] | None:
    return list(values) if any(v is not None and np.any(np.isfinite(v)) for v in values) else None


def _positions(tomograms: Sequence[Tomogram]) -> list[Any] | None:
    if not any(t.flats for t in tomograms) or any(t.flats and t.flat_positions is None for t in tomograms):
        return None
    return [np.zeros(0, np.int64) if t.flat_positions is None else t.flat_positions for t in tomograms]
