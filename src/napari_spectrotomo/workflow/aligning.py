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
from .job import Job
from .outputs import FILES, UNFINISHED
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
    for e, energy in enumerate(scan.energies):
        job.check()
        key = f"{energy:.4f}"
        message = "found before"
        if key not in found:
            found[key] = _look(job, scan, e)
            message = _in_words(found[key])
            job.settle()
            write_json(unfinished, {"fingerprint": job.fingerprint, "found": found})
        yield job.finished(e + 1, len(scan), message, float(energy))
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


def _look(job: Job, scan: Scan, e: int) -> dict[str, Any]:
    """Look at the views of one energy; gives plain values to keep."""
    recipe, center = job.project.recipe, job.project.recipe.reconstruct.center
    if center != "auto" and recipe.align.jitter == "none" and not recipe.align.motion:
        return {"axis": None, "about": None, "jitter": None, "motion": None}
    corrected = corrected_tomogram(job, scan, e)
    if center != "auto":
        centers = given_centers(center, len(scan), corrected.optical_density.shape[2])
        return {"axis": None} | _aligned(job, corrected, float(centers[e]), _given_tilt(job) or 0.0)
    estimate = find_axis(corrected.optical_density, corrected.angles, job.abort)
    plain = {"axis": estimate.to_plain()}
    if not np.isfinite(estimate.center):
        if len(scan) == 1:
            raise ReconstructionError(" ".join(estimate.doubts))
        return plain | {"about": None, "jitter": None, "motion": None}
    tilt = _given_tilt(job)
    if tilt is None:
        tilt = settle_axes([0.0], None, [estimate]).tilt
    return plain | _aligned(job, corrected, estimate.center, tilt)


def _given_tilt(job: Job) -> float | None:
    tilt = job.project.recipe.reconstruct.tilt
    return None if tilt == "auto" else tilt


def _aligned(job: Job, corrected: CorrectedTomogram, center: float, tilt: float) -> dict[str, Any]:
    """Align the views of one energy about an axis, and measure how far the sample moved meanwhile."""
    parameters = job.project.recipe.align
    views, angles, abort = corrected.optical_density, corrected.angles, job.abort
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
    given = _given_tilt(job)
    tilt = axes.tilt if given is None else given
    centers, shifts = axes.centers.copy(), []
    for e, entry in enumerate(entries):
        if entry["jitter"] is not None and _is_off(entry["about"], centers[e], tilt, job.project.layout()[0]):
            job.check()
            entry |= _aligned(job, corrected_tomogram(job, scan, e), float(centers[e]), tilt)
            yield job.finished(len(scan), len(scan), "aligned again about the settled axis", float(scan.energies[e]))
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
