"""A volume at full resolution and, by averages of blocks, at coarser ones."""

import threading
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from ...progress import raise_if_aborted
from ...threads import in_threads
from .surface_kernels import average_blocks

COARSEST = 24
"""An axis of a level is halved only where it stays as long as this."""

PIECES = 32
POINTS_A_PIECE = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """A volume whose voxel ``i`` lies at ``offset + scale * i`` of the full grid.

    Attributes
    ----------
    volume : (z, y, x) array
    scale, offset : (3,) float64, voxels of the full grid
    """

    volume: npt.NDArray[Any]
    scale: npt.NDArray[np.float64]
    offset: npt.NDArray[np.float64]


def halvings(*shapes: tuple[int, ...]) -> list[npt.NDArray[np.int64]]:
    """Give the factors (1 or 2 along each axis) by which volumes of these shapes are made coarser together, step by step."""
    least = np.min(shapes, axis=0)
    found: list[npt.NDArray[np.int64]] = []
    while (least >= 2 * COARSEST).any():
        found.append(np.where(least >= 2 * COARSEST, 2, 1))
        least = -(-least // found[-1])
    return found


def levels_of(
    volume: npt.NDArray[Any], factors: list[npt.NDArray[np.int64]], abort: threading.Event | None = None
) -> list[Level]:
    """Give a volume (z, y, x) from its full resolution to its coarsest, as float32 averages of blocks."""
    found = [Level(volume, np.ones(3), np.zeros(3))]
    for factor in factors:
        last = found[-1]
        out = np.empty(tuple(-(-n // f) for n, f in zip(last.volume.shape, factor)), np.float32)

        def fill(piece: tuple[int, int], last: Level = last, factor: Any = factor, out: Any = out) -> None:
            raise_if_aborted(abort)
            average_blocks(last.volume, factor, out, *piece)

        in_threads(fill, pieces(len(out)))
        found.append(Level(out, last.scale * factor, last.offset + last.scale * (factor - 1) / 2))
    return found


def pieces(count: int, most: int = PIECES) -> list[tuple[int, int]]:
    """Cut a range into pieces (start, stop), the same whatever the number of threads."""
    edges = np.linspace(0, count, min(most, max(count, 1)) + 1).astype(int)
    return [(int(a), int(b)) for a, b in pairwise(edges) if b > a]


def pieces_of_points(count: int) -> list[tuple[int, int]]:
    """Cut points into pieces that are worth a thread's while."""
    return pieces(count, min(PIECES, 1 + count // POINTS_A_PIECE))
