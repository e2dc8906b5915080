"""Stage `report`: hands the project's results to the report page."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ..data import EnergyStack
from ..parameters import as_plain
from ..preprocess import correct
from ..progress import Progress
from ..report import Chemistry, ProjectionAt, ReportData, write_report
from ..spectra import EdgeMap
from .alignment_seen import alignment_seen
from .describe import in_words
from .describe_alignment import axis_in_words
from .hold import alone
from .job import Job
from .project import Project
from .recipe import STAGES
from .record import Record

_ALGORITHMS = {
    "fbp": "filtered back-projection",
    "sirt": "simultaneous iterations (SIRT)",
    "cgls": "conjugate gradients (CGLS)",
    "tv": "least total variation",
}


def report_steps(job: Job) -> Iterator[Progress]:
    """Write the report."""
    job.check()
    path = _written(job.project, job.abort)
    yield job.finished(1, 1, f"written to {path.name}")


def write_project_report(project: Project, abort: threading.Event | None = None) -> Path:
    """Write ``report.html`` of a project whose spectra are done.

    Returns
    -------
    Path
        Of the report.

    Raises
    ------
    ProjectError
        If a result that the report shows is not there yet, or a run is at work on the project.
    """
    with alone(project.path):
        project.record.reload()
        path = _written(project, abort)
        if project.record.stage("report"):
            project.note_files("report")
            project.record.save()
    return path


def _written(project: Project, abort: threading.Event | None) -> Path:
    raw = project.stack("reconstruction")
    record = project.record
    alignment = alignment_seen(project, abort)  # before the maps, for it corrects a tomogram
    registration = project.registration()
    data = ReportData(
        title=project.source.name,
        summary=in_words(project.input()) | reconstruction_in_words(record),
        energies=raw.energies,
        fixed_index=project.fixed_index,
        voxel_size=raw.voxel_size,
        attenuation_unit=raw.attenuation_unit,
        projections=_two_projections(project),
        raw=raw,
        registered=project.stack("registered"),
        masks=project.masks(),
        squared_difference_raw=project.squared_difference("raw"),
        squared_difference_registered=project.squared_difference("registered"),
        labels=project.labels() if registration.labels is None else registration.labels,
        registration=registration,
        edge_map=project.edge_map() if project.maps_edges else _no_edges(raw),
        spectra=project.spectra(),
        particles=project.particles(),
        warnings=project.warnings(),
        parameters={stage: record.stage(stage).get("parameters", {}) for stage in STAGES},
        versions=record.content["versions"],
        timings={name: record.stage(name)["seconds"] for name in record.content["stages"] if name != "report"},
        options=project.recipe.report,
        alignment=alignment,
        chemistry=_chemistry(project),
    )
    return write_report(data, project.path / "report.html", abort=abort)


def _chemistry(project: Project) -> Chemistry:
    """Give what was asked for beyond edge energies, as far as it is there: projects of an earlier version have less."""
    if not project.maps_edges:
        return Chemistry()
    asked, made = project.recipe.composition, project.state("composition") == "done"
    standards = project.recipe.spectra.standards is not None and (project.path / "valence.tif").exists()
    fitted = made and asked.references is not None
    split = made and asked.decomposition != "none"
    return Chemistry(
        energy_shift=project.energy_shift(),
        profiles=project.profiles() if (project.path / "profiles.csv").exists() else None,
        comparisons=project.comparisons() if (project.path / "comparisons.csv").exists() else None,
        valence=project.valence() if standards else None,
        composition=project.composition() if fitted else None,
        fractions=project.fractions() if fitted else None,
        components=project.components() if split else None,
        components_by=asked.decomposition,
        clusters=project.clusters() if made and asked.clusters else None,
    )


def _no_edges(stack: EnergyStack) -> EdgeMap:
    """Give the map of a stack of too few energies: nothing is known anywhere."""
    unknown = np.full(stack.shape, np.nan, np.float32)
    return EdgeMap(unknown, unknown, unknown, float("nan"), "", attenuation_unit=stack.attenuation_unit)


def reconstruction_in_words(record: Record) -> dict[str, str]:
    """Say what the reconstruction found and chose by itself, and what it was told that matters for its numbers."""
    entry, correction = record.stage("reconstruct"), record.stage("correct").get("parameters", {})
    said = {}
    if "centers" in entry:
        chosen, tilt = entry.get("parameters", {}), float(entry.get("tilt", 0.0))
        algorithm = chosen.get("algorithm", "fbp")
        said["rotation axis"] = axis_in_words(entry["centers"], tilt)
        said["reconstructed by"] = f"{_ALGORITHMS[algorithm]}, engine {entry.get('engine', 'unknown')}"
        if algorithm == "fbp":
            said["reconstructed by"] += f", filter {entry['filter']}"
        if region := chosen.get("region"):
            parts = (f"{axis} {a} to {b}" for axis, a, b in zip("zyx", region[::2], region[1::2], strict=True))
            said["region"] = f"{', '.join(parts)} of the whole volume"
    if correction.get("stripes", "none") != "none":
        said["stripes removed"] = f"by algotom, {correction['stripes']}"
    if (binning := correction.get("binning", 1)) > 1:
        said["binning"] = f"{binning} x {binning} pixels averaged to one"
    if "repaired_pixels" in entry:
        said["repaired pixels"] = str(sum(entry["repaired_pixels"].values()))
    return said


def _two_projections(project: Project) -> tuple[ProjectionAt, ProjectionAt] | None:
    """Give the view nearest to 0° at the fixed energy and the one farthest from it; None where there are volumes or images only."""
    if project.kind == "stack" or project.planar:
        return None
    parameters = as_plain(project.recipe.correct) | {"exclude": ()}
    scan = correct(project.scan(), **parameters)
    pair = []
    farthest = int(np.argmax(np.abs(scan.energies - scan.energies[project.fixed_index])))
    for index in (farthest, project.fixed_index):
        nearest = int(np.argmin(np.abs(scan.angles[index])))
        view = np.asarray(scan.projections[index][nearest], np.float32)
        pair.append(ProjectionAt(float(scan.energies[index]), float(scan.angles[index][nearest]), view))
    return pair[0], pair[1]
