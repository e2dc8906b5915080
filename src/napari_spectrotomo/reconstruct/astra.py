"""ASTRA, where it is installed: its GPU kernels where it finds a GPU, else its CPU ones.

ASTRA is under the GPL and therefore never among the dependencies; whoever wants it installs it beside us.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from ..data import FloatArray
from ..progress import raise_if_aborted
from .batched import blocks_of
from .field_of_view import FieldOfView
from .filtering import RowFilter
from .geometry import Geometry, view_weights
from .iterative import USUAL_ITERATIONS
from .noise import choose_filter
from .parameters import ReconstructParameters
from .view_rows import SliceRows

Float32 = npt.NDArray[np.float32]
_NAMES = {"fbp": "BP", "sirt": "SIRT", "cgls": "CGLS"}


def reconstruct_with_astra(
    projections: npt.NDArray[np.floating],
    geometry: Geometry,
    parameters: ReconstructParameters,
    field: FieldOfView,
    scale: float,
    abort: threading.Event | None = None,
) -> Iterator[Float32]:
    """Make a volume by ASTRA; views' rows, and for 'fbp' the filter, are ours. As `filtered_back_projection` takes and gives."""
    import astra

    rows, columns = projections.shape[1:]
    places = geometry.columns_of()
    weights = view_weights(geometry.angles) / np.hypot(
        places[:, 0], places[:, 1]
    )  # a voxel is seen by so many more columns
    row_filter = None
    if parameters.algorithm == "fbp":
        reach = field.radius * geometry.magnification + 2
        first, last = int(np.floor(places[:, 2].min() - reach)), int(np.ceil(places[:, 2].max() + reach))
        middle = projections[len(projections) // 2]
        name = choose_filter(parameters.filter, middle)
        row_filter = RowFilter.of(middle, geometry.center, first, last, name, geometry.columns_a_voxel)
        places[:, 2] -= first
        columns = row_filter.width
    count = 1 if row_filter else parameters.iterations or USUAL_ITERATIONS[parameters.algorithm]
    gpu = bool(astra.use_cuda())
    circle = field.circle_mask()
    for start, stop in blocks_of(*field.slices, 8 * (len(projections) * columns + field.size**2)):
        seen = SliceRows(geometry, rows, projections.shape[2], start, stop)
        offsets = seen.column_offsets()
        views = np.empty((stop - start, len(projections), columns), np.float32)
        for v, view in enumerate(projections):
            raise_if_aborted(abort)
            lines = seen.of(view, v)
            moved = offsets if geometry.tilt else None
            views[:, v] = lines if row_filter is None else row_filter(lines, float(weights[v]), moved)
        block = np.empty((stop - start, *field.shape[1:]), np.float32)
        for s in range(stop - start):
            raise_if_aborted(abort)
            at = places + ([0, 0, offsets[s]] if row_filter is None else 0)
            made = _slice(astra, _NAMES[parameters.algorithm], gpu, views[s], at, field.size, count, abort)
            part = made[slice(*field.rows), slice(*field.columns)]
            block[s] = np.where(circle, part * np.float32(scale), 0)
        yield block


def _slice(
    astra: Any,
    algorithm: str,
    gpu: bool,
    sinogram: Float32,
    places: FloatArray,
    size: int,
    count: int,
    abort: threading.Event | None,
) -> Float32:
    """Reconstruct one slice (N, N); plain back-projection sums what the views show, without the length of rays."""
    across = np.hypot(places[:, 0], places[:, 1])
    unit = places[:, :2] / across[:, None]  # along a detector row, y downwards
    spacing = 1 / across
    middle = (sinogram.shape[1] - 1) / 2
    center = ((middle - places[:, 2]) * spacing)[:, None] * unit
    # ASTRA's y points up, and its vectors are (ray, centre of the detector, one column on)
    up = np.array([1.0, -1.0])
    ray = np.column_stack([-unit[:, 1], unit[:, 0]]) * up
    vectors = np.hstack([ray, center * up, unit * up * spacing[:, None]])
    detector = astra.create_proj_geom("parallel_vec", sinogram.shape[1], np.ascontiguousarray(vectors))
    grid = astra.create_vol_geom(size, size)
    kept: list[tuple[Any, int]] = []
    try:
        views = astra.data2d.create("-sino", detector, sinogram)
        kept.append((astra.data2d, views))
        image = astra.data2d.create("-vol", grid, 0.0)
        kept.append((astra.data2d, image))
        settings = astra.astra_dict(algorithm + ("_CUDA" if gpu else ""))
        settings["ReconstructionDataId"], settings["ProjectionDataId"] = image, views
        if not gpu:
            settings["ProjectorId"] = astra.create_projector("linear", detector, grid)
            kept.append((astra.projector, settings["ProjectorId"]))
        job = astra.algorithm.create(settings)
        kept.append((astra.algorithm, job))
        for step in [count] if gpu else [1] * count:  # on CPUs an iteration may take a second
            raise_if_aborted(abort)
            astra.algorithm.run(job, step)
        return astra.data2d.get(image)
    finally:
        for module, number in reversed(kept):
            module.delete(number)
