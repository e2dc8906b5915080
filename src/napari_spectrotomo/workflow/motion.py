"""Stage `register`: from masks to transforms, and from transforms to registered volumes."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..atomic import write_json
from ..progress import Progress
from ..register import EnergyRegistration, Placement, Registration, Series, finishing, write_deformation
from .executor import Made, Workplace
from .job import Job
from .record import checksum

_UNFINISHED = "registration.partial.json"
_REDOING = "redoing"
REDONE = "redone"
"""Where the stage's entry in ``run.json``, and its warnings, keep what was done again by hand."""

_DIFFERENCES = ("squared_difference_raw", "squared_difference_registered")
DEFORMATION = "project.zarr/deformation"


def register_steps(job: Job) -> Iterator[Progress]:
    """Register every energy to the fixed one, then move every volume, in one interpolation, and take the squared differences."""
    total = 2 * len(job.project.energies)
    if job.entry["finished"] and (job.project.path / "registration.json").exists():
        # volumes alone were lost; what was placed by hand stands in the file, and nowhere else
        registration = job.project.registration()
        if _REDOING in job.entry and checksum(job.project.path / "registration.json") != job.entry[_REDOING]["before"]:
            note_redone(job, registration)
        job.entry.pop(_REDOING, None)
    else:
        _forget_by_hand(job)
        registration = yield from _registered(job, total)
        save(job, registration)
        job.warn(flags_of(registration), "flags")
        job.place.forget("series")  # moving needs the memory of what transforms were found with
    yield from _move(job, registration, total)
    (job.project.path / _UNFINISHED).unlink(missing_ok=True)


def _registered(job: Job, total: int) -> Generator[Progress, None, Registration]:
    """Find the transforms of all energies, then judge them as a series."""
    series = series_of(job.place)
    results = yield from _transforms(job, series, total)
    return (yield from _logged(job, finishing(series, results, total)))


def _logged(job: Job, steps: Generator[Progress, None, Registration]) -> Generator[Progress, None, Registration]:
    """Write what is reported into the log too."""
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            return end.value
        yield job.finished(step.done, step.total, step.message, step.energy)


def series_of(place: Workplace) -> Series:
    """Put together what is registered: by particle and on the grey volumes, unless the published method is asked for."""
    return place.keep("series", lambda: _series(place))


def _series(place: Workplace) -> Series:
    project, parameters = place.project, place.project.recipe.register
    stack = project.stack("reconstruction")
    if parameters.engine == "simpleitk":
        # the published method moves everything together, and looks at masks only
        parameters = replace(parameters, by_particle=False, refine="none")
    labels = project.labels()
    times = project.scan().time if project.kind == "scan" else None
    return Series(
        project.masks(),
        parameters,
        stack.energies,
        stack.voxel_size,
        particles=labels if parameters.by_particle and labels.any() else None,
        stack=None if parameters.refine == "none" else stack,
        times=times if times is not None and np.isfinite(times).all() else None,
        abort=place.abort,
    )


def _transforms(job: Job, series: Series, total: int) -> Generator[Progress, None, dict[int, EnergyRegistration]]:
    """Register every energy from its neighbour; each result is on disk before the next begins, so that a killed run goes on."""
    unfinished = job.project.path / _UNFINISHED
    results = _found(unfinished, job.fingerprint)
    for count, index in enumerate(sorted(results), 1):
        yield job.finished(count, total, "transform found done", float(series.energies[index]))
    order = series.order()
    tasks: dict[int, tuple[Any, ...]] = {index: () for index, _ in order if index not in results}
    for index, made in job.each(register_one, tasks, series.energies, after=dict(order)):
        results[index] = EnergyRegistration.from_dict(made.found)
        plain = {str(i): one.to_dict() for i, one in sorted(results.items())}
        write_json(unfinished, {"fingerprint": job.fingerprint, "results": plain})
        yield job.finished(len(results), total, made.message, float(series.energies[index]))
    return results


def register_one(place: Workplace, index: int) -> Made:
    """Register one energy, from the results of those before it."""
    found = series_of(place).step(index, _found(place.project.path / _UNFINISHED, place.fingerprint))
    return Made(_in_words(found), found=found.to_dict())


def _in_words(found: EnergyRegistration) -> str:
    """Say how an energy was registered."""
    whole, measures = found.whole, found.measures
    if whole.status == "failed":
        return f"failed: {whole.reason}"
    words = f"{whole.status}, MSE {measures['mse_raw']:.5f} -> {measures['mse_global']:.5f}"
    if found.particles:
        words += f" -> {measures['mse_registered']:.5f} by particle"
    refined = sum(pair.refined for pair in found.particles.values() or [whole])
    return words + (f", {refined} of {len(found.particles) or 1} refined on grey volumes" if refined else "")


