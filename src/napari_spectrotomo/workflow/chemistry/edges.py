"""Stage `spectra`: from the registered stack to edge energies, valence, spectra and statistics of the particles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ...parameters import keywords
from ...progress import Progress
from ...spectra import (
    FEWEST_ENERGIES,
    FILES,
    EdgeMap,
    compare_all,
    density_table,
    depth_profile,
    edge_energy,
    particle_means,
    particle_sizes,
    particle_spectra,
    particle_statistics,
    valence_map,
)
from ..images import write_tiff
from ..job import Job
from ..memory import spectra_memory
from ..tables import write_table
from ..valence_line import line_as_plain
from .energy_axis import AxisShift, axis_shift
from .oxidation import calibration


def spectra_steps(job: Job) -> Iterator[Progress]:
    """Map the edge energy of every voxel of a particle, then take each particle's spectrum and statistics."""
    project, parameters = job.project, job.project.recipe.spectra
    if not project.maps_edges:
        yield from _without_an_edge(job)
        return
    raw, registered, labels = project.stack("reconstruction"), project.stack("registered"), project.labels()
    total = 4 if parameters.standards is None else 5
    job.check()
    axis = axis_shift(parameters)
    corrected = replace(parameters, energy_shift=axis.shift)
    energies, own = raw.energies + axis.shift, replace(corrected, energy_shift=0.0)
    write_table(project.path / "spectra.csv", particle_spectra(energies, raw, registered, labels, own))
    yield job.finished(1, total, "spectra of the particles")
    job.check()
    given = keywords(corrected, leave_out=FILES) | {"memory": spectra_memory(job.place)}
    edge_map = edge_energy(registered, mask=labels, **given, abort=job.abort)
    _keep(job, edge_map, axis)
    words = f"edge energy of {int(np.isfinite(edge_map.energy).sum())} voxels"
    yield job.finished(2, total, f"{words}, {axis.words}" if axis.words else words)
    job.check()
    if parameters.standards is not None:
        _map_valence(job, edge_map, energies)
        yield job.finished(3, total, "valence by the standards")
        job.check()
    write_table(project.path / "particles.csv", particle_statistics(edge_map, labels))
    write_table(project.path / "densities.csv", density_table(edge_map, labels))
    yield job.finished(total - 1, total, "statistics of the particles")
    job.check()
    _compare(job, edge_map, labels)
    yield job.finished(total, total, "profiles against depth, and particles compared")


def _keep(job: Job, edge_map: EdgeMap, axis: AxisShift) -> None:
    """Write the maps, and note how they were made."""
    job.warn((*axis.doubts, *edge_map.warnings), "map")
    job.entry["edge_map"] = {
        "e0": float(edge_map.e0),
        "method": edge_map.method,
        "windows": dict(edge_map.windows),
        "warnings": list(edge_map.warnings),
        "attenuation_unit": edge_map.attenuation_unit,
        "averaged": edge_map.averaged,
        "energy_shift": axis.as_plain(),
    }
    maps = {"edge_energy": edge_map.energy, "edge_energy_error": edge_map.error, "edge_step": edge_map.step}
    _write(job, maps, edge_map.voxel_size)


def _map_valence(job: Job, edge_map: EdgeMap, energies: npt.NDArray[np.floating]) -> None:
    """Write the valence and its error, and keep the line they were read off."""
    line = calibration(job.project.recipe.spectra, energies, edge_map)
    found = valence_map(edge_map, line)
    job.warn(found.warnings, "valence")
    job.entry["valence"] = line_as_plain(line)
    _write(job, {"valence": found.valence, "valence_error": found.error}, edge_map.voxel_size)


def _compare(job: Job, edge_map: EdgeMap, labels: npt.NDArray[np.integer]) -> None:
    """Write the particles' profiles against depth, and how the largest differ."""
    write_table(job.project.path / "comparisons.csv", compare_all(edge_map, labels, abort=job.abort))
    write_table(job.project.path / "profiles.csv", depth_profile(edge_map, labels, abort=job.abort))


def _write(job: Job, maps: dict[str, Any], voxel_size: Any) -> None:
    for name, volume in maps.items():
        write_tiff(job.project.path / f"{name}.tif", np.asarray(volume, np.float32), voxel_size)


def _without_an_edge(job: Job) -> Iterator[Progress]:
    """Take the particles' means as they are, where a 2-D XANES scan has too few energies for an edge."""
    project = job.project
    raw, registered, labels = project.stack("reconstruction"), project.stack("registered"), project.labels()
    job.check()
    yield job.finished(1, 2, f"nothing to map: {len(raw)} energies, and an edge needs {FEWEST_ENERGIES}")
    write_table(project.path / "spectra.csv", particle_means(raw.energies, raw, registered, labels))
    write_table(project.path / "particles.csv", particle_sizes(labels, raw.voxel_size, image=raw.planar))
    yield job.finished(2, 2, f"mean {raw.attenuation_unit} of the particles")
