"""The slices of least total variation that fit the views: a primal-dual iteration."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from ..threads import in_threads
from .projector import Projector

Float32 = npt.NDArray[np.float32]
_ROWS = 32


def least_total_variation(
    projector: Projector,
    views: Float32,
    circle: npt.NDArray[np.bool_],
    rows: Float32,
    columns: Float32,
    count: int,
    weight: float,
) -> Float32:
    """Minimise ``1/2 |A x - b|² + λ TV(x)`` over slices (N, N, S), TV the sum of the gradient's length in each slice.

    Steps are those of A. Chambolle & T. Pock (2011), J. Math. Imaging Vis. 40, 120, preconditioned after T. Pock &
    A. Chambolle (2011), ICCV: one over the sums of rows and columns of A and of the gradient.

    Parameters
    ----------
    projector : Projector
    views : (A, C, S) float32
    circle : (N, N, 1) bool
        Voxels that may be other than 0.
    rows, columns : float32
        One over the sums of the projector's rows (A, C, 1) and columns (N, N, 1).
    count : int
        Iterations.
    weight : float
        λ relative to the largest value of ``Aᵀ b`` in each slice.
    """
    limit = (weight * np.abs(projector.backward(views)).max((0, 1))).astype(np.float32)
    block = np.zeros((projector.size, projector.size, views.shape[2]), np.float32)
    ahead = block.copy()
    dual = np.zeros_like(views)
    slope = np.zeros((2, *block.shape), np.float32)
    # columns of the gradient add up to 4, its rows to 2
    primal_step = np.divide(1.0, np.divide(1.0, columns, out=np.zeros_like(columns), where=columns > 0) + 4.0).astype(
        np.float32
    )
    primal_step *= circle
    step = np.empty_like(block)

    def ascend(top: int) -> None:
        _ascend(ahead, slope, limit, top, min(top + _ROWS, len(ahead)))

    def descend(top: int) -> None:
        _descend(block, ahead, slope, step, primal_step, top, min(top + _ROWS, len(block)))

    for _ in range(count):
        dual += rows * (projector.forward(ahead) - views)
        dual /= 1 + rows
        in_threads(ascend, range(0, len(ahead), _ROWS))
        step[:] = projector.backward(dual)
        in_threads(descend, range(0, len(block), _ROWS))
    return block


@njit(nogil=True, cache=True, fastmath=True)
def _ascend(block: Float32, slope: Float32, limit: Float32, top: int, bottom: int) -> None:
    """Step of the gradient's dual, (2, N, N, S), held to a length of `limit` a slice, in rows from `top` to `bottom`."""
    size, _, slices = block.shape
    half = np.float32(0.5)
    for j in range(top, bottom):
        down = min(j + 1, size - 1)
        for i in range(size):
            right = min(i + 1, size - 1)
            for s in range(slices):
                y = slope[0, j, i, s] + half * (block[down, i, s] - block[j, i, s])
                x = slope[1, j, i, s] + half * (block[j, right, s] - block[j, i, s])
                over = max(np.float32(1.0), np.sqrt(y * y + x * x) / max(limit[s], np.float32(1e-30)))
                slope[0, j, i, s] = y / over
                slope[1, j, i, s] = x / over


@njit(nogil=True, cache=True, fastmath=True)
def _descend(
    block: Float32, ahead: Float32, slope: Float32, back: Float32, step: Float32, top: int, bottom: int
) -> None:
    """Step of the slices against the views' and the gradient's duals, and the point ahead of it."""
    size, _, slices = block.shape
    for j in range(top, bottom):
        for i in range(size):
            pace = step[j, i, 0]
            for s in range(slices):
                spread = np.float32(0.0)
                if j < size - 1:
                    spread += slope[0, j, i, s]
                if j > 0:
                    spread -= slope[0, j - 1, i, s]
                if i < size - 1:
                    spread += slope[1, j, i, s]
                if i > 0:
                    spread -= slope[1, j, i - 1, s]
                new = block[j, i, s] - pace * (back[j, i, s] - spread)
                ahead[j, i, s] = np.float32(2.0) * new - block[j, i, s]
                block[j, i, s] = new
