"""Stage `register`: from masks to transforms, and from transforms to registered volumes."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from pathlib import Path

import numpy as np

from ..atomic import write_json
from ..data import FloatArray
from ..progress import Progress
from ..register import PairRegistration, Registration, assemble, registration_steps, resample
from .job import Job

_UNFINISHED = "registration.partial.json"


def register_steps(job: Job) -> Iterator[Progress]:
    """Register every mask to the fixed one, then move every volume, in one interpolation, and take the squared differences."""
    energies = job.project.stack("reconstruction").energies
    total = 2 * len(energies)
    results = yield from _transforms(job, energies, total)
    stack = job.project.stack("reconstruction")
    registration = assemble(results, energies, job.project.recipe.register, stack.shape, stack.voxel_size)
    registration.save(job.project.path / "registration.json")
    (job.project.path / _UNFINISHED).unlink(missing_ok=True)
    quality = registration.quality
    flagged = quality[quality["flag"].fillna("").astype(bool)]
    job.warn([f"Registration at {row.energy_eV:.2f} eV: {row.flag}." for row in flagged.itertuples()], "flags")
    yield from _move(job, registration, total)


def _transforms(job: Job, energies: FloatArray, total: int) -> Generator[Progress, None, dict[int, PairRegistration]]:
    """Register energy by energy; each result is on disk before the next begins, so that a killed run goes on from there."""
    unfinished = job.project.path / _UNFINISHED
    results = _found(unfinished, job.fingerprint)
    for index in sorted(results):
        yield job.finished(len(results), total, "transform found done", float(energies[index]))
    steps = registration_steps(
        job.project.masks(),
        energies=energies,
        parameters=job.project.recipe.register,
        voxel_size=job.project.stack("reconstruction").voxel_size,
        done=dict(results),
        abort=job.abort,
    )
    for index, pair in steps:
        results[index] = pair
        plain = {str(i): p.to_dict() for i, p in sorted(results.items())}
        write_json(unfinished, {"fingerprint": job.fingerprint, "results": plain})
        message = f"{pair.status}, MSE {pair.mse_before:.5f} -> {pair.mse_after:.5f}, {pair.iterations} iterations"
        yield job.finished(len(results), total, message, float(energies[index]))
    return results


def _found(path: Path, fingerprint: str) -> dict[int, PairRegistration]:
    """Give the transforms of an unfinished registration with the same parameters and masks."""
    if not path.exists():
        return {}
    content = json.loads(path.read_text(encoding="utf-8"))
    if content["fingerprint"] != fingerprint:
        return {}
    return {int(i): PairRegistration.from_dict(p) for i, p in content["results"].items()}


def _move(job: Job, registration: Registration, total: int) -> Iterator[Progress]:
    """Write registered volumes and the squared differences of masks, raw and registered, an energy at a time."""
    store = job.project.store
    stack = job.project.stack("reconstruction")
    for name in ("squared_difference_raw", "squared_difference_registered", "registered"):
        unit = stack.attenuation_unit if name == "registered" else ""
        store.create(name, stack.shape, np.float32, stack.energies, stack.voxel_size, unit, job.fingerprint)
    fixed = store.read("mask", registration.fixed_index).astype(np.float32)

    def move(e: int) -> str:
        matrix = registration.matrices[e]
        mask = store.read("mask", e).astype(np.float32)
        store.write("squared_difference_raw", e, (mask - fixed) ** 2)
        moved = np.full_like(fixed, np.nan)
        if np.isfinite(matrix).all():
            moved = np.nan_to_num(resample(mask, matrix, order=1), nan=0.0)  # nothing beyond the moving field
        store.write("squared_difference_registered", e, (moved - fixed) ** 2)
        store.write("registered", e, resample(store.read("reconstruction", e), matrix, order=3))
        return "volume moved"

    yield from job.each_energy("registered", stack.energies, move, before=total - len(stack))
