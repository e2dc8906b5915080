"""Registrations made of another: without its particles, with another fixed energy, of volumes as they were, or one energy anew."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ...arrays import as_labels, as_numbers
from ...errors import RegistrationError
from ..resampling.placement import absent_particles
from .exchange import compose, invert
from .tables import MEASURES, PARTICLE_QUALITY, QUALITY, completed

if TYPE_CHECKING:
    import pandas as pd

    from .registration import Registration

_MEASURED = (*MEASURES, "uncertainty", "trend", "grey_masks", "grey_refined")


def whole(registration: Registration) -> Registration:
    """Give the registration without transforms of particles and without deformation: what is called 'global'.

    Its quality as registered is that of the transform of the whole.
    """
    quality = registration.quality.copy()
    for name in MEASURES:
        if name.endswith("_registered"):
            quality[name] = quality[name.replace("_registered", "_global")]
    return replace(
        registration, quality=quality, particle_matrices=None, particle_quality=None, labels=None, deformation=None
    )


def rebased(registration: Registration, index: int, labels: Any = None) -> Registration:
    """Give the same registration with another energy as the fixed one: every matrix M becomes M M_new⁻¹.

    Parameters
    ----------
    registration : Registration
    index : int
        Of the new fixed energy.
    labels : (z, y, x) int, or None
        The particles of the volume at that energy under the numbers they have now; needed where particles have transforms of
        their own, since the labels that are there lie in the volume that was fixed.

    Returns
    -------
    Registration
        Its measures of quality are NaN: they were those of other pairs of volumes. Status and flags are kept.

    Raises
    ------
    RegistrationError
        If the registration failed at that energy, particles have transforms and no labels are given, or the volume is
        deformed: a deformation's inverse is none of the same kind. `whole()` has neither particles nor deformation.
    """
    if registration.deformation is not None and np.any(registration.deformation.coefficients):
        raise RegistrationError(
            "A deformation cannot be turned round exactly: register to the other energy, or take "
            f"registration.whole().rebased({index})."
        )
    particles = registration.particle_matrices
    if particles and labels is None:
        raise RegistrationError(
            "The particles' labels lie in the volume that was fixed: give labels=, those of the volume at the new fixed "
            f"energy with the same numbers, or take registration.whole().rebased({index})."
        )
    quality = registration.quality.copy()
    quality.loc[registration.fixed_index, "stop_reason"] = "This was the fixed energy."
    quality.loc[index, "stop_reason"] = "This is the fixed energy."
    table = registration.particle_quality
    return replace(
        registration,
        fixed_index=index,
        matrices=_turned(registration.matrices, index, "The registration"),
        quality=_unmeasured(quality),
        particle_matrices=particles and {k: _turned(m, index, f"That of particle {k}") for k, m in particles.items()},
        particle_quality=table if table is None else _unmeasured(table.copy()),
        labels=_fitting(labels, particles) if particles else None,
        deformation=None,
    )


def composed(registration: Registration, after: Any) -> Registration:
    """Give the registration of volumes that lay elsewhere before they were brought to where they were registered.

    Where volumes were shifted (aligned, cropped, centred) and then registered, this leads from a fixed point to the volumes
    as they were, so that they are interpolated once.

    Parameters
    ----------
    registration : Registration
    after : (4, 4) or (E, 4, 4)
        From a voxel of a volume that was registered to the same point of the volume as it was before; for the fixed energy
        too, whose own matrix becomes this one.

    Returns
    -------
    Registration
        A fixed point lies at ``after @ T(p)``; of a deformation too, and in particles. Quality is unchanged.

    Raises
    ------
    RegistrationError
        If they are no such matrices.
    """
    count = len(registration.matrices)
    last = as_numbers(after, "elements of a matrix", RegistrationError)
    if last.shape not in ((4, 4), (count, 4, 4)):
        raise RegistrationError(f"One matrix (4, 4) or one an energy ({count}, 4, 4) is needed; found {last.shape}.")
    last = np.broadcast_to(last, (count, 4, 4))
    particles, bent = registration.particle_matrices, registration.deformation
    if bent is not None:
        turned = np.einsum("eij,ejzyx->eizyx", np.nan_to_num(last[:, :3, :3]), bent.coefficients)
        bent = replace(bent, coefficients=turned.astype(np.float32))
    return replace(
        registration,
        matrices=compose(last, registration.matrices),
        particle_matrices=particles and {k: compose(last, m) for k, m in particles.items()},
        deformation=bent,
    )


def replaced(
    registration: Registration,
    index: int,
    matrix: Any,
    *,
    quality: Mapping[str, Any] | None = None,
    particle_matrices: Mapping[int, Any] | None = None,
    particle_quality: Mapping[int, Mapping[str, Any]] | None = None,
    coefficients: Any = None,
) -> Registration:
    """Give the registration with the result of one energy taken from elsewhere; the others are untouched.

    Parameters
    ----------
    registration : Registration
    index : int
        Of the energy; not the fixed one.
    matrix : (4, 4)
        Of the whole; NaN when it failed.
    quality : mapping of column name to value
        Of that energy; what is not given is unknown.
    particle_matrices : mapping of particle number to (4, 4)
        Particles that are not named keep their matrix.
    particle_quality : mapping of particle number to a mapping of column name to value
        Of the particles whose matrix is given; what is not given is unknown.
    coefficients : (3, cz, cy, cx) or None
        The deformation at that energy; None for none.

    Raises
    ------
    RegistrationError
        If it is the fixed energy, or there are no such particles, columns or deformation.
    """
    if index == registration.fixed_index:
        raise RegistrationError("The fixed energy stays where it is: replace another one, or rebase the registration.")
    own, rows = dict(particle_matrices or {}), dict(particle_quality or {})
    known = dict(registration.particle_matrices or {})
    missing = [number for number in (*own, *rows) if number not in known]
    if missing:
        raise RegistrationError(
            f"There are no transforms of particle {missing[0]}: there are those of {sorted(known)}."
        )
    table = registration.particle_quality
    for number in {*own, *rows}:
        if number in own:
            known[number] = _with(known[number], index, _matrix(own[number]))
        if table is not None:
            row = int(np.flatnonzero(table["particle"] == number)[index])
            table = _with_row(table, row, rows.get(number, {}), ("energy_eV", "particle"), PARTICLE_QUALITY)
    return replace(
        registration,
        matrices=_with(registration.matrices, index, _matrix(matrix)),
        quality=_with_row(registration.quality, index, quality or {}, ("energy_eV",), QUALITY),
        particle_matrices=known or None,
        particle_quality=table,
        deformation=_bent(registration, index, coefficients),
    )


def _bent(registration: Registration, index: int, coefficients: Any) -> Any:
    """Give the deformation with that of one energy anew."""
    bent = registration.deformation
    if bent is None:
        if coefficients is not None:
            raise RegistrationError("The registration holds no deformation: there is none to replace.")
        return None
    shape = bent.coefficients.shape[1:]
    new = np.zeros(shape) if coefficients is None else as_numbers(coefficients, "coefficients", RegistrationError)
    if new.shape != shape:
        raise RegistrationError(f"Coefficients of shape {new.shape} do not fit the deformation's {shape}.")
    return replace(bent, coefficients=_with(bent.coefficients, index, new))


def _turned(matrices: npt.NDArray[np.float64], index: int, what: str) -> npt.NDArray[np.float64]:
    """Give matrices from the volume of energy `index`, at which the matrix is the identity to the last bit."""
    if not np.isfinite(matrices[index]).all():
        raise RegistrationError(f"{what} failed at energy {index}: nothing leads from it to the others.")
    return _with(compose(matrices, invert(matrices[index])), index, np.eye(4))


def _unmeasured(table: pd.DataFrame) -> pd.DataFrame:
    table[[name for name in _MEASURED if name in table]] = np.nan
    return table


def _fitting(labels: Any, particles: Collection[int]) -> npt.NDArray[np.int32]:
    found = as_labels(labels).astype(np.int32)
    absent = absent_particles(found, particles)
    if absent:
        raise RegistrationError(
            f"Particle {absent[0]} is not in the labels: give those of the new fixed volume, alike numbered."
        )
    return found


def _with(values: npt.NDArray[Any], index: int, new: npt.NDArray[Any]) -> npt.NDArray[Any]:
    out = values.copy()
    out[index] = new
    return out


def _matrix(values: Any) -> npt.NDArray[np.float64]:
    found = as_numbers(values, "elements of a matrix", RegistrationError)
    if found.shape != (4, 4):
        raise RegistrationError(
            f"The transform of one energy is a matrix (4, 4); found an array of shape {found.shape}."
        )
    return found if np.isfinite(found).all() else np.full((4, 4), np.nan)


def _with_row(
    table: pd.DataFrame, row: int, values: Mapping[str, Any], kept: Collection[str], columns: Mapping[str, type]
) -> pd.DataFrame:
    """Give a table in which a row holds what is given, what is kept, and else nothing."""
    strange = sorted(set(values) - set(table.columns))
    if strange:
        raise RegistrationError(f"There is no quality column {strange[0]!r}: there are {', '.join(table.columns)}.")
    lists = {str(name): list(table[name]) for name in table}
    for name, column in lists.items():
        column[row] = values.get(name, column[row] if name in kept else None)
    return completed(lists, columns)
