"""What a project can give to other programs: stacks, masks, labels and maps as TIFF, particles as meshes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data import FloatArray
from ..errors import DataError, ProjectError, SpectrotomoError
from ..io import tiff_steps
from ..io.tiff.write import Unit
from ..progress import Progress, raise_if_aborted
from ..segment import particle_surface, write_mesh
from ..segment.mesh import Colormap
from .outputs import missing
from .project import Project

if TYPE_CHECKING:
    from ..spectra import Components

STACKS = ("reconstruction", "registered", "mask", "squared_difference_raw", "squared_difference_registered")
MAPS: dict[str, Callable[[Project], Any]] = {
    "edge_energy": lambda project: project.edge_map().energy,
    "edge_energy_error": lambda project: project.edge_map().error,
    "edge_step": lambda project: project.edge_map().step,
    "valence": lambda project: project.valence().valence,
    "valence_error": lambda project: project.valence().error,
    "composition_residual": lambda project: project.composition().residual,
    "composition_shift": lambda project: project.composition().shift,
    "clusters": lambda project: project.clusters().labels,
}
SETS: dict[str, Callable[[Project], tuple[Any, list[str]]]] = {
    "fractions": lambda project: (project.composition().fractions, list(project.composition().names)),
    "fraction_errors": lambda project: (project.composition().error, list(project.composition().names)),
    "component_scores": lambda project: _scores(project.components()),
}
"""Results of several maps, with their names."""
SURFACE = "surface"
EXPORTS = (*STACKS, "labels", *MAPS, *SETS, SURFACE)
"""What can be exported, by name: that of the image or the file in the project, and the surface of particles."""


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """How results are written.

    Attributes
    ----------
    unit : 'nm' or 'µm'
        Of lengths in the files.
    energies : tuple of float, eV
        Of stacks, those nearest to these; empty: all.
    particles : tuple of int
        Whose surfaces; empty: each of them.
    mesh : '.ply' or '.stl'
    surface_map : str or None
        The map that colours a surface, one of `MAPS`.
    colormap : callable or None
        As `write_mesh` takes it.
    limits : (low, high) or None
    """

    unit: Unit = "nm"
    energies: tuple[float, ...] = ()
    particles: tuple[int, ...] = ()
    mesh: str = ".ply"
    surface_map: str | None = "edge_energy"
    colormap: Colormap | None = None
    limits: tuple[float, float] | None = None


def exportable(project: Project) -> tuple[str, ...]:
    """Name what a project can give now."""
    images = [name for name in STACKS if project.store.done(name).any()]
    files = [name for name in ("labels", *MAPS, *SETS) if (project.path / f"{name}.tif").exists()]
    return (*images, *files, *([SURFACE] if "labels" in files else []))


def export_steps(
    project: Project,
    what: str,
    folder: str | Path,
    options: ExportOptions | None = None,
    *,
    abort: threading.Event | None = None,
) -> Iterator[Progress]:
    """Write one result of a project into a folder, with a `Progress` after each energy or particle.

    Parameters
    ----------
    project : Project
    what : str
        One of `EXPORTS`.
    folder : path
        Made where it is not there; a file is named after its result, ``registered.tif`` or ``particle_1.ply``.
    options : ExportOptions, optional
    abort : event

    Raises
    ------
    ProjectError
        If the project has no such result (yet), or the folder is the project's own.
    DataError
        If there is no such particle.
    SpectrotomoError
        If a file cannot be written.
    """
    options = options or ExportOptions()
    place = Path(folder).expanduser()
    if what not in EXPORTS:
        raise ProjectError(f"There is no result {what!r}: a project has {', '.join(EXPORTS)}.")
    if place.resolve() == project.path.resolve():
        raise ProjectError(f"{place} is the project itself: name another folder, lest results are written over.")
    if what not in exportable(project):
        raise missing(project.path, {SURFACE: "labels.tif"}.get(what, what if what in STACKS else f"{what}.tif"))
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SpectrotomoError(f"The folder {place} cannot be made: {error.strerror or error}.") from error
    if what == SURFACE:
        yield from _surfaces(project, place, options, abort)
        return
    data, energies, names = _result(project, what, options.energies)
    yield from tiff_steps(
        data,
        place / f"{what}.tif",
        energies=energies,
        names=names,
        voxel_size=_voxel_size(project),
        unit=options.unit,
        abort=abort,
    )


def _result(project: Project, what: str, wanted: Sequence[float]) -> tuple[Any, FloatArray | None, list[str] | None]:
    """Give what is written, with its energies or its names."""
    if what in STACKS:
        data, energies = project.store.array(what), np.asarray(project.energies, float)
        if wanted:
            chosen = sorted({int(np.abs(energies - e).argmin()) for e in wanted})
            return data[chosen], energies[chosen], None
        return data, energies, None
    if what in SETS:
        values, names = SETS[what](project)
        return values, None, names
    return project.labels() if what == "labels" else MAPS[what](project), None, None


def _scores(found: Components) -> tuple[Any, list[str]]:
    return found.scores, [f"component {k}" for k in range(1, len(found.scores) + 1)]


def _voxel_size(project: Project) -> FloatArray | None:
    return project.stack("reconstruction").voxel_size


def _surfaces(
    project: Project, folder: Path, options: ExportOptions, abort: threading.Event | None
) -> Iterator[Progress]:
    labels = project.labels()
    present = [int(n) for n in np.unique(labels) if n]
    for number in options.particles:
        if number not in present:
            raise DataError(f"There is no particle {number}: there are {', '.join(map(str, present)) or 'none'}.")
    wanted = options.particles or tuple(present)
    name = options.surface_map
    if name is not None and name not in MAPS:
        raise ProjectError(f"There is no map {name!r} to colour a surface by: there are {', '.join(MAPS)}.")
    if name is not None and name not in exportable(project):
        raise missing(project.path, f"{name}.tif")
    values = None if name is None else MAPS[name](project)
    size = _voxel_size(project)
    for done, number in enumerate(wanted, 1):
        raise_if_aborted(abort)
        surface = particle_surface(labels, number, values=values, voxel_size=size)
        path = write_mesh(
            surface,
            folder / f"particle_{number}{options.mesh}",
            colormap=None if values is None else options.colormap,
            limits=options.limits,
            name=name or "",
            unit="voxel" if size is None else options.unit,
        )
        yield Progress("export", done, len(wanted), f"{path.name} written")
