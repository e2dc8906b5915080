"""The box that the particles lie in, found quickly, and the view of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .show import layer_of

_MOST = 2_000_000
_SHARE = 0.8
"""Of the canvas, or of a cell of the grid, that the sample takes."""


def sample_box(viewer: Any) -> npt.NDArray[np.float64] | None:
    """Give the lowest and highest corner, (2, 3), z, y, x in voxels, to a few voxels; None where there are no particles."""
    layer: Any = layer_of(viewer, "particles")
    if layer is None:
        return None
    step = int(np.ceil((np.prod(layer.data.shape) / _MOST) ** (1 / 3)))
    some = np.asarray(layer.data[::step, ::step, ::step]) > 0
    if not some.any():
        return None
    spans = [np.flatnonzero(some.any(axis=tuple(a for a in range(3) if a != axis))) for axis in range(3)]
    return step * np.array([[span[0] for span in spans], [span[-1] for span in spans]], np.float64)


def frame_sample(viewer: Any) -> None:
    """Fit the sample into the canvas, or into a cell of the grid; all there is where particles are not known."""
    viewer.reset_view()
    box, dims = sample_box(viewer), viewer.dims
    first = dims.ndim - 3
    shown = [axis - first for axis in dims.displayed]
    if box is None or min(shown) < 0:
        return
    layer: Any = layer_of(viewer, "particles")
    scale = np.asarray(layer.scale)[-3:]
    size = (box[1] - box[0] + 1) * scale
    whole = np.asarray(layer.data.shape) * scale
    closer = _SHARE * float(np.min(whole[shown] / size[shown]))
    if closer > 1:
        viewer.camera.center = (box.mean(axis=0) * scale)[shown]
        viewer.camera.zoom *= closer
