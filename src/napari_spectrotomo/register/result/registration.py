"""The registration of a whole stack: where every point of the fixed volume lies at each energy, and how well that is known."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ...arrays import as_numbers
from ...data import EnergyStack, FloatArray
from ...errors import RegistrationError
from ..overlap import Matrix
from ..resampling.placement import Placement
from . import derived
from .exchange import invert, write_itk
from .files import load_registration, save
from .tables import PARTICLE_QUALITY, QUALITY, completed

if TYPE_CHECKING:
    import pandas as pd

    from ..resampling.deformation import Deformation

__all__ = ["Registration", "load_registration"]

Matrices = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Registration:
    """Transforms of all energies to the fixed one.

    A fixed point p, in voxels (z, y, x), lies at T(p) at another energy. Without particles T(p) is M p; with them it is M_k p
    inside particle k, and between particles a smooth blend (see `Territory`). A deformation adds its displacement: T(p) + u(p).

    Attributes
    ----------
    energies : (E,) float64, eV
        NaN when unknown.
    fixed_index : int
        Index of the energy that all others are registered to.
    transform : str
        What might move: 'translation', 'rigid', 'similarity', 'affine' or 'deformable'.
    shape : (z, y, x)
        Of the fixed volume.
    voxel_size : (3,) float64, nm, or None when unknown
    matrices : (E, 4, 4) float64
        The transform of the whole, from a voxel (z, y, x, 1) of the fixed volume to the same point at each energy; all NaN
        where it failed.
    quality : DataFrame
        A row an energy. Of masks, ``_raw`` before registration, ``_global`` with the transform of the whole, ``_registered``
        as `apply` does it: ``mse_``, ``dice_``, ``surface_mean_`` and ``surface_95_`` (distance of surfaces, voxels). Then
        ``uncertainty`` (expected error, voxels), ``trend`` (voxels off the series' trend), ``iterations``, ``stop_reason``,
        ``status`` ('converged', 'limit' or 'failed') and ``flag`` (what to look at; empty where nothing is). NaN is unknown;
        columns that are not given are added so.
    particle_matrices : dict of particle number to (E, 4, 4) float64, or None
        A transform a particle, fixed -> moving too; None when one transform serves the whole volume.
    particle_quality : DataFrame or None
        A row a particle and energy, of each particle in the order of `energies`: ``energy_eV``, ``particle``, the same columns
        of masks, ``grey_masks`` and ``grey_refined`` (root mean square of the grey residual before and after refinement, in
        units of the step; NaN where not refined), ``refined``, ``uncertainty``, ``iterations``, ``status``, ``flag``.
    labels : (z, y, x) int32, or None
        The particles of the fixed volume, 0 outside; there where there are particle matrices.
    deformation : Deformation or None
        What is added to the placement by matrices.
    """

    energies: FloatArray
    fixed_index: int
    transform: str
    shape: tuple[int, int, int]
    voxel_size: FloatArray | None
    matrices: Matrices
    particle_matrices: dict[int, Matrices] | None
    quality: pd.DataFrame
    particle_quality: pd.DataFrame | None = None
    labels: Labels | None = None
    deformation: Deformation | None = None

    def __post_init__(self) -> None:
        """Complete the tables, and raise `RegistrationError` where parts do not belong together."""
        object.__setattr__(self, "quality", completed(self.quality, QUALITY))
        if self.particle_quality is not None:
            object.__setattr__(self, "particle_quality", completed(self.particle_quality, PARTICLE_QUALITY))
        self._check_parts()

    @property
    def flagged(self) -> list[int]:
        """Indices of the energies to look at: failed or with a flag, as a whole or in one of their particles."""
        wrong = {i for i, row in enumerate(self.quality.itertuples()) if row.flag or row.status == "failed"}
        if self.particle_quality is not None:
            table = self.particle_quality
            rows = (table["flag"] != "") | (table["status"] == "failed")
            wrong |= {int(i) for i in table.groupby("particle").cumcount()[rows]}
        return sorted(wrong)

    def matrix_of(self, index: int, particle: int | None = None) -> Matrix:
        """Give the matrix (4, 4) of an energy, of the whole or of one particle: fixed -> moving, voxels (z, y, x, 1).

        Raises
        ------
        RegistrationError
            If there is no such energy or particle.
        """
        index = self._index(index)
        if particle is None:
            return self.matrices[index].copy()
        known = self.particle_matrices or {}
        if particle not in known:
            raise RegistrationError(
                f"There is no transform of particle {particle}; there are those of {sorted(known)}."
            )
        return known[particle][index].copy()

    def inverse(self, index: int, particle: int | None = None) -> Matrix:
        """Give the inverse of `matrix_of`: from a point at that energy to the fixed volume; NaN where it failed."""
        return invert(self.matrix_of(index, particle))

    def points(self, index: int, zyx: Any, particle: int | None = None) -> FloatArray:
        """Say where points of the fixed volume lie at an energy.

        Parameters
        ----------
        index : int
        zyx : (..., 3), voxels
            In the fixed volume, between voxels too.
        particle : int or None
            The particle they belong to: all of them take its matrix. None: they are placed as `apply` places them.

        Returns
        -------
        (..., 3) float64, voxels
            A deformation's displacement included, which is that at the nearest point of the fixed volume outside it; NaN
            where the transform failed.

        Raises
        ------
        RegistrationError
            If they are no points, or there is no such energy or particle.
        """
        index, points = self._index(index), as_numbers(zyx, "points", RegistrationError)
        if points.ndim == 0 or points.shape[-1] != 3:
            raise RegistrationError(f"Points have three coordinates (z, y, x); found an array of shape {points.shape}.")
        own = None if particle is None else self.matrix_of(index, particle)
        return Placement(self).points(index, points, own)

    def apply(self, stack: EnergyStack) -> EnergyStack:
        """Put every volume of a stack on the fixed grid, lazily, by one cubic-spline interpolation.

        Parameters
        ----------
        stack : EnergyStack
            Volumes of the energies that were registered.

        Returns
        -------
        EnergyStack
            By particle where there are any. NaN where the moving field does not reach, and where a registration failed.

        Raises
        ------
        RegistrationError
            If it is no stack, or has other energies or another grid than the registration.
        """
        self._check(stack)
        data = stack.data.map_blocks(
            _one_energy,
            placement=Placement(self),
            chunks=((1,) * len(stack), *((n,) for n in self.shape)),
            dtype=np.float32,
            meta=np.empty((0, 0, 0, 0), np.float32),
        )
        return EnergyStack(data, stack.energies, stack.voxel_size, stack.attenuation_unit, dict(stack.metadata))

    def whole(self) -> Registration:
        """Give the same registration without transforms of particles and without deformation: what is called 'global'."""
        return derived.whole(self)

    def rebased(self, index: int, labels: Any = None) -> Registration:
        """Give the same registration with another energy as the fixed one; see `derived.rebased`."""
        return derived.rebased(self, self._index(index), labels)

    def composed(self, after: Any) -> Registration:
        """Give the registration of volumes that lay elsewhere before; see `derived.composed`."""
        return derived.composed(self, after)

    def replaced(self, index: int, matrix: Any, **parts: Any) -> Registration:
        """Give the registration with the result of one energy taken from elsewhere; see `derived.replaced`."""
        return derived.replaced(self, self._index(index), matrix, **parts)

    def save(
        self, path: str | Path, labels_file: str | Path | None = None, deformation_group: str | Path | None = None
    ) -> None:
        """Write ``registration.json``, and what it refers to beside it; whole or not there. See `files.save`."""
        save(self, path, labels_file, deformation_group)

    def to_itk(self, folder: str | Path) -> list[Path]:
        """Write ITK transform files that SimpleITK, 3D Slicer and elastix open.

        Parameters
        ----------
        folder : path
            Made if it is not there. ``6545.00eV.tfm`` is the transform of the whole at that energy, or ``energy_003.tfm``
            where the energy is unknown; ``6545.00eV_particle_1.tfm`` that of a particle; ``README.txt`` says what they map.

        Returns
        -------
        list of Path
            The transforms that were written; there is none where the registration failed.

        Raises
        ------
        RegistrationError
            If they cannot be written.

        Notes
        -----
        They map a point of the fixed volume to the moving one, in the order (x, y, z), in nm (in voxels when the voxel size
        is unknown). A deformation is a composite with a B-spline, in the particles' files where there are particles.
        """
        return write_itk(self, folder)

    def _index(self, index: int) -> int:
        known = isinstance(index, int | np.integer) and -len(self.matrices) <= index < len(self.matrices)
        if not known:
            raise RegistrationError(f"There is no energy {index}: there are {len(self.matrices)}, numbered from 0.")
        return int(index) % len(self.matrices)

    def _check_parts(self) -> None:
        count = len(self.energies)
        every = {"The transforms of the whole": self.matrices}
        every |= {f"Those of particle {number}": found for number, found in (self.particle_matrices or {}).items()}
        for what, matrices in every.items():
            if np.shape(matrices) != (count, 4, 4):
                raise RegistrationError(
                    f"{what} have shape {np.shape(matrices)}: {count} energies need ({count}, 4, 4)."
                )
        if not 0 <= self.fixed_index < count:
            raise RegistrationError(f"There is no energy {self.fixed_index} to be the fixed one: there are {count}.")
        if len(self.quality) != count:
            raise RegistrationError(f"The quality table has {len(self.quality)} rows for {count} energies.")
        if self.particle_quality is not None and (self.particle_quality.groupby("particle").size() != count).any():
            raise RegistrationError(
                f"The quality table of particles needs {count} rows, one an energy, of each particle."
            )
        if self.particle_matrices and self.labels is None:
            raise RegistrationError("Transforms of particles need the labels of the fixed volume.")
        if self.labels is not None and np.shape(self.labels) != tuple(self.shape):
            raise RegistrationError(
                f"Labels of shape {np.shape(self.labels)} do not fit a volume of {tuple(self.shape)}."
            )
        bent = self.deformation
        if bent is not None and (len(bent.coefficients) != count or tuple(bent.shape) != tuple(self.shape)):
            raise RegistrationError("The deformation is of another number of energies or another grid.")

    def _check(self, stack: EnergyStack) -> None:
        """Raise `RegistrationError` where a stack is not the one that was registered."""
        if not isinstance(stack, EnergyStack):
            raise RegistrationError(
                f"A registration is applied to an EnergyStack, not to {type(stack).__name__}: make one with "
                "EnergyStack.from_arrays(volumes, energies)."
            )
        if len(stack) != len(self.matrices):
            raise RegistrationError(f"The stack has {len(stack)} energies and the registration {len(self.matrices)}.")
        apart = np.abs(stack.energies - self.energies)
        if np.any(apart > 0.01):
            worst = int(np.nanargmax(apart))
            raise RegistrationError(
                f"The stack's energy {stack.energies[worst]:g} eV is {self.energies[worst]:g} eV in the registration: "
                "it is another scan's."
            )
        if tuple(stack.shape) != tuple(self.shape):
            raise RegistrationError(
                f"The stack's volumes have shape {tuple(stack.shape)} and those that were registered {tuple(self.shape)}: "
                "crop and bin them alike, or register this stack."
            )
        theirs, mine = stack.voxel_size, self.voxel_size
        if theirs is not None and mine is not None and not np.allclose(theirs, mine, rtol=0.01):
            raise RegistrationError(
                f"The stack's voxels are {theirs.tolist()} nm and those that were registered {mine.tolist()} nm: "
                "it is on another grid."
            )


def _one_energy(
    block: npt.NDArray[np.float32], placement: Placement, block_id: tuple[int, ...] = (0,)
) -> npt.NDArray[np.float32]:
    return placement.move(block[0], block_id[0])[None]