def _found(path: Path, fingerprint: str) -> dict[int, EnergyRegistration]:
    """Give the transforms of an unfinished registration with the same parameters and masks."""
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["fingerprint"] != fingerprint:
            return {}
        return {int(i): EnergyRegistration.from_dict(one) for i, one in content["results"].items()}
    except (ValueError, KeyError, TypeError):  # damaged: all is registered again
        return {}


def save(job: Job, registration: Registration) -> None:
    """Write ``registration.json``, and the deformation where there is one."""
    path = job.project.path
    bent = registration.deformation
    if bent is not None:
        write_deformation(path / DEFORMATION, bent, registration.energies)
    registration.save(
        path / "registration.json",
        labels_file="labels.tif" if registration.particle_matrices else None,
        deformation_group=DEFORMATION if bent is not None else None,
    )


def begin_redone(job: Job, index: int, note: dict[str, Any]) -> None:
    """Keep what is about to be done again by hand, so that it is known of a run that is killed whether it was."""
    path = job.project.path / "registration.json"
    job.entry[_REDOING] = {"index": index, "note": note, "before": checksum(path)}
    job.entry.get("files", {}).pop(path.name, None)
    job.project.record.save()


def note_redone(job: Job, registration: Registration) -> None:
    """Keep what was done again by hand, of which the file of the registration tells now."""
    done = job.entry.pop(_REDOING)
    job.entry.setdefault(REDONE, {})[str(done["index"])] = done["note"]
    by_energy = [one for _, one in sorted(job.entry[REDONE].items(), key=lambda item: int(item[0]))]
    job.warn([one["words"] for one in by_energy if not one["kept"]], REDONE)  # what was kept has its flag
    job.warn(flags_of(registration), "flags")


def _forget_by_hand(job: Job) -> None:
    """Move anew what was placed by hand: its transforms were lost with the file that alone had them."""
    job.entry.pop(_REDOING, None)
    done = job.entry.pop(REDONE, {})
    for index in done:
        job.project.store.withdraw("registered", int(index))
    if done:
        energies = ", ".join(f"{one['energy_eV']:.1f}" for one in done.values())
        job.warn(
            [f"What was registered by hand at {energies} eV was lost with registration.json: do it again."], REDONE
        )


def flags_of(registration: Registration) -> list[str]:
    """Say which energies to look at."""
    quality = registration.quality
    flagged = quality[quality["flag"].fillna("").astype(bool)]
    return [f"Registration at {row.energy_eV:.2f} eV: {row.flag}" for row in flagged.itertuples()]


def _move(job: Job, registration: Registration, total: int) -> Iterator[Progress]:
    """Write registered volumes and the squared differences of masks, raw and registered, an energy at a time."""
    store = job.project.store
    stack = job.project.stack("reconstruction")
    for name in (*_DIFFERENCES, "registered"):
        unit = stack.attenuation_unit if name == "registered" else ""
        store.create(name, stack.shape, np.float32, stack.energies, stack.voxel_size, unit, job.fingerprint)
    images = ("registered", *_DIFFERENCES)
    yield from job.each_energy(images, stack.energies, move_energy, before=total - len(stack))


def move_energy(place: Workplace, e: int) -> Made:
    """Write the registered volume of an energy, and the squared differences of its mask."""
    project, store = place.project, place.project.store
    registration = place.keep("registration", project.registration)
    placement = place.keep("placement", lambda: Placement(registration))
    fixed = store.read("mask", registration.fixed_index)
    mask = store.read("mask", e)
    raw, registered = _DIFFERENCES
    store.put_parts(raw, e, _squared_differences(mask, fixed))
    moved = placement.move(mask, e, order=1, abort=place.abort)
    if np.isfinite(moved).any():
        moved = np.nan_to_num(moved, copy=False, nan=0.0)  # nothing beyond the moving field
    store.put_parts(registered, e, _squared_differences(moved, fixed))
    del moved, mask, fixed
    store.put("registered", e, placement.move(store.read("reconstruction", e), e, abort=place.abort))
    return Made("volume moved")


def _squared_differences(
    moved: npt.NDArray[np.float32] | npt.NDArray[np.bool_], fixed: npt.NDArray[np.bool_]
) -> Iterator[npt.NDArray[np.float32]]:
    """Give them slice by slice."""
    for here, there in zip(moved, fixed, strict=True):
        yield (np.asarray(here, np.float32) - there)[None] ** 2
