"""Stage `composition`: voxels as mixtures of references, and what their spectra share without any."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ...io import read_references
from ...parameters import keywords
from ...progress import Progress
from ...spectra import FILES, cluster_spectra, fit_references, nonnegative_components, principal_components
from ..images import write_tiff
from ..job import Job
from ..memory import spectra_memory
from ..tables import write_table
from .tables import cluster_table, component_table, fraction_table

_OF_SPECTRA = ("method", "between", "white_line", "level", "levels", "step_above", *FILES)
"""Parameters of the edge map that say nothing of how its spectra are normalised."""
_LEFT = {
    "references": ("fractions.tif", "fraction_errors.tif", "composition_residual.tif", "composition.csv"),
    "components": ("component_scores.tif", "components.csv"),
    "clusters": ("clusters.tif", "clusters.csv"),
}
"""What each task leaves; one that a stopped run had done is not done again."""


def composition_steps(job: Job) -> Iterator[Progress]:
    """Fit, split and gather the spectra of voxels, as far as the recipe asks for it; at once where it asks for nothing."""
    project, asked = job.project, job.project.recipe.composition
    tasks: dict[str, Callable[[Job], str]] = {}
    tasks |= {"references": _fit} if asked.references is not None else {}
    tasks |= {"components": _split} if asked.decomposition != "none" else {}
    tasks |= {"clusters": _gather} if asked.clusters else {}
    if tasks and not project.maps_edges:
        job.warn([f"{len(project.energies)} energies are too few to tell what voxels are made of: no composition."])
        tasks = {}
    if not tasks:
        yield job.finished(1, 1, "nothing was asked for")
    for done, (name, task) in enumerate(tasks.items(), 1):
        job.check()
        made = name in job.entry and all((project.path / file).exists() for file in _LEFT[name])
        yield job.finished(done, len(tasks), "found done" if made else task(job))


def _normalizing(job: Job) -> dict[str, Any]:
    """Give what spectra are normalised with: the windows and the energies of the edge map."""
    about = job.project.record.stage("spectra")["edge_map"]
    own = keywords(job.project.recipe.spectra, leave_out=_OF_SPECTRA)
    return own | {
        "e0": about["e0"],
        "energy_shift": about["energy_shift"]["shift_eV"],
        "memory": spectra_memory(job.place),
    }


def _fit(job: Job) -> str:
    """Fit every voxel with the references, and sum up the particles."""
    project, asked = job.project, job.project.recipe.composition
    registered, labels = project.stack("registered"), project.labels()
    found = fit_references(
        registered,
        read_references(str(asked.references)),
        mask=labels,
        sum_to_one=asked.sum_to_one,
        max_shift=asked.max_shift,
        broadening=asked.broadening,
        window=asked.window,
        **_normalizing(job),
        abort=job.abort,
    )
    job.warn(found.warnings, "references")
    size = registered.voxel_size
    write_tiff(project.path / "fractions.tif", found.fractions, size, found.names)
    write_tiff(project.path / "fraction_errors.tif", found.error, size, found.names)
    write_tiff(project.path / "composition_residual.tif", found.residual, size)
    if found.shift is not None:
        write_tiff(project.path / "composition_shift.tif", found.shift, size)
    write_table(project.path / "composition.csv", fraction_table(found, labels))
    job.entry["references"] = {
        "names": list(found.names),
        "energies_eV": [float(e) for e in found.energies],
        "fitted": [bool(f) for f in found.fitted],
        "spectra": [[float(v) for v in spectrum] for spectrum in found.references],
        "e0": float(found.e0),
        "windows": dict(found.windows),
        "warnings": list(found.warnings),
    }
    known = np.isfinite(found.residual)
    return f"{len(found.names)} references fitted to {int(known.sum())} voxels"


def _split(job: Job) -> str:
    """Split the spectra into components."""
    project, asked = job.project, job.project.recipe.composition
    registered = project.stack("registered")
    split = principal_components if asked.decomposition == "pca" else nonnegative_components
    found = split(registered, components=asked.components, mask=project.labels(), **_normalizing(job), abort=job.abort)
    job.warn(found.warnings, "components")
    names = [f"component_{k}" for k in range(1, len(found.spectra) + 1)]
    write_tiff(project.path / "component_scores.tif", found.scores, registered.voxel_size, names)
    write_table(project.path / "components.csv", component_table(found))
    job.entry["components"] = {
        "by": asked.decomposition,
        "explained": [float(share) for share in found.explained],
        "above_noise": int(found.above_noise),
        "residual": float(found.residual),
        "voxels": int(found.voxels),
        "e0": found.e0,
        "warnings": list(found.warnings),
    }
    return f"{len(found.spectra)} components of {found.voxels} spectra"


def _gather(job: Job) -> str:
    """Gather voxels with similar spectra."""
    project, asked = job.project, job.project.recipe.composition
    registered = project.stack("registered")
    found = cluster_spectra(
        registered,
        asked.clusters,
        method=asked.cluster_by,
        components=asked.components,
        mask=project.labels(),
        **_normalizing(job),
        abort=job.abort,
    )
    job.warn(found.warnings, "clusters")
    write_tiff(project.path / "clusters.tif", found.labels.astype(np.uint16), registered.voxel_size)
    write_table(project.path / "clusters.csv", cluster_table(found))
    job.entry["clusters"] = {
        "by": found.method,
        "sizes": [int(n) for n in found.sizes],
        "components": int(found.components),
        "e0": found.e0,
        "warnings": list(found.warnings),
    }
    return f"{len(found.sizes)} clusters"
