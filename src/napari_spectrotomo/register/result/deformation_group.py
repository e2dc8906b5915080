"""A deformation on disk: a zarr group of B-spline coefficients that says what they mean."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np

from ...atomic import settle_all
from ...data import FloatArray
from ...errors import RegistrationError
from .tables import plain_numbers

if TYPE_CHECKING:
    from ..resampling.deformation import Deformation

_MOST_ENERGIES = 10_000
CONVENTION = (
    "A fixed voxel p = (z, y, x) lies at placement(p) + u(p) in the moving volume; u (z, y, x), in voxels, is the uniform cubic "
    "B-spline of `coefficients` (energy, component, z, y, x), whose control point c lies at fixed voxel (c - 1) * spacing."
)


def write_deformation(group_path: str | Path, deformation: Deformation, energies: FloatArray) -> None:
    """Write a deformation as a zarr group (v3), whole or not at all; one that is there is replaced.

    Parameters
    ----------
    group_path : path
        Of the group, in a project ``project.zarr/deformation``. Its array ``coefficients`` is (energy, component, z, y, x)
        float32, an energy a chunk; its attributes say what they mean.
    deformation : Deformation
    energies : (E,), eV

    Raises
    ------
    RegistrationError
        If it cannot be written.
    """
    try:
        with whole_folder(Path(group_path)) as temporary:
            fill_group(temporary, deformation, energies)
    except OSError as error:
        raise RegistrationError(f"The deformation cannot be written to {group_path} ({error}).") from error


def read_deformation(group_path: str | Path) -> Deformation:
    """Read what `write_deformation` wrote.

    Raises
    ------
    RegistrationError
        If there is no such group, or it holds no deformation.
    """
    import zarr
    from zarr.errors import BaseZarrError

    from ..resampling.deformation import Deformation, control_points

    try:
        group = zarr.open_group(str(group_path), mode="r")
        found = dict(group.attrs)
        z, y, x = (int(n) for n in found["shape"])
        spacing, coefficients = int(found["spacing"]), group["coefficients"]
        wanted = (3, *control_points((z, y, x), max(spacing, 1)))
        if coefficients.shape[0] > _MOST_ENERGIES or coefficients.shape[1:] != wanted:  # before they are read
            raise ValueError(f"its coefficients have the shape {coefficients.shape} and not {wanted} an energy")
        return Deformation(
            coefficients=np.asarray(coefficients[:], np.float32),
            spacing=spacing,
            shape=(z, y, x),
        )
    except (OSError, LookupError, TypeError, ValueError, AttributeError, ArithmeticError, BaseZarrError) as error:
        raise RegistrationError(f"The deformation {group_path} cannot be read ({error}).") from error


def fill_group(folder: Path, deformation: Deformation, energies: FloatArray) -> None:
    """Write a deformation as the zarr group `folder`, which is not whole before the end."""
    import zarr
    from zarr.codecs import Crc32cCodec, ZstdCodec

    coefficients = np.asarray(deformation.coefficients, np.float32)
    group = zarr.open_group(str(folder), mode="w", zarr_format=3)
    group.attrs.update(
        {
            "convention": CONVENTION,
            "order": 3,
            "spacing": int(deformation.spacing),
            "shape": [int(n) for n in deformation.shape],
            "energies_eV": plain_numbers(energies),
        }
    )
    array = group.create_array(
        "coefficients",
        shape=coefficients.shape,
        dtype=np.float32,
        chunks=(1, *coefficients.shape[1:]),
        compressors=(ZstdCodec(level=0), Crc32cCodec()),
        dimension_names=("energy", "component", "z", "y", "x"),
    )
    array[:] = coefficients


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Give a temporary name beside `path`; the folder made there takes the place of `path` when the block ends well."""
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent}")
    temporary, old = (path.with_name(f".{path.name}.{uuid4().hex[:8]}{end}") for end in ("", ".old"))
    try:
        yield temporary
        settle_all(temporary)
        if path.exists():
            path.rename(old)
        temporary.rename(path)
    finally:
        for left in (temporary, old):
            shutil.rmtree(left, ignore_errors=True)
