"""Stages `read`, `correct` and `reconstruct`: from the source to one volume an energy in the project."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..data import EnergyStack, Scan
from ..errors import DataError
from ..preprocess import CorrectedTomogram, correct_tomogram
from ..progress import Progress
from ..reconstruct import (
    FieldOfView,
    Filter,
    choose_engine,
    choose_filter,
    field_warnings,
    magnifications,
    view_warnings,
    volume_in_blocks,
)
from .executor import Made, Workplace
from .job import Job
from .project import Project
from .record import inputs_of


def read_steps(job: Job) -> Iterator[Progress]:
    """Note what the source holds and which files it is made of."""
    found = job.project.input()
    metadata = found.metadata
    job.warn(
        [
            *metadata.get("doubts", []),
            *(f"{file} was skipped: {reason}" for file, reason in metadata.get("skipped", [])),
        ]
    )
    job.project.record.content["scan"] = summary_of(found)
    yield job.finished(1, 1, f"{len(found)} energies in {len(metadata.get('files', []))} files")


def check_inputs(project: Project, restart: bool = False) -> None:
    """Take size, time and checksum of every input file, so that a changed input makes everything after it out of date.

    A file that is gone makes nothing out of date, unless all is done again: without it, a scan would be one of fewer energies.
    """
    record = project.record
    files = project.input().metadata.get("files", [])
    names = {Path(file).name for file in files}
    gone = [
        one["path"] for one in record.content["inputs"] if one["name"] not in names and not Path(one["path"]).exists()
    ]
    if gone and not restart:
        raise DataError(
            f"The input file {gone[0]}{f' and {len(gone) - 1} more' if len(gone) > 1 else ''} that this project was made from is "
            "gone: bring it back. To do all again without it, give --restart."
        )
    try:
        record.content["inputs"] = inputs_of(files, record.content["inputs"])
    except OSError as error:
        raise DataError(f"The input file {error.filename} cannot be read: {error.strerror}.") from error


def summary_of(found: Scan | EnergyStack) -> dict[str, Any]:
    """Give what a scan or stack holds as plain values, for the record."""
    common = {"format": found.metadata.get("format", ""), "energies_eV": [float(e) for e in found.energies]}
    if isinstance(found, EnergyStack):
        size = None if found.voxel_size is None else [float(v) for v in found.voxel_size]
        return common | {"shape": [int(n) for n in found.shape], "voxel_size_nm": size}
    return common | {
        "projections": [len(p) for p in found.projections],
        "angles_deg": [float(found.angles[-1].min()), float(found.angles[-1].max())],
        "rows_columns": [int(n) for n in found.projections[0].shape[1:]],
        "pixel_size_nm": None if found.pixel_size is None else [float(p) for p in found.pixel_size],
        "kind": found.kind,
    }


def correct_steps(job: Job) -> Iterator[Progress]:
    """Correct the fixed energy, so that a scan that cannot be corrected is refused before hours of work; nothing is stored.

    Every energy is corrected as it is reconstructed, in memory.
    """
    found = job.project.input()
    if isinstance(found, EnergyStack):
        yield job.finished(1, 1, "nothing to do: the source holds volumes")
        return
    job.warn(found.metadata.get("excluded", []), "excluded")
    job.project.record.content["scan"] = summary_of(found)
    index = job.project.fixed_index
    corrected, doubts = corrected_tomogram(job.place, found, index)
    job.warn(doubts, f"{found.energies[index]:.2f} eV")
    yield job.finished(1, 1, f"checked; {corrected.repaired} pixels repaired", float(found.energies[index]))


def corrected_tomogram(place: Workplace, scan: Scan, index: int) -> tuple[CorrectedTomogram, tuple[str, ...]]:
    """Correct the projections of one energy, and say what is doubtful about them."""
    place.check()
    corrected = correct_tomogram(scan, index, place.project.recipe.correct, place.abort)
    doubts = (*view_warnings(corrected.angles), *field_warnings(corrected.optical_density))
    return corrected, (*corrected.warnings, *doubts)


def reconstruct_steps(job: Job) -> Iterator[Progress]:
    """Reconstruct every energy on the grid of the highest, or take over the volumes of a stack."""
    found = job.project.input()
    if isinstance(found, EnergyStack):
        yield from _take_over(job, found)
    else:
        yield from _reconstruct(job, found)


def _take_over(job: Job, stack: EnergyStack) -> Iterator[Progress]:
    store = job.project.store
    store.create(
        "reconstruction",
        stack.shape,
        np.float32,
        stack.energies,
        stack.voxel_size,
        stack.attenuation_unit,
        job.fingerprint,
    )

    yield from job.each_energy(("reconstruction",), stack.energies, take_over)


def take_over(place: Workplace, e: int) -> Made:
    """Write the volume of an energy as the source holds it."""
    stack, store = place.project.input(), place.project.store
    assert isinstance(stack, EnergyStack)
    store.put("reconstruction", e, np.asarray(stack.data[e], np.float32))
    return Made("volume taken over")


def _reconstruct(job: Job, scan: Scan) -> Iterator[Progress]:
    parameters, fixed = job.project.recipe.reconstruct, job.project.fixed_index
    store = job.project.store
    rows, columns, pixel_size = job.project.layout()
    ratio, sizes, warnings = magnifications(replace(scan, pixel_size=pixel_size), parameters.magnification, fixed)
    job.warn(warnings, "magnification")
    voxel = None if sizes is None else np.full(3, float(sizes[fixed]))
    job.project.record.content["scan"]["voxel_size_nm"] = None if voxel is None else [float(v) for v in voxel]
    shape = FieldOfView.of(rows, columns, parameters.region, parameters.circle).shape
    store.create(
        "reconstruction",
        shape,
        np.float32,
        scan.energies,
        voxel,
        "1/voxel" if voxel is None else "1/µm",
        job.fingerprint,
    )
    alignment = job.project.alignment()
    job.entry["centers"] = [float(c) for c in alignment.centers]
    job.entry["tilt"] = float(alignment.tilt)
    job.entry["engine"] = choose_engine(parameters.engine, parameters.algorithm)
    if parameters.filter != "auto":
        job.entry["filter"] = parameters.filter
    elif "filter" not in job.entry:  # chosen once, for all energies and for a run that continues
        corrected, doubts = corrected_tomogram(job.place, scan, fixed)
        job.warn(doubts, f"{scan.energies[fixed]:.2f} eV")
        views = corrected.optical_density
        job.entry["filter"] = choose_filter("auto", views[len(views) // 2])
        del corrected, views
    size = None if voxel is None else float(voxel[0])
    plain = ([float(r) for r in ratio], size, job.entry["filter"])
    yield from job.each_energy(("reconstruction",), scan.energies, reconstruct_energy, *plain)


def reconstruct_energy(place: Workplace, e: int, ratio: list[float], size: float | None, filter_name: Filter) -> Made:
    """Write the volume of an energy, of images so many times as large as at the fixed energy, whose pixels have this size, nm."""
    project, scan = place.project, place.project.scan()
    alignment = place.keep("alignment", project.alignment)
    parameters = replace(project.recipe.reconstruct, filter=filter_name)
    corrected, doubts = corrected_tomogram(place, scan, e)
    blocks = volume_in_blocks(
        corrected.optical_density,
        corrected.angles,
        float(alignment.centers[e]),
        ratio[e],
        size,
        parameters,
        place.abort,
        tilt=alignment.tilt,
        shifts=alignment.shifts[e],
    )
    project.store.put_parts("reconstruction", e, blocks)
    how = filter_name if parameters.algorithm == "fbp" else parameters.algorithm
    axis = f"axis at column {alignment.centers[e]:.2f}"
    words = f"reconstructed ({how}), {axis}, {corrected.repaired} pixels repaired"
    return Made(words, {"repaired_pixels": int(corrected.repaired)}, doubts)
