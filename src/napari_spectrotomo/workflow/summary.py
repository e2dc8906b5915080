"""Stage `report`: hands the project's results to the report page."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..data import EnergyStack
from ..parameters import as_plain
from ..preprocess import correct
from ..progress import Progress
from ..report import ProjectionAt, ReportData, write_report
from ..spectra import EdgeMap
from .describe import in_words
from .job import Job
from .project import Project
from .recipe import STAGES


def report_steps(job: Job) -> Iterator[Progress]:
    """Write the report."""
    job.check()
    path = write_project_report(job.project, abort=job.abort)
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
        If a result that the report shows is not there yet.
    """
    raw = project.stack("reconstruction")
    record = project.record
    data = ReportData(
        title=project.source.name,
        summary=in_words(project.input()) | _reconstruction_in_words(record.stage("reconstruct")),
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
        labels=project.labels(),
        registration=project.registration(),
        edge_map=project.edge_map() if project.maps_edges else _no_edges(raw),
        spectra=project.spectra(),
        particles=project.particles(),
        warnings=project.warnings(),
        parameters={stage: record.stage(stage).get("parameters", {}) for stage in STAGES},
        versions=record.content["versions"],
        timings={name: record.stage(name)["seconds"] for name in record.content["stages"] if name != "report"},
        options=project.recipe.report,
    )
    return write_report(data, project.path / "report.html", abort=abort)


def _no_edges(stack: EnergyStack) -> EdgeMap:
    """Give the map of a stack of too few energies: nothing is known anywhere."""
    unknown = np.full(stack.shape, np.nan, np.float32)
    return EdgeMap(unknown, unknown, unknown, float("nan"), "", attenuation_unit=stack.attenuation_unit)


def _reconstruction_in_words(entry: dict[str, Any]) -> dict[str, str]:
    """Say what the reconstruction found and chose by itself."""
    repaired = sum(entry.get("repaired_pixels", {}).values())
    if "centers" not in entry:
        return {"repaired pixels": str(repaired)} if "repaired_pixels" in entry else {}
    low, high = min(entry["centers"]), max(entry["centers"])
    axis = f"column {low:.2f}" if high - low < 0.005 else f"columns {low:.2f} to {high:.2f}"
    return {"rotation axis": axis, "filter": entry["filter"], "repaired pixels": str(repaired)}


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
