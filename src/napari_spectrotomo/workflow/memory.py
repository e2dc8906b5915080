"""What memory a run may take: sizes as people write them, what stages cannot do with less than, and what is left for arrays."""

from __future__ import annotations

import math

import numpy as np

from ..errors import ParameterError
from ..spectra.slabs import MEMORY
from .project import Project

RESIDENT = 450 << 20
"""Bytes of the interpreter, the libraries and their compiled code."""
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


def check_memory(project: Project, until: str, memory: int | None) -> None:
    """Refuse a run whose memory cannot do."""
