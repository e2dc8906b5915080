"""The outline of a drawn shape, as it is seen: the four corners that napari keeps of an ellipse are not on it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from napari.layers import Shapes

AREAS = ("rectangle", "ellipse", "polygon")
"""Types of shapes that enclose something; lines and paths do not."""

_CORNERS = 90


def outline_of(layer: Shapes, index: int) -> npt.NDArray[np.float64]:
    """Give the corners (n, dimensions) of a shape in the layer's own coordinates, those of an ellipse sampled along it."""
    corners = np.asarray(layer.data[index], float)
    if layer.shape_type[index] != "ellipse":
        return corners
    middle = corners.mean(axis=0)
    one, two = (corners[1] - corners[0]) / 2, (corners[3] - corners[0]) / 2
    turn = np.linspace(0, 2 * np.pi, _CORNERS, endpoint=False)
    return middle + np.cos(turn)[:, None] * one + np.sin(turn)[:, None] * two
