"""What memory a run may take: sizes as people write them, what stages cannot do with less than, and what is left for arrays."""

from __future__ import annotations

import math
from collections.abc import Mapping

from ..data import Scan
from ..errors import ParameterError
from ..io import read_references
from ..reconstruct import FieldOfView
from ..spectra.slabs import MEMORY
from .executor import Workplace
from .project import Project

RESIDENT = 500 << 20
"""Bytes of the interpreter, the libraries and their compiled code."""
WORKER = 100 << 20
"""Bytes more of a process that is a worker."""
_VOLUMES = {
    "reconstruct": 0.3,
    "binarize": 3.2,
    "label": 2.0,
    "register": 6.0,
    "spectra": 4.5,
    "report": 6.2,
}
"""Volumes that stages hold; what `composition` holds depends on what is asked for."""
_VIEWS = {"correct": 1.1, "align": 1.3, "reconstruct": 1.1, "report": 1.1}
"""How often stages hold the projections of one energy, as counts and as optical density."""
_BLOCKS = {
    "reconstruct": 1 << 28,
    "binarize": 1 << 27,
    "spectra": 350 << 20,
    "composition": 350 << 20,
    "report": 200 << 20,
}
"""Bytes of what stages work on whatever the size of volumes: blocks of slices, correlations in space, renderings."""
_SPECTRA = 2.0
"""Copies of all energies that are read for spectra, up to `MEMORY`."""
_COMPONENTS = 8
"""Components that are allowed for where their number is found from the noise."""
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


def arrays_of(memory: int | None, *, workers: bool = False) -> int | None:
    """Give what of a process' memory is left for arrays."""
    return None if memory is None else max(memory - RESIDENT - WORKER * workers, 0)


def spectra_memory(place: Workplace) -> float:
    """Give how many bytes of spectra a stage may hold at a time, beside its maps."""
    if place.memory is None:
        return MEMORY
    left = place.memory - _held(place.project, place.stage)
    return float(min(max(left / 2, 1 << 24), MEMORY))


def needed(project: Project, stage: str) -> int:
    """Give the bytes that a process takes for a stage at least: of one energy, however many there are.

    Measured (``benchmarks/scaling.py``): the interpreter and its libraries, volumes, projections, and blocks of a fixed size.
    """
    held = RESIDENT + (volumes := _held(project, stage)) + (_BLOCKS.get(stage, 0) if volumes else 0)
    found = project.input()
    if not isinstance(found, Scan):
        return held
    rows, columns, _ = project.layout()
    views = max(one.nbytes + 4 * len(one) * rows * columns for one in found.projections)
    return held + int(_VIEWS.get(stage, 0.0) * views)


def _held(project: Project, stage: str) -> int:
    """Give the bytes of the volumes that a stage holds."""
    return int(_volumes(project, stage) * 4 * math.prod(_shape(project)))


def _shape(project: Project) -> tuple[int, int, int]:
    found = project.input()
    if not isinstance(found, Scan):
        return found.shape
    rows, columns, _ = project.layout()
    if found.planar:
        return 1, rows, columns
    return FieldOfView.of(rows, columns, project.recipe.reconstruct.region, project.recipe.reconstruct.circle).shape


def _volumes(project: Project, stage: str) -> float:
    if stage != "composition":
        return _VOLUMES.get(stage, 0.0)
    asked, maps = project.recipe.composition, [0.0]
    if asked.references is not None:
        maps.append(2.0 * len(read_references(asked.references)) + 2)
    if asked.decomposition != "none":
        maps.append(float(asked.components or _COMPONENTS))
    if asked.clusters:
        maps.append(2.0)
    return max(maps) + (2.0 if any(maps) else 0.0)


def expected(project: Project, stage: str, memory: int | None) -> int:
    """Give the bytes that a process should take at the peak of a stage, where it may take so many (None: as it likes)."""
    least = needed(project, stage)
    if stage not in ("spectra", "composition"):
        return least
    spectra = min(_SPECTRA * len(project.energies) * 4 * math.prod(_shape(project)), MEMORY)
    return round(least + spectra if memory is None else max(least, min(least + spectra, memory)))


def too_little(needs: Mapping[str, int], memory: int) -> str:
    """Say which stage cannot do with what a process may take, and what to do; nothing where all can.

    Parameters
    ----------
    needs : mapping
        What `needed` gives, by stage, in order.
    memory : int, bytes
    """
    stages = list(needs)
    for done, stage in enumerate(stages):
        if needs[stage] <= memory:
            continue
        enough = _in_words(max(needs.values())).replace(" ", "")
        instead = f", or stop before it with --until {stages[done - 1]}" if done else ""
        return (
            f"The stage {stage} takes {_in_words(needs[stage])} for one energy of this scan, and was given {_in_words(memory)}: "
            f"give --memory {enough}, make volumes smaller (correct.binning, reconstruct.region){instead}."
        )
    return ""


def _in_words(size: int) -> str:
    """Write a size in MB or GB, rounded up."""
    if size < 1_000_000_000:
        return f"{math.ceil(size / 1e6)} MB"
    return f"{math.ceil(size / 1e8) / 10:g} GB"
