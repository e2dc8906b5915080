"""The page: figures made one after another, put into the template, and written whole or not at all."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from ..atomic import write_text
from ..errors import ProjectError
from ..progress import Progress, ProgressCallback, raise_if_aborted
from .data import ReportData
from .figures.agreement import difference_slices, mse_and_dice
from .figures.alignment import alignment_figures
from .figures.by_particle import motion_figure, own_transforms
from .figures.canvas import Figure
from .figures.composition import composition_figures
from .figures.depth import comparisons, depth_profiles
from .figures.edge_map import distributions, edge_slices
from .figures.images import images_laid_over, two_images
from .figures.overlays import projection_overlay, slice_overlay
from .figures.scenes import scenes
from .figures.spectra import spectra_figure
from .figures.unmixing import cluster_figures, component_figures
from .figures.valence import valence_figures
from .marks import pick
from .motion import flags, grouped, particle_rows
from .tables import facts, headlines, parameter_rows, particle_table, registration_notes
from .views import look_at

Part = tuple[str, str, Callable[[], list[Figure]]]
"""A section to be made: its anchor, its heading, and what makes its figures."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page: an anchor, a heading and figures."""

    anchor: str
    heading: str
    figures: tuple[Figure, ...]


def write_report(
    data: ReportData, path: str | Path, progress: ProgressCallback | None = None, abort: threading.Event | None = None
) -> Path:
    """Write the report of a project as one HTML page that needs nothing else.

    Parameters
    ----------
    data : ReportData
        Big arrays in it are read one energy at a time.
    path : path
        Of the page; written whole or not at all.
    progress : callable, optional
        Called after each section.
    abort : threading.Event, optional
        Set it to stop.

    Returns
    -------
    Path
        `path`.

    Raises
    ------
    ProjectError
        If the file cannot be written.
    ParameterError
        If a voxel to be marked lies outside the volume.
    Aborted
        If `abort` was set.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise ProjectError(f"The report {path} cannot be written: there is no folder {path.parent}.")
    text = html(data, figures(data, progress, abort))
    put(path, text)
    return path


def figures(
    data: ReportData, progress: ProgressCallback | None = None, abort: threading.Event | None = None
) -> list[Section]:
    """Make all sections of the page, in order."""
    views = look_at(data, abort)
    marks = pick(data, views.planes, abort)
    looks: tuple[Part, ...] = (
        ("projections", "Projections before registration", lambda: [projection_overlay(data)]),
        ("slices", "Slices, raw and registered", lambda: [slice_overlay(data, views)]),
    )
    if data.planar:
        looks = (
            ("projections", "Images", lambda: [two_images(data, views, marks)]),
            ("slices", "Laid over each other, raw and registered", lambda: [images_laid_over(data, views)]),
        )
    parts: tuple[Part, ...] = (
        looks[0],
        ("alignment", "Rotation axis and alignment of views", lambda: alignment_figures(data)),
        *looks[1:],
        ("difference", "Squared difference", lambda: [difference_slices(data, views)]),
        ("agreement", "Agreement against energy", lambda: [mse_and_dice(data)]),
        ("motion", "Motion of the particles", lambda: _motion(data)),
        ("spectra", "Spectra", lambda: [spectra_figure(data, marks)]),
        ("edge", "Edge energy", lambda: [edge_slices(data, views, marks)]),
        ("valence", "Valence", lambda: valence_figures(data, views)),
        ("particles", "Particles", lambda: _particles(data)),
        ("composition", "Composition", lambda: composition_figures(data, views)),
        ("components", "Components", lambda: component_figures(data, views)),
        ("clusters", "Clusters", lambda: cluster_figures(data, views)),
        ("renderings", "In three dimensions", lambda: scenes(data, views, abort)),
    )
    absent = {
        "alignment": data.alignment is None,
        "renderings": data.planar,
        "edge": not data.has_edges,
        "agreement": not data.has_curves,
        "valence": data.chemistry.valence is None,
        "composition": data.chemistry.composition is None,
        "components": data.chemistry.components is None,
        "clusters": data.chemistry.clusters is None,
    }
    parts = tuple(part for part in parts if not absent.get(part[0], False))
    made = []
    for k, (anchor, heading, make) in enumerate(parts):
        raise_if_aborted(abort)
        made.append(Section(anchor, heading, tuple(make())))
        if progress is not None:
            progress(Progress("report", k + 1, len(parts), heading.lower()))
    return made


def _particles(data: ReportData) -> list[Figure]:
    if not data.has_edges:
        return []
    return [distributions(data), *comparisons(data), *depth_profiles(data)]


def _motion(data: ReportData) -> list[Figure]:
    if not data.has_curves:
        return []
    own = bool(data.registration.particle_matrices) and data.registration.particle_quality is not None
    return [*([own_transforms(data)] if own else []), motion_figure(data)]


def html(data: ReportData, sections: list[Section]) -> str:
    """Put the sections and the tables into the template; all text is escaped."""
    content: dict[str, Any] = {
        "data": data,
        "sections": sections,
        "made": datetime.now().astimezone().strftime("%Y-%m-%d %H:%M"),
        "headlines": headlines(data),
        "facts": facts(data),
        "warnings": list(dict.fromkeys([*grouped(data.warnings), *registration_notes(data)])),
        "registrations": particle_rows(data),
        "flags": flags(data),
        "particles": particle_table(data),
        "parameters": parameter_rows(data.parameters),
        "total_time": float(np.sum(list(data.timings.values()))) if data.timings else None,
    }
    return rendered("report.html", content)


def rendered(template: str, content: dict[str, Any]) -> str:
    """Put content into a template of the package; all text is escaped, and a name without content is an error."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("napari_spectrotomo.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(content)


def put(path: Path, text: str) -> None:
    """Write a page, whole or not at all.

    Raises
    ------
    ProjectError
        If it cannot be written.
    """
    try:
        write_text(path, text)
    except OSError as error:
        raise ProjectError(
            f"The report {path} cannot be written ({error.strerror or error}): free some space or choose "
            "another folder."
        ) from error
