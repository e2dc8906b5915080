"""Whether what a header declares can be held in this machine's memory at all, asked before room is made for it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from ..errors import ReadError


@cache
def _memory() -> int:
    return int(psutil.virtual_memory().total)


def require_room(path: Path, shape: Sequence[int], dtype: np.dtype[Any]) -> None:
    """Raise `ReadError` where images or a volume, which are read at once, are larger than the memory."""
    need = math.prod(shape) * np.dtype(dtype).itemsize
    if need > _memory():
        raise ReadError(
            f"{path}: to read {' x '.join(map(str, shape))} numbers at once takes {need / 1e9:.3g} GB, and this machine has "
            f"{_memory() / 1e9:.0f} GB of memory: use a larger machine, or its header is damaged."
        )


def no_room(path: Path, shape: Sequence[int]) -> ReadError:
    """Give the error for images or a volume that were too large for the memory that is free."""
    return ReadError(
        f"{path}: there is no memory left for {' x '.join(map(str, shape))} numbers: close other programs, or its header is "
        "damaged."
    )
