"""Stage `spectra`: from the registered stack to edge energies, spectra and statistics of the particles."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from ..atomic import whole_file
from ..parameters import keywords
from ..progress import Progress
from ..spectra import (
    FEWEST_ENERGIES,
    FILES,
    edge_energy,
    particle_means,
    particle_sizes,
    particle_spectra,
    particle_statistics,
)
from .images import write_tiff
from .job import Job


def spectra_steps(job: Job) -> Iterator[Progress]:
    """Map the edge energy of every voxel of a particle, then take each particle's spectrum and statistics."""
    if not job.project.maps_edges:
        yield from _without_an_edge(job)
        return
    project, parameters = job.project, job.project.recipe.spectra
    raw, registered = project.stack("reconstruction"), project.stack("registered")
    labels = project.labels()
    size = registered.voxel_size
    job.check()
    edge_map = edge_energy(registered, mask=labels > 0, **keywords(parameters, leave_out=FILES), abort=job.abort)
    job.warn(edge_map.warnings, "map")
    job.entry["edge_map"] = {
        "e0": float(edge_map.e0),
        "method": edge_map.method,
        "windows": dict(edge_map.windows),
        "warnings": list(edge_map.warnings),
        "attenuation_unit": edge_map.attenuation_unit,
    }
    for name, volume in (
        ("edge_energy", edge_map.energy),
        ("edge_energy_error", edge_map.error),
        ("edge_step", edge_map.step),
    ):
        write_tiff(project.path / f"{name}.tif", np.asarray(volume, np.float32), size)
    yield job.finished(1, 3, f"edge energy of {int(np.isfinite(edge_map.energy).sum())} voxels")
    job.check()
    write_table(project.path / "spectra.csv", particle_spectra(raw.energies, raw, registered, labels, parameters))
    yield job.finished(2, 3, "spectra of the particles")
    write_table(project.path / "particles.csv", particle_statistics(edge_map, labels))
    yield job.finished(3, 3, "statistics of the particles")


def _without_an_edge(job: Job) -> Iterator[Progress]:
    """Take the particles' means as they are, where a 2-D XANES scan has too few energies for an edge."""
    project = job.project
    raw, registered, labels = project.stack("reconstruction"), project.stack("registered"), project.labels()
    job.check()
    yield job.finished(1, 2, f"nothing to map: {len(raw)} energies, and an edge needs {FEWEST_ENERGIES}")
    write_table(project.path / "spectra.csv", particle_means(raw.energies, raw, registered, labels))
    write_table(project.path / "particles.csv", particle_sizes(labels, raw.voxel_size, image=raw.planar))
    yield job.finished(2, 2, f"mean {raw.attenuation_unit} of the particles")


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV, whole or not at all; numbers in full precision, unknown ones empty."""
    with whole_file(path) as temporary:
        table.to_csv(temporary, index=False)
