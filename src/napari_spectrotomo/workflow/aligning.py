"""Stage `align`: rotation axis, jitter and motion of every energy, before anything is reconstructed."""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..align.jitter import find_jitter_of
from ..align.motion import measure_motion_of
from ..atomic import write_json
from ..data import EnergyStack, Scan
from ..errors import ReconstructionError
from ..preprocess import CorrectedTomogram
from ..progress import Progress
from ..reconstruct import AxisEstimate, SeriesAxes, find_axis, given_centers, settle_axes
from .alignment import Alignment
from .executor import Made, Workplace
from .job import Job
from .outputs import FILES, UNFINISHED
from .project import Project
from .volumes import corrected_tomogram

_MOVED = 0.3
"""Pixels by which a settled axis may differ from the one that views were aligned about."""


def align_steps(job: Job) -> Iterator[Progress]:
    """Find what the reconstruction's geometry needs; what was found before a stop is kept."""
    scan = job.project.input()
    if isinstance(scan, EnergyStack):
        yield job.finished(1, 1, "nothing to do: the source holds volumes")
        return
    unfinished = job.project.path / UNFINISHED["align"][0]
    found = _begun(unfinished, job.fingerprint)
    names = [f"{energy:.4f}" for energy in scan.energies]
    known = [e for e, name in enumerate(names) if name in found]
    for count, e in enumerate(known, 1):
        yield job.finished(count, len(scan), "found before", float(scan.energies[e]))
    tasks = {e: () for e in range(len(scan)) if e not in known}
    for count, (e, made) in enumerate(job.each(look_at_energy, tasks, scan.energies), 1 + len(known)):
        found[names[e]] = made.found
        job.settle()
        write_json(unfinished, {"fingerprint": job.fingerprint, "found": found})
        yield job.finished(count, len(scan), made.message, float(scan.energies[e]))
    found = {name: found[name] for name in names}
    alignment = yield from _settled(job, scan, found)
    _warn(job, scan, found)
    alignment.save(job.project.path / FILES["align"][0])
    unfinished.unlink(missing_ok=True)


def _begun(path: Path, fingerprint: str) -> dict[str, Any]:
    """Give what a run that was stopped had found, where it asked the same; nothing where its file is damaged."""
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return content["found"] if content["fingerprint"] == fingerprint else {}
    except (ValueError, KeyError, TypeError):
        return {}


def look_at_energy(place: Workplace, e: int) -> Made:
    """Look at the views of one energy: where the axis is, how views lie, how far the sample moved."""
    recipe, center, scan = place.project.recipe, place.project.recipe.reconstruct.center, place.project.scan()
    if center != "auto" and recipe.align.jitter == "none" and not recipe.align.motion:
        return _seen({"axis": None, "about": None, "jitter": None, "motion": None})
    corrected, doubts = corrected_tomogram(place, scan, e)
    tilt = _given_tilt(place.project)
    if center != "auto":
        centers = given_centers(center, len(scan), corrected.optical_density.shape[2])
        return _seen({"axis": None} | _aligned(place, corrected, float(centers[e]), tilt or 0.0), doubts)
    estimate = find_axis(corrected.optical_density, corrected.angles, place.abort)
    plain = {"axis": estimate.to_plain()}
    if not np.isfinite(estimate.center):
        if len(scan) == 1:
            raise ReconstructionError(" ".join(estimate.doubts))
        return _seen(plain | {"about": None, "jitter": None, "motion": None}, doubts)
    if tilt is None:
        tilt = settle_axes([0.0], None, [estimate]).tilt
    return _seen(plain | _aligned(place, corrected, estimate.center, tilt), doubts)


def look_again(place: Workplace, e: int, center: float, tilt: float) -> Made:
    """Align the views of one energy about another axis than was found at it alone."""
    corrected, doubts = corrected_tomogram(place, place.project.scan(), e)
    return Made("aligned again about the settled axis", {}, doubts, _aligned(place, corrected, center, tilt))


def _seen(entry: dict[str, Any], doubts: tuple[str, ...] | None = None) -> Made:
    return Made(_in_words(entry), {}, doubts, entry)


def _given_tilt(project: Project) -> float | None:
    tilt = project.recipe.reconstruct.tilt
    return None if tilt == "auto" else tilt


