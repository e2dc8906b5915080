"""Our own filtered back-projection: blocks of slices, on our threads, with the whole geometry and no resampled projections."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from ..data import FloatArray
from ..progress import raise_if_aborted
from ..threads import in_threads
from .back_projection import TILE, WIDE, back_project_tile, padded, put_tile, slices_innermost, tiles_of
from .field_of_view import FieldOfView
from .filtering import RowFilter
from .geometry import Geometry
from .parameters import Filter
from .view_rows import SliceRows

Float32 = npt.NDArray[np.float32]
_SLICES = 64
"""Slices a block, at most: a cache line or four a voxel."""
_BYTES = 1 << 28
"""Memory for the filtered views of a block."""


def blocks_of(start: int, stop: int, bytes_a_slice: int) -> Iterator[tuple[int, int]]:
    """Cut slices from `start` to `stop` into blocks that hold so many bytes a slice."""
    slices = int(np.clip(_BYTES // bytes_a_slice, 1, _SLICES))
    if slices > WIDE:
        slices -= slices % WIDE
    for first in range(start, stop, slices):
        yield first, min(first + slices, stop)


def filtered_back_projection(
    projections: npt.NDArray[np.floating],
    geometry: Geometry,
    weights: FloatArray,
    filter_name: Filter,
    field: FieldOfView,
    scale: float,
    abort: threading.Event | None = None,
) -> Iterator[Float32]:
    """Make a volume block by block, from the first slice on.

    Parameters
    ----------
    projections : (A, R, C) array
    geometry : Geometry
    weights : (A,) float64
        The angle each view stands for; they sum to pi.
    filter_name : str
    field : FieldOfView
        Which voxels are wanted.
    scale : float
        What turns attenuation a voxel into that of the volume's unit.
    abort : threading.Event

    Yields
    ------
    (z, y, x) float32
        Some slices of the field. How many does not depend on the memory there is, since a few last bits depend on it.
    """
    rows, columns = projections.shape[1:]
    places = geometry.columns_of()
    reach = field.radius * geometry.magnification + 2
    first, last = int(np.floor(places[:, 2].min() - reach)), int(np.ceil(places[:, 2].max() + reach))
    row_filter = RowFilter.of(
        projections[len(projections) // 2], geometry.center, first, last, filter_name, geometry.columns_a_voxel
    )
    places[:, 2] -= first
    tiles: dict[int, list[int]] = {}
    for top, left in tiles_of(field.rows, field.columns, field.middle, field.radius_squared):
        tiles.setdefault(top, []).append(left)
    tilted = geometry.tilt != 0

    for start, stop in blocks_of(*field.slices, 4 * len(projections) * row_filter.width):
        seen = SliceRows(geometry, rows, columns, start, stop)
        views = np.empty((len(projections), row_filter.width, padded(stop - start)), np.float32)
        views[..., stop - start :] = 0
        offsets = seen.column_offsets() if tilted else None
        block = np.zeros((stop - start, *field.shape[1:]), np.float32)

        def one_view(
            v: int, seen: SliceRows = seen, views: Float32 = views, offsets: FloatArray | None = offsets
        ) -> None:
            raise_if_aborted(abort)
            slices_innermost(row_filter(seen.of(projections[v], v), float(weights[v]), offsets), views[v])

        def one_row(top: int, views: Float32 = views, out: Float32 = block) -> None:
            tile = np.empty((TILE, TILE, views.shape[2]), np.float32)
            for left in tiles[top]:
                raise_if_aborted(abort)
                back_project_tile(views, places, top, left, field.middle, field.radius_squared, tile)
                put_tile(tile, out, top - field.rows[0], left - field.columns[0], scale)

        in_threads(one_view, range(len(projections)))
        in_threads(one_row, tiles)
        yield block
