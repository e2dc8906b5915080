"""Stages `binarize` and `label`: from volumes to masks, and from the fixed mask to particles."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..data import FloatArray
from ..errors import DataError
from ..parameters import keywords
from ..progress import Progress
from ..segment import (
    binarize_volume,
    field_warnings,
    label_particles,
    load_masks,
    own_threshold,
    unknown_energies,
    unlike_neighbours,
)
from .executor import Made, Workplace
from .images import write_tiff
from .job import Job


def binarize_steps(job: Job) -> Iterator[Progress]:
    """Binarize every volume by its own histogram, or take the masks that were given."""
    project, parameters = job.project, job.project.recipe.binarize
    stack = project.stack("reconstruction")
    if parameters.masks is not None:
        load_masks(parameters.masks, (len(stack), *stack.shape))  # refused before anything is made anew
    project.store.create(
        "mask", stack.shape, bool, stack.energies, stack.voxel_size, stack.attenuation_unit, job.fingerprint
    )

    job.warn([_unknown(energy) for energy in unknown_energies(parameters, stack.energies)], "own thresholds")
    work = binarize_energy if parameters.masks is None else take_mask
    yield from job.each_energy(("mask",), stack.energies, work)
    job.warn(_odd(job, stack.energies), "odd")


def take_mask(place: Workplace, e: int) -> Made:
    """Write the mask of an energy as it was given."""
    project = place.project
    shape = project.store.array("mask").shape
    given = place.keep("masks", lambda: load_masks(str(project.recipe.binarize.masks), shape))
    mask = np.asarray(given[e])
    project.store.put("mask", e, mask)
    return Made("own mask taken", {"sample_voxels": int(mask.sum())})


def binarize_energy(place: Workplace, e: int) -> Made:
    """Write the mask of an energy, by its own histogram or its own threshold."""
    project, parameters = place.project, place.project.recipe.binarize
    stack = place.keep("stack", lambda: project.stack("reconstruction"))
    own = own_threshold(parameters, float(stack.energies[e]))
    result = binarize_volume(project.store.read("reconstruction", e), parameters, image=stack.planar, threshold=own)
    project.store.put("mask", e, result.mask)
    words = f"{'own threshold' if own is not None else 'threshold'} {result.threshold:.4g} {stack.attenuation_unit}"
    return Made(
        words, {"thresholds": float(result.threshold), "sample_voxels": int(result.mask.sum())}, result.warnings
    )


def _unknown(energy: float) -> str:
    return f"There is a threshold of your own at {energy:.2f} eV, an energy that this project does not have: it is not used."


def _odd(job: Job, energies: FloatArray) -> list[str]:
    """Name the energies whose masks are of another size than those beside them."""
    sizes = [job.entry.get("sample_voxels", {}).get(f"{energy:.2f}", np.nan) for energy in energies]
    return [
        f"At {energy:.2f} eV the mask holds {abs(share):.0%} {'more' if share > 0 else 'less'} than at the energies beside "
        "it: look at its threshold."
        for energy, share in zip(energies, unlike_neighbours(sizes), strict=True)
        if np.isfinite(share)
    ]


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
