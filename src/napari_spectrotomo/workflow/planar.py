"""Stages `correct`, `align` and `reconstruct` of a 2-D XANES scan: its images are taken as volumes of one slice."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..data import OPTICAL_DENSITY, Scan
from ..preprocess import CorrectedTomogram, correct_tomogram, corrected_layout
from ..progress import Progress
from ..reconstruct import turned_views
from .executor import Made, Workplace
from .job import Job
from .volumes import summary_of

_REGION = "reconstruct.region is a part of a volume: the images of a 2-D XANES scan were taken whole."


def correct_image_steps(job: Job) -> Iterator[Progress]:
    """Correct the image at the fixed energy, so that a scan that cannot be corrected is refused at once; nothing is stored."""
    scan = job.project.scan()
    job.warn(scan.metadata.get("excluded", []), "excluded")
    job.project.record.content["scan"] = summary_of(scan)
    index = job.project.fixed_index
    corrected = _corrected(job.place, scan, index)
    job.warn(corrected.warnings, f"{scan.energies[index]:.2f} eV")
    yield job.finished(1, 1, f"checked; {corrected.repaired} pixels repaired", float(scan.energies[index]))


def align_image_steps(job: Job) -> Iterator[Progress]:
    """Say that there is no rotation axis to look for."""
    yield job.finished(1, 1, "nothing to do: one view an energy has no rotation axis; the images are registered")


def take_images_steps(job: Job) -> Iterator[Progress]:
    """Take the corrected images as they are; their magnification is left to the registration, the one interpolation."""
    scan, store, fixed = job.project.scan(), job.project.store, job.project.fixed_index
    rows, columns, sizes = corrected_layout(scan, job.project.recipe.correct)
    voxel = None if sizes is None else np.full(3, float(sizes[fixed]))
    job.project.record.content["scan"]["voxel_size_nm"] = None if voxel is None else [float(v) for v in voxel]
    job.warn(turned_views(scan.angles), "angles")
    if job.project.recipe.reconstruct.region is not None:
        job.warn([_REGION], "region")
    store.create(
        "reconstruction", (1, rows, columns), np.float32, scan.energies, voxel, OPTICAL_DENSITY, job.fingerprint
    )

    yield from job.each_energy(("reconstruction",), scan.energies, take_image)


def take_image(place: Workplace, e: int) -> Made:
    """Write the image of an energy."""
    scan = place.project.scan()
    corrected = _corrected(place, scan, e)
    place.project.store.put("reconstruction", e, corrected.optical_density[:1])
    frames = len(scan.projections[e])
    words = f"nothing to reconstruct: image of {frames} frame{'s' * (frames > 1)} taken, {corrected.repaired} pixels repaired"
    return Made(words, {"repaired_pixels": int(corrected.repaired)}, corrected.warnings)


def _corrected(place: Workplace, scan: Scan, index: int) -> CorrectedTomogram:
    """Correct the frames at one energy, which are averaged to one image."""
    place.check()
    return correct_tomogram(scan, index, place.project.recipe.correct)
