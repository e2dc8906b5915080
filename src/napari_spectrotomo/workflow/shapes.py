"""Stages `binarize` and `label`: from volumes to masks, and from the fixed mask to particles."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..errors import DataError
from ..parameters import keywords
from ..progress import Progress
from ..segment import binarize_volume, field_warnings, label_particles, load_masks
from .images import write_tiff
from .job import Job


def binarize_steps(job: Job) -> Iterator[Progress]:
    """Binarize every volume by its own histogram, or take the masks that were given."""
    project, parameters = job.project, job.project.recipe.binarize
    stack = project.stack("reconstruction")
    given = load_masks(parameters.masks, (len(stack), *stack.shape)) if parameters.masks else None
    project.store.create(
        "mask", stack.shape, bool, stack.energies, stack.voxel_size, stack.attenuation_unit, job.fingerprint
    )

    def binarize(e: int) -> str:
        if given is not None:
            project.store.write("mask", e, np.asarray(given[e]))
            return "own mask taken"
        result = binarize_volume(project.store.read("reconstruction", e), parameters, image=stack.planar)
        job.warn(result.warnings, f"{stack.energies[e]:.2f} eV")
        job.entry.setdefault("thresholds", {})[f"{stack.energies[e]:.2f}"] = float(result.threshold)
        project.store.write("mask", e, result.mask)
        return f"threshold {result.threshold:.4g} {stack.attenuation_unit}"

    yield from job.each_energy("mask", stack.energies, binarize)


def label_steps(job: Job) -> Iterator[Progress]:
    """Label the particles of the fixed mask, or take the labels that were given."""
    project, parameters = job.project, job.project.recipe.label
    job.check()
    mask = project.store.read("mask", project.fixed_index)
    labels = label_particles(mask, **keywords(parameters))
    if labels.max(initial=0) > np.iinfo(np.uint16).max:
        raise DataError(
            f"Labels go up to {labels.max()}, and labels.tif holds numbers up to 65535: renumber the particles."
        )
    count = len(np.unique(labels[labels > 0]))
    none = "No particle was found in the fixed mask: look at the masks, then change the binarize or label parameters."
    job.warn(field_warnings(labels, image=project.stack("reconstruction").planar) if count else [none])
    write_tiff(project.path / "labels.tif", labels.astype(np.uint16), project.stack("reconstruction").voxel_size)
    job.entry["particles"] = count
    yield job.finished(1, 1, f"{count} particles")
