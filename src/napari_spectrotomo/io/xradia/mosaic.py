"""Mosaics of Xradia's instruments: several fields of view beside one another, in one file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ...data import FloatArray
from ...errors import ReadError

_STEP_TOLERANCE = 1.5  # pixels by which tiles may lie beside their place and still be taken as touching
_ANGLE_TOLERANCE = 0.05  # degrees within one mosaic


class Header(Protocol):
    """Numbers out of a file's ``ImageInfo``."""

    path: Path

    def floats(self, name: str) -> FloatArray:
        """Give all numbers of a name."""

    def whole(self, name: str, default: int | None = None) -> int:
        """Give the first whole number of a name."""

    def one(self, name: str) -> float:
        """Give the first number of a name."""


@dataclass(frozen=True, slots=True)
class Mosaic:
    """How one image is put together.

    Attributes
    ----------
    rows, columns : int
        Fields of view below and beside one another; 1 x 1 is no mosaic.
    tiles : int
        Stored images that make up one: 1 where they were stitched before they were stored.
    tile, shape : (row, column)
        Pixels of a stored image, and of what they make up.
    doubts : tuple of sentences
    """

    rows: int
    columns: int
    tiles: int
    tile: tuple[int, int]
    shape: tuple[int, int]
    doubts: tuple[str, ...] = ()

    def joined(self, tiles: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
        """Lay tiles (pixels,) out row by row, each row from its first column on."""
        images = [t.reshape(self.tile) for t in tiles]
        if len(images) == 1:
            return images[0]
        return np.block([images[r * self.columns : (r + 1) * self.columns] for r in range(self.rows)])


def mosaic_of(header: Header, shape: tuple[int, int], declared: int, held: int) -> Mosaic:
    """Tell what mosaic a file holds, if any.

    Older instruments store the stitched image (``MosiacMode`` 1, one stream), newer ones each field of view as an image of its
    own, in order of acquisition, the columns of a row first.

    Parameters
    ----------
    header : Header
    shape : (row, column)
        Pixels of an image as the header declares it.
    declared : int
        Images that the file says it has.
    held : int
        Images of that shape that the first stream has room for.

    Raises
    ------
    ReadError
        If the header's rows and columns do not fit the images, or the stage's positions say that fields of view overlap or lie
        apart: laid side by side they would be a wrong image.
    """
    rows, columns = header.whole("MosiacRows", 0), header.whole("MosiacColumns", 0)
    fields = rows * columns
    if rows < 1 or columns < 1 or fields == 1:
        return Mosaic(1, 1, 1, shape, shape)
    what = f"{header.path} is a mosaic of {rows} rows and {columns} columns"
    if held == fields:
        whole = (shape[0] * rows, shape[1] * columns)
        return Mosaic(rows, columns, 1, whole, whole)
    if header.whole("MosiacMode", 0) == 1 or declared == 1:
        return Mosaic(rows, columns, 1, shape, shape)
    advice = "stitch it first, or give the tiles as files of their own."
    angles = header.floats("Angles")[:declared]
    if declared % fields == 0 and len(angles) == declared:
        one_angle = bool(np.all(np.ptp(angles.reshape(-1, fields), axis=1) <= _ANGLE_TOLERANCE))
    else:
        one_angle = declared == fields and len(angles) == 0
    if not one_angle:
        raise ReadError(f"{what}, and its {declared} images are not {fields} of each view: {advice}")
    if (fault := _misplaced(header, (rows, columns), shape, declared)) is not None:
        raise ReadError(f"{what}, and {fault}: {advice}")
    doubt = (
        f"The image is a mosaic of {rows} x {columns} fields of view (row, column), laid side by side in order of acquisition; "
        "no overlap was assumed."
    )
    return Mosaic(rows, columns, fields, shape, (shape[0] * rows, shape[1] * columns), (doubt,))


def _misplaced(header: Header, grid: tuple[int, int], shape: tuple[int, int], declared: int) -> str | None:
    """Say why the stage's positions contradict fields of view laid side by side; None where they do not, or are unknown."""
    pixel = header.one("PixelSize")
    x, y = (header.floats(f"{axis}Position")[:declared] for axis in "XY")
    if len(x) < declared or len(y) < declared or not pixel > 0 or (np.ptp(x) == 0 and np.ptp(y) == 0):
        return None
    across, down = (v.reshape(-1, *grid) / pixel for v in (x, y))  # stage positions are in µm, as the pixel size
    for steps, width, name in (
        (np.diff(across, axis=2), shape[1], "columns"),
        (np.diff(down, axis=1), shape[0], "rows"),
    ):
        if steps.size and np.ptp(np.sign(steps)):
            return f"its stage did not go row by row, each from its first column on: the {name} are in another order"
        if steps.size and np.any(np.abs(np.abs(steps) - width) > _STEP_TOLERANCE):
            seen = float(np.median(np.abs(steps)))
            how = "overlap" if seen < width else "lie apart"
            return f"its {name} {how}: the stage moved {seen:.0f} pixels where a field of view has {width}"
    return None
