"""What memory a run may take: sizes as people write them, what stages cannot do with less than, and what is left for arrays."""

from __future__ import annotations

import math

import numpy as np

from ..data import Scan
from ..errors import ParameterError
from ..reconstruct import FieldOfView
from ..spectra.slabs import MEMORY
from .project import Project
from .recipe import STAGES

RESIDENT = 450 << 20
"""Bytes of the interpreter, the libraries and their compiled code."""
_NEEDS: dict[str, tuple[float, float]] = {
    "correct": (0.0, 1.1),
    "align": (0.0, 1.3),
    "reconstruct": (0.3, 1.1),
    "binarize": (3.2, 0.0),
    "label": (2.0, 0.0),
    "register": (6.0, 0.0),
    "spectra": (5.0, 0.0),
    "composition": (5.0, 0.0),
    "report": (6.5, 1.1),
}
"""Volumes of one energy, and times its projections, that a stage holds; those that hold neither are left out."""
_BLOCKS = {"reconstruct": 1 << 28, "binarize": 1 << 27, "spectra": 1 << 26, "report": 300 << 20}
"""Bytes of the blocks that a stage works on, whatever the size of volumes."""
_MAPS = 4.5
"""Volumes that the stage of the spectra holds beside spectra: three maps, labels, and the mask they make."""
_MMAP_THRESHOLD = -3
_LARGE = 1 << 18
"""Bytes from which on an array gets pages of its own: the chunks of an image have them."""


def bytes_of(size: int | str | None) -> int | None:
    """Read a size, such as 2000000000, '2GB' or '1.5 GiB'.

    Raises
    ------
    ParameterError
        If it is none.
    """
    if size is None:
        return None
    from dask.utils import parse_bytes

    try:
        found = int(parse_bytes(size))
    except (ValueError, TypeError, AttributeError) as error:
        raise ParameterError(f"The memory {size!r} is no size: write it like 4GB or 800MB.") from error
    if found <= 0:
        raise ParameterError(f"The memory {size!r} is nothing: give what a process may take, like 4GB.")
    return found


def give_memory_back() -> None:
    """Have glibc hand freed arrays back to the system: by default it keeps megabytes of each, which add up to volumes."""
    import ctypes
    import sys

    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # other C libraries have none
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, _LARGE)


def arrays_of(memory: int | None) -> int | None:
    """Give what of a process' memory is left for arrays."""
    return None if memory is None else max(memory - RESIDENT, 0)


def spectra_memory(arrays: int | None, shape: tuple[int, int, int]) -> float:
    """Give how many bytes of spectra to hold at a time, beside the maps and the labels of a volume (z, y, x)."""
    if arrays is None:
        return MEMORY
    volume = 4 * math.prod(shape)
    return float(np.clip((arrays - _MAPS * volume) / 2, 1 << 24, MEMORY))


def needed(project: Project, stage: str) -> int:
    """Give the bytes that a process takes for a stage at least: of one energy, however many there are.

    Measured (``benchmarks/scaling.py``): the interpreter and its libraries, so many volumes, and for what looks at projections
    those of one energy, as counts and as optical density.
    """
    found = project.input()
    views = 0
    if isinstance(found, Scan):
        rows, columns, _ = project.layout()
        one = max(found.projections, key=len)
        views = one.nbytes + 4 * len(one) * rows * columns
        field = FieldOfView.of(rows, columns, project.recipe.reconstruct.region, project.recipe.reconstruct.circle)
        shape = (1, rows, columns) if found.planar else field.shape
    else:
        shape = found.shape
    volumes, of_views = _NEEDS.get(stage, (0.0, 0.0))
    return RESIDENT + int(volumes * 4 * math.prod(shape) + of_views * views) + _BLOCKS.get(stage, 0)


def check_memory(project: Project, until: str, memory: int | None) -> None:
    """Refuse a run whose memory cannot do, before anything is made.

    Raises
    ------
    ParameterError
        If a stage that is to be done needs more.
    """
    if memory is None:
        return
    stages = [stage for stage in STAGES[: STAGES.index(until) + 1] if project.state(stage) != "done"]
    needs = {stage: needed(project, stage) for stage in stages}
    for done, stage in enumerate(stages):
        if needs[stage] <= memory:
            continue
        enough = _in_words(max(needs.values())).replace(" ", "")
        instead = f", or stop before it with --until {stages[done - 1]}" if done else ""
        raise ParameterError(
            f"The stage {stage} takes {_in_words(needs[stage])} for one energy of this scan, and was given {_in_words(memory)}: "
            f"give --memory {enough}, make volumes smaller (correct.binning, reconstruct.region){instead}."
        )


def _in_words(size: int) -> str:
    """Write a size in MB or GB, rounded up."""
    if size < 1_000_000_000:
        return f"{math.ceil(size / 1e6)} MB"
    return f"{math.ceil(size / 1e8) / 10:g} GB"
