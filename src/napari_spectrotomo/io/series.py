"""Files of one or many images: told apart by role, grouped by energy (or folder), put in order of acquisition."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..data import FloatArray
from .names import Role, natural, place_in
from .tomogram import Frames, Tomogram

SAME_ENERGY = 0.1  # eV: images closer than this belong to one tomogram
Skipped = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Image:
    """One file of a series (its images of one energy, where it holds several), or the flat that a file carries inside.

    Attributes
    ----------
    path : Path
    role : 'projections', 'flats' or 'darks'
    frames : Frames
    energy : float, eV
    angles : tuple of float, degrees, one a frame, or one for all
    pixel_size : float, nm
    exposure : float, s
    time : float, s
    doubts : tuple of sentences
    """

    path: Path
    role: Role
    frames: Frames
    energy: float = np.nan
    angles: tuple[float, ...] = (np.nan,)
    pixel_size: float = np.nan
    exposure: float = np.nan
    time: float = np.nan
    doubts: tuple[str, ...] = ()


def tomograms_of(
    images: Sequence[Image], ranks: Mapping[str, int], alone: bool = False
) -> tuple[list[Tomogram], list[Skipped]]:
    """Group images of a series into tomograms.

    Parameters
    ----------
    images : sequence of Image
    ranks : mapping of file name to place in the order of acquisition, as a run's listing gives it
        Used where the images' headers say no time.
    alone : bool
        Whether it is one file, taken by itself, which misses no others.

    Returns
    -------
    tomograms : list of Tomogram, in order of energy or else of folder
    lonely : list of (file, reason)
        Flats of energies that have no projections.
    """
    steps = clusters(np.array([i.energy for i in images]))
    groups: dict[tuple[int, str], dict[Role, list[Image]]] = {}
    folders: dict[str, set[tuple[int, str]]] = defaultdict(set)
    for image, step in zip(images, steps, strict=True):
        if image.role == "projections":
            key = (int(step), _home(image))
            groups.setdefault(key, {"projections": [], "flats": [], "darks": []})["projections"].append(image)
            folders[str(image.path.parent)].add(key)
    lonely: dict[int, list[Image]] = defaultdict(list)
    shared: list[Image] = []
    for image, step in zip(images, steps, strict=True):
        if image.role == "projections":
            continue
        same = [members for key, members in groups.items() if step >= 0 and key[0] == step]
        if same:
            for members in same:
                members[image.role].append(image)
        elif step >= 0 and image.role == "flats":
            lonely[int(step)].append(image)
        elif step < 0 and len(folders[str(image.path.parent)]) == 1:
            groups[next(iter(folders[str(image.path.parent)]))][image.role].append(image)
        else:
            shared.append(image)
    for members in groups.values():
        for role in ("flats", "darks"):
            members[role] = members[role] or [i for i in shared if i.role == role]
    reasons = [
        (str(i.path), f"At {i.energy:g} eV there are flats ({len(flats)}) and no projections.")
        for flats in lonely.values()
        for i in flats
    ]
    ordered = sorted(groups, key=lambda k: (k[0], natural(k[1])))
    return [_tomogram(groups[key], ranks, alone) for key in ordered], reasons


def _home(image: Image) -> str:
    """What tells tomograms of one energy apart: the file, where it holds one whole; the folder, where no energy is known."""
    if image.frames.count > 1:
        return str(image.path)
    return "" if np.isfinite(image.energy) else str(image.path.parent)


def clusters(energies: FloatArray) -> npt.NDArray[np.int64]:
    """Number the distinct energies, ascending; -1 where unknown."""
    found = np.full(len(energies), -1, np.int64)
    given = np.flatnonzero(np.isfinite(energies))
    order = given[np.argsort(energies[given], kind="stable")]
    if len(order):
        found[order] = np.concatenate([[0], np.cumsum(np.diff(energies[order]) > SAME_ENERGY)])
    return found


def _tomogram(members: Mapping[Role, list[Image]], ranks: Mapping[str, int], alone: bool) -> Tomogram:
    views, views_at, how = _in_order(members["projections"], ranks)
    of_views = {v.path for v in views}
    named = [f for f in members["flats"] if f.path not in of_views]
    flats, flats_at, flats_how = _in_order(named or members["flats"], ranks)
    darks, _, _ = _in_order(members["darks"], ranks)
    angles = np.concatenate([np.broadcast_to(np.asarray(v.angles, np.float64), v.frames.count) for v in views])
    positions = None
    if views_at is not None and flats_at is not None and how == flats_how != "angle":
        before = np.searchsorted(views_at, flats_at)
        counts = np.concatenate([[0], np.cumsum([v.frames.count for v in views])])
        positions = np.repeat(counts[before], [f.frames.count for f in flats]).astype(np.int64)
    sizes = _known(v.pixel_size for v in views)
    doubts = [*dict.fromkeys(d for v in views for d in v.doubts), *([] if alone else _missing_frames(members))]
    for role in ("projections", "flats"):
        exposures = _known(i.exposure for i in members[role])
        if len(exposures) and np.ptp(exposures) > 0.01 * np.median(exposures):
            doubts.append(
                f"The exposures of {role} vary from {exposures.min():g} to {exposures.max():g} s; their median is used."
            )
    if len(sizes) and np.ptp(sizes) > 0.01 * np.median(sizes):
        doubts.append(
            f"The pixel sizes of projections vary from {sizes.min():g} to {sizes.max():g} nm; their median is used."
        )
    times = np.array([v.time for v in views])
    start = float(times.min()) if np.all(np.isfinite(times)) else np.nan
    if np.isnan(start) and views and all(v.path.name in ranks for v in views):
        start = float(min(ranks[v.path.name] for v in views))
    return Tomogram(
        files=tuple(dict.fromkeys(i.path for i in (*views, *flats, *darks))),
        projections=tuple(v.frames for v in views),
        flats=tuple(f.frames for f in flats),
        darks=tuple(d.frames for d in darks),
        energy=_middle(v.energy for v in views),
        angles=angles if np.all(np.isfinite(angles)) else None,
        pixel_size=_middle(v.pixel_size for v in views),
        exposure=_middle(v.exposure for v in views),
        flat_exposure=_middle(f.exposure for f in flats),
        time=start,
        flat_positions=positions,
        doubts=tuple(doubts),
    )


def _in_order(images: list[Image], ranks: Mapping[str, int]) -> tuple[list[Image], FloatArray | None, str]:
    """Sort images by header time, else the run's listing, else angle, else name; give what they were sorted by, and how."""
    by_name = sorted(images, key=lambda i: natural(i.path.name))
    for how, values in (
        ("time", [i.time for i in by_name]),
        ("listing", [ranks.get(i.path.name, np.nan) for i in by_name]),
        ("angle", [i.angles[0] for i in by_name]),
    ):
        at = np.array(values, np.float64)
        if len(at) and np.all(np.isfinite(at)):
            order = np.argsort(at, kind="stable")
            return [by_name[k] for k in order], at[order], how
    return by_name, None, "name"


def _known(values: object) -> FloatArray:
    array = np.array(list(values), np.float64)  # type: ignore[call-overload]
    return array[np.isfinite(array)]


def _middle(values: object) -> float:
    given = _known(values)
    return float(np.median(given)) if len(given) else np.nan


def _missing_frames(members: Mapping[Role, list[Image]]) -> list[str]:
    """Sentences about repeated frames (``001of003``) of which some are not there."""
    doubts = []
    for role, images in members.items():
        seen: dict[str, set[int]] = defaultdict(set)
        total: dict[str, int] = {}
        for image in images:
            if place := place_in(image.path.name):
                series = re.sub(r"rep\d+_\d+_|(?<!\d)\d+of\d+(?!\d)", "", image.path.name)
                seen[series].add(place[0])
                total[series] = max(place[1], total.get(series, 0))
        held, declared = sum(len(s) for s in seen.values()), sum(total.values())
        if held < declared:
            doubts.append(f"The names count {declared} {role}, and {held} are here.")
    return doubts
