"""Transforms in the forms that other programs take: ITK's files, napari's layer affine, and their inverse and product."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ...arrays import as_numbers
from ...atomic import whole_file, write_text
from ...errors import RegistrationError
from ..overlap import Matrix

if TYPE_CHECKING:
    from .registration import Registration

Coefficients = npt.NDArray[np.floating]


def invert(matrix: Any) -> Matrix:
    """Give the transform that leads back.

    Parameters
    ----------
    matrix : (..., n + 1, n + 1)
        One matrix or many; those that are not finite, of failed registrations, give NaN.

    Raises
    ------
    RegistrationError
        If they are no square matrices, or one squeezes the volume flat, so that nothing leads back.
    """
    known = _matrices(matrix)
    finite = _finite(known)
    out = np.full(known.shape, np.nan)
    try:
        out[finite] = np.linalg.inv(known[finite])
    except np.linalg.LinAlgError as error:
        raise RegistrationError("A matrix squeezes the volume flat: it has no inverse.") from error
    return out


def compose(last: Any, *before: Any) -> Matrix:
    """Give the one transform that does what several do one after the other; the rightmost is done first.

    Parameters
    ----------
    last, *before : (..., n + 1, n + 1)
        ``compose(b, a)`` puts a point p at ``b @ (a @ p)``. One matrix or many each, as NumPy broadcasts; where one is not
        finite the result is NaN.

    Raises
    ------
    RegistrationError
        If they are no square matrices, or do not fit together.
    """
    product = _matrices(last)
    for other in before:
        following = _matrices(other)
        try:
            product = product @ following
        except ValueError as error:
            raise RegistrationError(
                f"Matrices of shape {product.shape} and {following.shape} cannot be done one after the other."
            ) from error
    product[~_finite(product)] = np.nan
    return product


def napari_affine(matrix: Any, scale: Any) -> Matrix:
    """Give the affine of a napari layer that shows the moving volume where the fixed one is.

    A layer draws voxel m at ``affine @ S @ m``, S its scale, and m must be drawn where the fixed voxel ``M^-1 @ m`` is, at
    ``S @ M^-1 @ m``: the affine is S·M⁻¹·S⁻¹. It is right in 3-D; napari's 2-D view leaves out what leads out of the slice.

    Parameters
    ----------
    matrix : (4, 4)
        Fixed -> moving, in voxels (z, y, x, 1).
    scale : float or (3,)
        Of both layers, (z, y, x).

    Raises
    ------
    RegistrationError
        If the matrix cannot be inverted, or the scale is not positive.
    """
    size = _scaling(matrix, scale)
    return compose(size, invert(matrix), invert(size))


def from_napari_affine(affine: Any, scale: Any) -> Matrix:
    """Give the matrix, fixed -> moving in voxels, of a layer that a person has put in place; undoes `napari_affine`.

    Parameters
    ----------
    affine : (4, 4)
        ``layer.affine.affine_matrix`` of the moving layer; of a layer with more axes, its last four rows and columns.
    scale : float or (3,)
        Of both layers, (z, y, x).

    Raises
    ------
    RegistrationError
        If the affine cannot be inverted, or the scale is not positive.
    """
    size = _scaling(affine, scale)
    return compose(invert(size), invert(affine), size)


def write_itk(registration: Registration, folder: str | Path) -> list[Path]:
    """Write an ITK transform file (``.tfm``) an energy and particle; see `Registration.to_itk`."""
    folder = as_path(folder)
    written: list[Path] = []
    missing: list[str] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for entry in _entries(registration):
            path = folder / f"{entry.name}.tfm"
            if entry.usable:
                _write(path, entry, registration)
                written.append(path)
            else:
                path.unlink(missing_ok=True)  # of an earlier export, in which it had not failed
                missing.append(path.name)
        write_text(folder / "README.txt", _explanation(registration, missing))
    except (OSError, RuntimeError) as error:  # ITK raises RuntimeError where it cannot write
        raise RegistrationError(f"The transforms cannot be written to {folder} ({error}).") from error
    return written


@dataclass(frozen=True, slots=True)
class _Entry:
    """What one file holds."""

    name: str
    matrix: Matrix
    coefficients: Coefficients | None

    @property
    def usable(self) -> bool:
        """Whether the transform is known and leads back."""
        if self.coefficients is not None and not np.isfinite(self.coefficients).all():
            return False
        return bool(np.isfinite(self.matrix).all() and np.linalg.matrix_rank(self.matrix[:3, :3]) == 3)


def _entries(registration: Registration) -> Iterator[_Entry]:
    """Give the files of all energies; a deformation belongs to the particles where they have transforms of their own."""
    deformation, particles = registration.deformation, registration.particle_matrices or {}
    for index, name in enumerate(_names(registration.energies)):
        bent = None if deformation is None else np.asarray(deformation.coefficients[index], np.float64)
        if bent is not None and not bent.any():
            bent = None
        yield _Entry(name, registration.matrices[index], None if particles else bent)
        for number, matrices in sorted(particles.items()):
            yield _Entry(f"{name}_particle_{number}", matrices[index], bent)


def _names(energies: npt.NDArray[np.floating]) -> list[str]:
    """Name energies to the hundredth of an eV, and by their index where that is unknown or not enough."""
    names = [f"{energy:.2f}eV" for energy in energies]
    return [
        name if np.isfinite(energy) and names.count(name) == 1 else f"energy_{index:03d}"
        for index, (energy, name) in enumerate(zip(energies, names, strict=True))
    ]


def _write(path: Path, entry: _Entry, registration: Registration) -> None:
    import SimpleITK as sitk

    size = np.ones(3) if registration.voxel_size is None else np.asarray(registration.voxel_size, np.float64)
    linear, shift = entry.matrix[:3, :3], entry.matrix[:3, 3]
    transform: Any = sitk.AffineTransform(3)
    transform.SetMatrix((size[:, None] * linear / size)[::-1, ::-1].ravel().tolist())
    transform.SetTranslation((size * shift)[::-1].tolist())
    if entry.coefficients is not None and registration.deformation is not None:
        # A p + u(p) = A (p + A^-1 u(p)): ITK does the last of a composite first
        before = np.einsum("ij,jzyx->izyx", np.linalg.inv(linear), entry.coefficients)
        transform = sitk.CompositeTransform([transform, _bspline(before, registration.deformation.spacing, size)])
    with whole_file(path) as temporary:
        sitk.WriteTransform(transform, str(temporary))


def _bspline(coefficients: Coefficients, spacing: int, size: npt.NDArray[np.floating]) -> Any:
    """Give displacements (3, cz, cy, cx) in voxels as ITK's B-spline of order 3, in units of the voxel size.

    ITK counts intervals of its mesh, three fewer than control points, has its first control point one interval before the
    domain's origin, as ours is, and displaces nothing outside the domain, which covers the fixed volume.
    """
    import SimpleITK as sitk

    # an axis of one voxel has no interval, and ITK needs one; the fourth control point has no weight at that voxel
    thin = [(0, 0)] + [(0, max(0, 4 - count)) for count in coefficients.shape[1:]]
    padded = np.pad(coefficients, thin, mode="edge")
    mesh = np.array(padded.shape[1:]) - 3
    transform = sitk.BSplineTransform(3, 3)
    transform.SetTransformDomainOrigin([0.0, 0.0, 0.0])
    transform.SetTransformDomainDirection(np.eye(3).ravel().tolist())
    transform.SetTransformDomainPhysicalDimensions((mesh * spacing * size)[::-1].tolist())
    transform.SetTransformDomainMeshSize(mesh[::-1].tolist())
    transform.SetParameters((padded * size[:, None, None, None])[::-1].ravel().tolist())
    return transform


def _explanation(registration: Registration, missing: list[str]) -> str:
    """Say in words what the files of a folder hold."""
    size = registration.voxel_size
    if size is None:
        unit = "voxels (the voxel size is not known): open the volumes with a spacing of 1"
    else:
        zyx = ", ".join(f"{n:g}" for n in reversed([float(n) for n in size]))
        unit = f"nanometres: open the volumes with a spacing of ({zyx}) along (x, y, z)"
    fixed = _names(registration.energies)[registration.fixed_index]
    lines = [
        f"Transforms of a spectro-tomography registration ({registration.transform}) to the volume at {fixed}.",
        "",
        "Each file maps a point of the fixed volume to the same material point of the volume at the file's energy:",
        "the direction that ITK's resampler, 3D Slicer ('from parent') and elastix take to draw the moving volume on the",
        "fixed grid. <energy>.tfm is the transform of the whole volume; <energy>_particle_<number>.tfm that of one particle.",
        f"Coordinates are (x, y, z) in {unit},",
        "an origin of 0 at the centre of the first voxel and identity directions (ITK's LPS axes). x is the volume's last",
        "axis, z its first.",
    ]
    if registration.deformation is not None:
        lines += [
            "A volume that bends has a CompositeTransform: a BSplineTransform of order 3, done first, and an AffineTransform.",
            "It holds within the fixed volume; beyond the B-spline's grid ITK displaces nothing. SimpleITK, Slicer and itk-elastix",
            '(SetTransform of its TransformixFilter) open it; a parameter file\'s (Transform "File") opens affine ones only.',
        ]
        if registration.particle_matrices:
            lines.append("The bending is in the particles' files; <energy>.tfm is the affine transform alone.")
    said = [f"Failed, and therefore not here: {', '.join(missing)}."] if missing else []
    return "\n".join([*lines, *said]) + "\n"


def as_path(path: object) -> Path:
    """Take a path as it was given, or raise `RegistrationError` with a sentence."""
    if not isinstance(path, str | Path):
        raise RegistrationError(f"A file or folder is named by its path; found {path!r}.")
    return Path(path).expanduser()


def _matrices(values: Any) -> Matrix:
    """Take one square matrix or many as a float64 array of its own."""
    array = np.array(as_numbers(values, "elements of a matrix", RegistrationError))
    if array.ndim < 2 or array.shape[-1] != array.shape[-2]:
        raise RegistrationError(f"A transform is a square matrix; found an array of shape {array.shape}.")
    return array


def _finite(matrices: Matrix) -> npt.NDArray[np.bool_]:
    return np.asarray(np.isfinite(matrices).all(axis=(-2, -1)))


def _scaling(matrix: Any, scale: Any) -> Matrix:
    """Give a layer's scale as a matrix of the size of `matrix`."""
    axes = _matrices(matrix).shape[-1] - 1
    size = as_numbers(scale, "scales", RegistrationError)
    if size.shape not in ((), (axes,)) or not np.all(np.isfinite(size) & (size > 0)):
        raise RegistrationError(f"A layer's scale is one positive number or {axes} of them; found {size.tolist()}.")
    return np.diag(np.append(np.broadcast_to(size, (axes,)), 1.0))
