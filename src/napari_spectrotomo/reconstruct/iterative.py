"""Reconstruction by iteration, for few views or a missing wedge: SIRT, CGLS and total variation, a block of slices at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from ..progress import raise_if_aborted
from .batched import blocks_of
from .field_of_view import FieldOfView
from .geometry import Geometry
from .parameters import Algorithm, ReconstructParameters
from .projector import Projector
from .total_variation import least_total_variation
from .view_rows import SliceRows

Float32 = npt.NDArray[np.float32]
_TOGETHER = 0.1
"""Pixels between the axes of slices that are done as one, so that none is more than half of it off."""
USUAL_ITERATIONS: dict[Algorithm, int] = {"sirt": 100, "cgls": 15, "tv": 200}


def iterated(
    projections: npt.NDArray[np.floating],
    geometry: Geometry,
    parameters: ReconstructParameters,
    field: FieldOfView,
    scale: float,
    abort: threading.Event | None = None,
) -> Iterator[Float32]:
    """Make a volume by the iterative algorithm that the parameters name; arguments and blocks as of `filtered_back_projection`.

    Where the axis is tilted, each slice has its own: slices whose axes lie together are taken about their mean.
    """
    rows, columns = projections.shape[1:]
    size = field.size
    circle = FieldOfView((0, rows), (0, size), (0, size), size, field.circle).circle_mask()[..., None]
    cut = (slice(*field.rows), slice(*field.columns))
    count = parameters.iterations or USUAL_ITERATIONS[parameters.algorithm]
    bytes_a_slice = 16 * (len(projections) * columns + size * size)
    apart = float(np.ptp(SliceRows(geometry, rows, columns, 0, 2).column_offsets())) if geometry.tilt else 0.0
    together = rows if apart * rows <= _TOGETHER else max(1, int(_TOGETHER / apart))
    for start, stop in blocks_of(*field.slices, bytes_a_slice):
        for first in range(start, stop, together):
            raise_if_aborted(abort)
            last = min(first + together, stop)
            seen = SliceRows(geometry, rows, columns, first, last)
            places = geometry.columns_of()
            places[:, 2] += seen.column_offsets().mean()
            projector = Projector(places, columns, size, abort)
            views = np.stack([seen.of(view, v).T for v, view in enumerate(projections)])
            block = _SOLVERS[parameters.algorithm](projector, views, circle, count, parameters.regularization)
            yield np.moveaxis(block[cut], -1, 0) * np.float32(scale)


def _sirt(projector: Projector, views: Float32, circle: npt.NDArray[np.bool_], count: int, _: float) -> Float32:
    """Simultaneous iterative reconstruction: ``x += C Aᵀ R (b - A x)``, R and C one over the sums of rows and columns of A.

    P. Gilbert (1972), J. Theor. Biol. 36, 105.
    """
    rows, columns = sums_of(projector, circle)
    block = np.zeros((projector.size, projector.size, views.shape[2]), np.float32)
    for _i in range(count):
        block += columns * projector.backward(rows * (views - projector.forward(block)))
        block *= circle
    return block


def _cgls(projector: Projector, views: Float32, circle: npt.NDArray[np.bool_], count: int, _: float) -> Float32:
    """Conjugate gradients on the normal equations, each slice with its own steps (M. R. Hestenes & E. Stiefel, 1952)."""
    block = np.zeros((projector.size, projector.size, views.shape[2]), np.float32)
    residual = views.copy()
    gradient = projector.backward(residual) * circle
    direction = gradient.copy()
    norm = _squares(gradient)
    for _i in range(count):
        image = projector.forward(direction)
        step = np.divide(norm, _squares(image), out=np.zeros_like(norm), where=norm > 0)
        block += step.astype(np.float32) * direction
        residual -= step.astype(np.float32) * image
        gradient = projector.backward(residual) * circle
        new = _squares(gradient)
        direction = (
            gradient + np.divide(new, norm, out=np.zeros_like(norm), where=norm > 0).astype(np.float32) * direction
        )
        norm = new
    return block


def _tv(projector: Projector, views: Float32, circle: npt.NDArray[np.bool_], count: int, weight: float) -> Float32:
    rows, columns = sums_of(projector, circle)
    return least_total_variation(projector, views, circle, rows, columns, count, weight)


def sums_of(projector: Projector, circle: npt.NDArray[np.bool_]) -> tuple[Float32, Float32]:
    """One over the sums of the projector's rows, (A, C, 1), and columns, (N, N, 1); 0 where a sum is next to nothing."""
    of_rows = projector.forward(circle.astype(np.float32))
    of_columns = projector.backward(np.ones_like(of_rows))
    return _inverse(of_rows), _inverse(of_columns)


def _inverse(values: Float32) -> Float32:
    return np.divide(1.0, values, out=np.zeros_like(values), where=values > 1e-3)


def _squares(values: Float32) -> npt.NDArray[np.float64]:
    """Sum of squares of each slice, (S,)."""
    flat = values.reshape(-1, values.shape[-1])
    return np.einsum("ns,ns->s", flat, flat, dtype=np.float64)


_SOLVERS = {"sirt": _sirt, "cgls": _cgls, "tv": _tv}
