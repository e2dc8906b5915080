"""TIFF files that hold a page an energy: one file a view, or one file a slice, instead of one file an energy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from ...data import FloatArray
from ..series import Image
from ..tomogram import Frames


def pages_are_energies(
    pages: Sequence[int], named: bool, energies: int | None, doubts: list[str], advice: str = ""
) -> bool:
    """Tell whether every file holds a page an energy, rather than all pages of one energy.

    They do where there are as many energies as pages, and not as many as files. Names that say energies settle it the other way.

    Parameters
    ----------
    pages : sequence of int
        Pages of each file.
    named : bool
        Whether the names of files or folders say their energies.
    energies : int
        How many energies a list names; None where there is no list.
    doubts : list of sentences
        One is added where files, pages and energies are equally many.
    advice : str
        What to do if that was taken wrongly.
    """
    if named or energies is None or energies < 2 or set(pages) != {energies}:
        return False
    if len(pages) == energies:
        doubts.append(
            f"There are {energies} energies, and as many files of as many images each: a file was taken to be one energy.{advice}"
        )
        return False
    return True


def by_energy(images: Sequence[Image], energies: FloatArray | None, doubts: list[str]) -> list[Image]:
    """Give images one energy each where every file of projections is one view that holds a page an energy.

    Flats and darks with as many pages are split alike; others serve all energies.

    Parameters
    ----------
    images : sequence of Image, one a file
    energies : (E,) eV, in order of the pages; None where unknown
    doubts : list of sentences, added to
    """
    views = [i for i in images if i.role == "projections"]
    named = any(np.isfinite(i.energy) for i in views)
    count = None if energies is None else len(energies)
    if energies is None or not pages_are_energies([v.frames.count for v in views], named, count, doubts):
        return list(images)
    found: list[Image] = []
    for image in images:
        if image.frames.count != len(energies):
            found.append(image)
            continue
        found += [
            replace(image, frames=page(image.frames, e), energy=float(energy)) for e, energy in enumerate(energies)
        ]
    return found


def page(frames: Frames, index: int) -> Frames:
    """Give one of the images of a file."""
    return replace(frames, count=1, load=partial(_from, frames.load, index))


def _from(load: Callable[[int, int], npt.NDArray[Any]], first: int, start: int, stop: int) -> npt.NDArray[Any]:
    return load(first + start, first + stop)
