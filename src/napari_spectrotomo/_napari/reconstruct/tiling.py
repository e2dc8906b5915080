"""Slices laid out in one picture, row by row, with room for words under each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_GAP, _CAPTION = 0.06, 0.14
"""Shares of a tile's side: between tiles, and for the column written under a tile."""


@dataclass(frozen=True, slots=True)
class Tiling:
    """Where the slices of a strip stand in one picture: row by row, a caption under each.

    Attributes
    ----------
    count, side : int
        Slices, and voxels along the side of one.
    """

    count: int
    side: int

    @property
    def across(self) -> int:
        """Slices side by side."""
        return int(np.ceil(np.sqrt(self.count)))

    @property
    def caption(self) -> int:
        """Voxels for the text under a slice."""
        return max(3, round(_CAPTION * self.side))

    @property
    def pitch(self) -> tuple[int, int]:
        """Voxels from one slice to the next, down and across."""
        gap = max(2, round(_GAP * self.side))
        return self.side + self.caption + gap, self.side + gap

    def corner(self, k: int) -> tuple[int, int]:
        """Give the voxel (y, x) where slice `k` begins."""
        return k // self.across * self.pitch[0], k % self.across * self.pitch[1]

    @property
    def shape(self) -> tuple[int, int]:
        """Voxels of the picture, down and across."""
        down = -(-self.count // self.across)
        return down * self.pitch[0], self.across * self.pitch[1]

    def picture(self, slices: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Lay the slices (K, N, N) out; NaN between them."""
        picture = np.full(self.shape, np.nan, np.float32)
        for k, one in enumerate(slices):
            y, x = self.corner(k)
            picture[y : y + self.side, x : x + self.side] = one
        return picture

    def at(self, y: float, x: float) -> int | None:
        """Give the slice at a voxel of the picture, its caption included; None between slices."""
        row, column = (int(np.floor((v + 0.5) / p)) for v, p in zip((y, x), self.pitch, strict=True))
        k = row * self.across + column
        if row < 0 or not 0 <= column < self.across or k >= self.count:
            return None
        top, left = self.corner(k)
        return k if y < top + self.side + self.caption and x < left + self.side else None
