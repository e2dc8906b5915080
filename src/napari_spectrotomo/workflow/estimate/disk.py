"""What a stage writes, at most: every volume counted uncompressed."""

from __future__ import annotations

from ...io import read_references
from ..outputs import FILES, IMAGES_OF, UNFINISHED
from ..project import Project
from .sizes import Sizes

_BYTES_A_VOXEL = {"reconstruct": 4, "binarize": 1, "register": 12}
"""Of the images an energy: the volume; the mask; the registered volume and two squared differences."""

_MAPS = {"label": 2, "spectra": 12}
"""Bytes a voxel of the maps: labels; edge energy, its error and the edge step."""

_GROWTH = 1.01
"""Codecs may make noise larger, by less than this."""

_TABLES = {"read": 1 << 20, "report": 24 << 20}
"""Bytes of records and logs, and of the report's page."""

_MOST_COMPONENTS = 50
"""Where as many are kept as stand out of the noise."""

_TABLE, _ENERGY = 2 << 20, 32 << 10
"""Bytes of a stage's tables, and of an energy's entries, attributes and file system blocks."""


def bytes_written(project: Project, stage: str, sizes: Sizes) -> float:
    """Give the bytes that a stage writes if it is done from its beginning.

    An upper bound: voxels are counted uncompressed. Masks, differences and what lies outside the field of view compress well, so
    that a scan really takes less.
    """
    tables = _TABLES.get(stage, _TABLE) + _ENERGY * sizes.energies
    images = _BYTES_A_VOXEL.get(stage, 0) * sizes.voxels * sizes.energies * _GROWTH
    if stage == "register" and project.recipe.register.transform == "deformable":
        images += sizes.voxels * sizes.energies  # the field's coefficients, on a grid far coarser than the voxels
    if stage == "align":
        tables += 100 * round(sizes.views) * sizes.energies
    return tables + images + _maps(project, stage) * sizes.voxels


def _maps(project: Project, stage: str) -> int:
    """Give the bytes a voxel of the maps a stage leaves."""
    if stage == "spectra" and project.recipe.spectra.standards is not None:
        return _MAPS[stage] + 8
    if stage != "composition":
        return _MAPS.get(stage, 0)
    asked, maps = project.recipe.composition, 0
    if asked.references is not None:
        maps += 2 * len(read_references(asked.references)) + 2
    if asked.decomposition != "none":
        maps += asked.components or _MOST_COMPONENTS
    return 4 * maps + (2 if asked.clusters else 0)


def bytes_freed(project: Project, stages: tuple[str, ...]) -> int:
    """Give the bytes of what is taken away before anything is done: the former results of stages that are out of date."""
    found = 0
    for stage in stages:
        for name in (*FILES.get(stage, ()), *UNFINISHED.get(stage, ())):
            path = project.path / name
            found += path.stat().st_size if path.exists() else 0
        for image in IMAGES_OF.get(stage, ()):
            inside = (project.store.path / image).rglob("*")
            found += sum(path.stat().st_size for path in inside if path.is_file())
    return found