def _aligned(place: Workplace, corrected: CorrectedTomogram, center: float, tilt: float) -> dict[str, Any]:
    """Align the views of one energy about an axis, and measure how far the sample moved meanwhile."""
    parameters = place.project.recipe.align
    views, angles, abort = corrected.optical_density, corrected.angles, place.abort
    jitter = find_jitter_of(views, angles, center, tilt=tilt, method=parameters.jitter, abort=abort)
    motion = None
    if parameters.motion:
        known = None if parameters.jitter == "none" else jitter
        motion = measure_motion_of(views, angles, center, tilt=tilt, jitter=known, abort=abort).to_plain()
    return {"about": [center, tilt], "jitter": jitter.to_plain(), "motion": motion}


def _settled(job: Job, scan: Scan, found: dict[str, Any]) -> Generator[Progress, None, Alignment]:
    """Settle the axes of the series; views that were aligned about another axis are aligned again."""
    recipe = job.project.recipe
    entries = [found[f"{energy:.4f}"] for energy in scan.energies]
    center = recipe.reconstruct.center
    if center == "auto":
        axes = settle_axes(scan.energies, scan.time, [AxisEstimate.from_plain(entry["axis"]) for entry in entries])
        job.warn(axes.warnings, "axis")
    else:
        centers = given_centers(center, len(scan), job.project.layout()[1])
        axes = SeriesAxes(centers, 0.0, (), centers)
    given = _given_tilt(job.project)
    tilt = axes.tilt if given is None else given
    centers, shifts = axes.centers.copy(), []
    rows = job.project.layout()[0]
    off = [e for e, one in enumerate(entries) if one["jitter"] and _is_off(one["about"], centers[e], tilt, rows)]
    for e, made in job.each(look_again, {e: (float(centers[e]), float(tilt)) for e in off}, scan.energies):
        entries[e] |= made.found
        yield job.finished(len(scan), len(scan), made.message, float(scan.energies[e]))
    for e, entry in enumerate(entries):
        jitter = entry["jitter"] or {"applied": False}
        if jitter["applied"]:
            centers[e] = jitter["center"]
        moved = jitter.pop("shifts", None)
        shifts.append(np.asarray(moved, np.float64) if jitter["applied"] else None)
    return Alignment(scan.energies, centers, tilt, tuple(shifts), found)


def _is_off(about: list[float], center: float, tilt: float, rows: int) -> bool:
    lean = abs(np.tan(np.deg2rad(about[1])) - np.tan(np.deg2rad(tilt))) * rows / 2
    return abs(about[0] - center) > _MOVED or lean > _MOVED


def _warn(job: Job, scan: Scan, found: dict[str, Any]) -> None:
    """Say what is doubtful, each thing once with the energies it is true of."""
    said: dict[str, tuple[str, list[float]]] = {}
    for energy in scan.energies:
        entry = found[f"{energy:.4f}"]
        axis, jitter, motion = (entry[name] or {} for name in ("axis", "jitter", "motion"))
        for sentence in (*axis.get("doubts", []), *jitter.get("doubts", []), *motion.get("warnings", [])):
            kind = re.sub(r"[-+]?\d+(\.\d+)?", "#", sentence)
            said.setdefault(kind, (sentence, []))[1].append(float(energy))
    sentences = []
    for sentence, energies in said.values():
        more = f" (and at {len(energies) - 1} more energies)" if len(energies) > 1 else ""
        sentences.append(f"At {energies[0]:g} eV{more}: {sentence}")
    job.warn(sentences, "views")


def _in_words(entry: dict[str, Any]) -> str:
    """Say what was found at one energy."""
    axis, jitter = entry["axis"], entry["jitter"]
    if axis is None:
        words = "the rotation axis is given"
    elif axis["center"] is None:
        return f"no axis found: {' '.join(axis['doubts'])}"
    else:
        words = f"axis found at column {axis['center']:.2f} (confidence {axis['confidence']:.2f})"
    if jitter is not None and jitter["applied"]:
        down, across = np.sqrt(np.mean(np.asarray(jitter["shifts"]) ** 2, axis=0))
        words += f", views shifted by {down:.2f} rows and {across:.2f} columns (rms)"
    return words
