"""Which voxels of the volume are made: all, or a region of it, within the circle that the detector spans or beyond it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..errors import ReconstructionError


@dataclass(frozen=True, slots=True)
class FieldOfView:
    """A part of the volume of R slices of C x C voxels.

    Attributes
    ----------
    slices, rows, columns : (start, stop)
        Of z, y and x in the whole volume.
    size : int
        C, the columns of the detector.
    circle : bool
        Whether what lies beyond the circle that the detector spans stays 0.
    """

    slices: tuple[int, int]
    rows: tuple[int, int]
    columns: tuple[int, int]
    size: int
    circle: bool = True

    @classmethod
    def of(cls, rows: int, columns: int, region: tuple[int, ...] | None, circle: bool = True) -> FieldOfView:
        """Take a region (z, z, y, y, x, x), from and up to but without, of the volume that so many rows and columns give.

        Raises
        ------
        ReconstructionError
            If the region is empty or reaches out of the volume.
        """
        if region is None:
            return cls((0, rows), (0, columns), (0, columns), columns, circle)
        pairs = [(int(region[i]), int(region[i + 1])) for i in (0, 2, 4)]
        for axis, (start, stop), length in zip("zyx", pairs, (rows, columns, columns), strict=True):
            if not 0 <= start < stop <= length:
                raise ReconstructionError(
                    f"The region goes from {start} to {stop} in {axis}, where the volume goes from 0 to {length}: "
                    "give (z, z, y, y, x, x), each from and up to."
                )
        return cls(pairs[0], pairs[1], pairs[2], columns, circle)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape (z, y, x) of the part."""
        z, y, x = (stop - start for start, stop in (self.slices, self.rows, self.columns))
        return z, y, x

    @property
    def middle(self) -> float:
        """Row and column of the axis in the whole slice."""
        return (self.size - 1) / 2

    @property
    def radius(self) -> float:
        """How far from the axis voxels are made."""
        return self.size / 2 if self.circle else self.size / np.sqrt(2)

    @property
    def radius_squared(self) -> float:
        """The square of `radius`."""
        return self.radius**2

    def circle_mask(self) -> npt.NDArray[np.bool_]:
        """Give the voxels of a slice that are made, (Y, X)."""
        y, x = (np.arange(*part) - self.middle for part in (self.rows, self.columns))
        return y[:, None] ** 2 + x**2 <= self.radius_squared
