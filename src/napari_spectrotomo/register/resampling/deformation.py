"""The record of a deformation: a smooth displacement on top of the affine placement, an energy, as a cubic B-spline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from ...errors import RegistrationError
from ...threads import in_threads

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Result = TypeVar("Result")
SLAB = 256
"""Rows whose Jacobian is in memory at a time, a thread."""


@dataclass(frozen=True, slots=True, eq=False)
class Deformation:
    """A displacement u on top of the affine placement, T(p) = placement(p) + u(p), an energy.

    u is a uniform cubic B-spline in fixed voxels (Rueckert et al., IEEE Trans. Med. Imaging 18, 712, 1999): along an axis of n
    voxels there are ceil((n - 1) / spacing) + 3 control points, of which c lies at fixed voxel (c - 1) * spacing.

    Attributes
    ----------
    coefficients : (E, 3, cz, cy, cx) float32, voxels of the moving volume, (z, y, x)
        All zero where there is no deformation, NaN where it is not known.
    spacing : int
        Voxels between control points, the same along all axes.
    shape : (z, y, x)
        Of the fixed volume.
    """

    coefficients: Float32
    spacing: int
    shape: tuple[int, int, int]

    def __post_init__(self) -> None:
        """Check that the control points fit the volume."""
        if self.spacing < 1:
            raise RegistrationError(f"Control points are one voxel or more apart, not {self.spacing}.")
        wanted = (3, *control_points(self.shape, self.spacing))
        if self.coefficients.ndim != 5 or self.coefficients.shape[1:] != wanted:
            raise RegistrationError(
                f"Coefficients of a deformation of a volume of shape {tuple(self.shape)} with a control point every "
                f"{self.spacing} voxels have the shape {wanted} an energy; found {self.coefficients.shape}."
            )

    def field(self, index: int, step: int = 1) -> Float32:
        """Give u on every `step`-th voxel of the fixed volume.

        Parameters
        ----------
        index : int
            Of the energy.
        step : int

        Returns
        -------
        array of float32, (3, z', y', x'), voxels of the moving volume along (z, y, x)
        """
        along_z, along_y, along_x = (_basis(n, self.spacing, step)[0].astype(np.float32) for n in self.shape)
        columns = np.moveaxis(np.tensordot(along_z, self.coefficients[index].astype(np.float32), (1, 1)), 0, 1)
        return np.asarray(along_y @ columns @ along_x.T)

    def jacobian(self, index: int, linear: npt.NDArray[np.floating] | None = None, step: int = 1) -> Float32:
        """Give by how much volumes grow from the fixed to the moving volume, on every `step`-th voxel.

        Parameters
        ----------
        index : int
            Of the energy.
        linear : (3, 3), or None for the identity
            Linear part of the affine placement.
        step : int

        Returns
        -------
        array of float32, (z', y', x')
            Determinant of dT/dp; 0 or less where the transform folds.
        """
        out = np.empty([len(range(0, n, step)) for n in self.shape], np.float32)
        rows = out.reshape(-1, out.shape[2])

        def slab(first: int, determinants: Float32) -> None:
            rows[first : first + len(determinants)] = determinants

        self._each_slab(index, linear, step, slab)
        return out

    def folded(self, index: int, linear: npt.NDArray[np.floating] | None = None) -> float:
        """Give the share of fixed voxels where the transform folds (its Jacobian is 0 or less); NaN where it is not known."""
        counts = self._each_slab(
            index, linear, 1, lambda _, d: np.nan if np.isnan(d).any() else float(np.count_nonzero(d <= 0))
        )
        return float(np.sum(counts)) / float(np.prod(self.shape))

    def _each_slab(
        self,
        index: int,
        linear: npt.NDArray[np.floating] | None,
        step: int,
        take: Callable[[int, Float32], Result],
    ) -> list[Result]:
        """Hand the Jacobian to `take`, some rows (rows, x') at a time, with the number of the first, and give what it gives."""
        from .jacobian import determinants

        matrix = np.eye(3) if linear is None else np.array(linear, np.float64)
        if matrix.shape != (3, 3):
            raise RegistrationError(f"The linear part of a placement is a 3 x 3 matrix; found shape {matrix.shape}.")
        coefficients = self.coefficients[index].astype(np.float64)
        along = tuple(_basis(n, self.spacing, step) for n in self.shape)
        nz, ny, nx = (len(basis[0]) for basis in along)

        def work(first: int) -> Result:
            out = np.empty((min(SLAB, nz * ny - first), nx), np.float32)
            determinants(coefficients, matrix, self.spacing, step, along, first, out)
            return take(first, out)

        return in_threads(work, range(0, nz * ny, SLAB))


def control_points(shape: tuple[int, ...], spacing: int) -> tuple[int, ...]:
    """Give how many control points a deformation of a volume of `shape` has along each axis."""
    return tuple(-(-(n - 1) // spacing) + 3 for n in shape)


def _basis(n: int, spacing: int, step: int) -> tuple[Float64, Float64]:
    """Give the weights (n', c) of the control points along an axis at every `step`-th voxel, and their derivatives a voxel."""
    (count,) = control_points((n,), spacing)
    voxels = np.arange(0, n, step)
    away = voxels[:, None] / spacing - (np.arange(count) - 1)
    size = np.abs(away)
    inner, outer = size < 1, (size >= 1) & (size < 2)
    value = np.where(inner, 2 / 3 - size**2 + size**3 / 2, np.where(outer, (2 - size) ** 3 / 6, 0.0))
    slope = np.where(inner, -2 * size + 1.5 * size**2, np.where(outer, -((2 - size) ** 2) / 2, 0.0)) * np.sign(away)
    return value, slope / spacing
