"""One energy registered again by itself: with other settings, from a start that was nudged by hand, or just as it was nudged."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import numpy as np

from ...errors import RegistrationError
from ...parameters import checked
from ..pair import PairRegistration, failure
from ..parameters import RegisterParameters
from ..result.registration import Registration
from .found import UNKNOWN, EnergyRegistration
from .scores import energies_table, particles_table
from .steps import Series

BY_HAND = "It was placed by hand."


def register_again(
    registration: Registration,
    masks: Any,
    index: int,
    *,
    start: Any = None,
    keep: bool = False,
    stack: Any = None,
    abort: threading.Event | None = None,
    **parameters: Any,
) -> Registration:
    """Register one energy again by itself, with other settings or from another start, and leave the others as they are.

    Parameters
    ----------
    registration : Registration
    masks : (E, z, y, x) masks
        Those that were registered.
    index : int
        Of the energy.
    start : (4, 4), or None
        Where to begin, fixed -> moving, such as a nudge by hand (`from_napari_affine`); None looks everywhere.
    keep : bool
        Whether `start` is the result itself, of the whole and of every particle; it is only measured, and flagged.
    stack : EnergyStack or array, or None
        The grey volumes, to refine on.
    abort : Event or None
    **parameters
        Of `RegisterParameters`; `fixed` and the particles are the registration's own.

    Returns
    -------
    Registration
        The same, but for this energy. Where particles are registered together with the whole, by the published method or
        with ``by_particle=False``, each takes the transform of the whole.

    Raises
    ------
    RegistrationError
        If there is no such energy, it is the fixed one, or masks do not fit.
    ParameterError, Aborted
    """
    chosen = checked(
        RegisterParameters,
        {"transform": registration.transform, **parameters, "fixed": registration.fixed_index},
        where="register",
    )
    published = chosen.engine == "simpleitk"
    if published:
        chosen = replace(chosen, by_particle=False)
    if published or keep:
        chosen, stack = replace(chosen, refine="none"), None
    bent = registration.deformation
    if bent is not None:
        chosen = replace(chosen, deformation_spacing=bent.spacing)
    elif chosen.transform == "deformable" and not keep:
        raise RegistrationError(
            "The other energies are not deformed, and a series holds deformations of all or of none: register all with "
            "transform 'deformable', or this one with 'affine'."
        )
    begin = None if start is None else _begin(start)
    if keep and begin is None:
        raise RegistrationError("To keep a transform as it is, give it as start=.")
    energies, size = registration.energies, registration.voxel_size
    labels = None if published else registration.labels
    series = Series(masks, chosen, energies, size, labels, stack, None, abort)
    if not -len(series) <= index < len(series) or index % len(series) == series.fixed_index:
        raise RegistrationError(f"Energy {index} cannot be registered again: it is the fixed one, or there is none.")
    index %= len(series)
    if keep and begin is not None:
        found = series.measured(EnergyRegistration(begin, flag=BY_HAND), series.mask(index))
    else:
        near = None if begin is None else EnergyRegistration(begin, dict.fromkeys(series.reference.bodies, begin))
        found = series.one(index, near)
        if bent is not None and chosen.transform == "deformable":
            from .bend import bend_one

            found, _ = bend_one(series, found, index)
    if registration.labels is not None and not found.particles:
        by_particle = RegisterParameters(fixed=chosen.fixed, deformation_spacing=chosen.deformation_spacing)
        series = Series(masks, by_particle, energies, size, registration.labels, abort=abort)
        together = replace(found, particles=dict.fromkeys(series.reference.bodies, found.whole))
        found = series.measured(together, series.mask(index))
    table = energies_table(series, [found], [index])
    particles = particles_table(series, [found], sorted(found.particles), [index])
    return registration.replaced(
        index,
        found.whole.matrix,
        quality=table.iloc[0].to_dict(),
        particle_matrices={n: pair.matrix for n, pair in found.particles.items()} or None,
        particle_quality={int(row["particle"]): row.to_dict() for _, row in particles.iterrows()} or None,
        coefficients=found.coefficients,
    )


def _begin(start: Any) -> PairRegistration:
    """Take a matrix as the result of a registration."""
    try:
        matrix = np.asarray(start, np.float64)
    except (TypeError, ValueError):
        matrix = np.empty(0)
    if matrix.shape != (4, 4) or not np.isfinite(matrix).all():
        raise RegistrationError("A start is a matrix of 4 x 4 numbers, from the fixed volume to the moving one.")
    return replace(failure("", UNKNOWN, 3), matrix=matrix, status="converged", stop_reason=BY_HAND)
