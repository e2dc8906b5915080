"""Stage `align`: the rotation axis of every energy, before anything is reconstructed about it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..atomic import write_json
from ..data import EnergyStack, Scan
from ..errors import ReconstructionError
from ..progress import Progress
from ..reconstruct import axis_warnings, find_center_of, given_centers, settle_centers
from .alignment import Alignment
from .job import Job
from .outputs import FILES, UNFINISHED
from .volumes import corrected_tomogram


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
            found[key], message = _look(job, scan, e)
            write_json(unfinished, {"fingerprint": job.fingerprint, "found": found})
        yield job.finished(e + 1, len(scan), message, float(energy))
    _settled(job, scan, found).save(job.project.path / FILES["align"][0])
    unfinished.unlink(missing_ok=True)


def _begun(path: Path, fingerprint: str) -> dict[str, Any]:
    """Give what a run that was stopped had found, where it asked the same."""
    if not path.exists():
        return {}
    content = json.loads(path.read_text(encoding="utf-8"))
    return content["found"] if content["fingerprint"] == fingerprint else {}


def _look(job: Job, scan: Scan, e: int) -> tuple[dict[str, Any], str]:
    """Look at the views of one energy: plain values to keep, and what to say."""
    if job.project.recipe.reconstruct.center != "auto":
        return {"center": None}, "the rotation axis is given"
    corrected = corrected_tomogram(job, scan, e)
    try:
        center = float(find_center_of(corrected.optical_density, corrected.angles))
    except ReconstructionError as error:
        if len(scan) == 1:
            raise
        return {"center": None}, f"no axis found: {error}"
    return {"center": center}, f"axis found at column {center:.2f}"


def _settled(job: Job, scan: Scan, found: dict[str, Any]) -> Alignment:
    given = job.project.recipe.reconstruct.center
    if given == "auto":
        estimates = np.array([found[f"{energy:.4f}"]["center"] for energy in scan.energies], float)
        centers = settle_centers(estimates)
        job.warn(axis_warnings(scan.energies, estimates, centers), "axis")
    else:
        centers = given_centers(given, scan)
    return Alignment(scan.energies, centers, 0.0, (None,) * len(scan), found)
