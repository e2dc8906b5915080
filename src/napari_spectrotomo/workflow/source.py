"""What a project is made from: a scan or a stack, and files of the user's own."""

from __future__ import annotations

import os
from glob import has_magic, iglob
from pathlib import Path

from ..data import EnergyStack, Scan
from ..errors import ParameterError
from ..io import ReadParameters, read_references, read_scan, read_stack
from ..parameters import as_plain
from ..spectra.parameters import checked_parameters
from .recipe import FILE_PARAMETERS, STAGES, Recipe
from .standards import read_standards


def absolute(path: str | Path) -> Path:
    """Give a path from the root, without detours."""
    return Path(os.path.abspath(os.path.expanduser(path)))


def is_there(path: Path) -> bool:
    """Say whether a source is there; of a pattern of names, whether any file fits it."""
    return path.exists() or (has_magic(str(path)) and next(iglob(str(path)), None) is not None)


def way_to(source: Path, project: Path) -> str | None:
    """Give the way from a project to its source, so that both may be moved together; None from one disk to another on Windows."""
    try:
        return Path(os.path.relpath(source, project)).as_posix()
    except ValueError:
        return None


def read_source(source: Path, read: ReadParameters, kind: str) -> Scan | EnergyStack:
    """Read a scan or a stack as the parameters say, lazily.

    Raises
    ------
    ReadError
        If it cannot be read.
    ParameterError
        If a parameter says something of projections, and the source holds volumes.
    """
    values = as_plain(read)
    values.pop("kind")
    if kind == "scan":
        return read_scan(source, **values)
    for name in values.keys() - {"format", "energies", "pixel_size", "on_bad_file", "follow_links"}:
        if getattr(read, name) != getattr(ReadParameters(), name):
            raise ParameterError(
                f"read.{name} says something of projections, and {source} holds volumes: leave it out."
            )
    return read_stack(
        source,
        format=read.format,
        energies=read.energies,
        voxel_size=read.pixel_size,
        follow_links=read.follow_links,
    )


def check_named_files(recipe: Recipe) -> None:
    """Refuse files that are not there, or hold no spectra where some are named, before anything is written or taken away.

    Raises
    ------
    ParameterError, ReadError
    """
    for stage in STAGES:
        for name in FILE_PARAMETERS:
            path = getattr(getattr(recipe, stage), name, None)
            if isinstance(path, str) and not os.path.exists(path):
                raise ParameterError(f"{stage}.{name} names {path}, and there is no such file.")
    check_spectra_named(recipe)


def check_spectra_named(recipe: Recipe) -> None:
    """Refuse files of spectra that cannot be read, and heights that cannot be, while the map of before is still there.

    Raises
    ------
    ParameterError, ReadError
    """
    checked_parameters(as_plain(recipe.spectra), "spectra")
    if recipe.spectra.standards is not None:
        read_standards(recipe.spectra.standards)
    for path in (recipe.spectra.foil, recipe.spectra.foil_reference, recipe.composition.references):
        if path is not None:
            read_references(path)
