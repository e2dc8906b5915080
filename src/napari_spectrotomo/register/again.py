"""One energy registered again by itself: with other settings, or from a start that was nudged by hand."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import RegistrationError
from ..parameters import checked
from .energy import UNKNOWN
from .pair import failure
from .parameters import RegisterParameters
from .registration import Registration
from .scores import energies_table, particles_table
from .steps import Series


def register_again(
    registration: Registration,
    masks: Any,
    index: int,
    *,
    start: Any = None,
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
    stack : EnergyStack or array, or None
        The grey volumes, to refine on.
    abort : Event or None
    **parameters
        Of `RegisterParameters`; `fixed` and the particles are the registration's own.

    Returns
    -------
    Registration
        The same, but for this energy.

    Raises
    ------
    RegistrationError
        If there is no such energy, it is the fixed one, or masks do not fit.
    ParameterError, Aborted
    """
    from .energy import EnergyRegistration

    chosen = checked(
        RegisterParameters,
        {"transform": registration.transform, **parameters, "fixed": registration.fixed_index},
        where="register",
    )
    series = Series(
        masks, chosen, registration.energies, registration.voxel_size, registration.labels, stack, None, abort
    )
    if not -len(series) <= index < len(series) or index % len(series) == series.fixed_index:
        raise RegistrationError(f"Energy {index} cannot be registered again: it is the fixed one, or there is none.")
    index %= len(series)
    near = None
    if start is not None:
        whole = failure("", UNKNOWN, 3)
        matrix = np.asarray(start, np.float64)
        if matrix.shape != (4, 4) or not np.isfinite(matrix).all():
            raise RegistrationError("A start is a matrix of 4 x 4 numbers, from the fixed volume to the moving one.")
        begin = replace(whole, matrix=matrix, status="converged")
        near = EnergyRegistration(begin, dict.fromkeys(series.reference.bodies, begin))
    found = series.one(index, near)
    table = energies_table(series, [found], [index])
    particles = particles_table(series, [found], sorted(series.reference.bodies), [index])
    return registration.replaced(
        index,
        found.whole.matrix,
        quality=table.iloc[0].to_dict(),
        particle_matrices={n: pair.matrix for n, pair in found.particles.items()} or None,
        particle_quality={int(row["particle"]): row.to_dict() for _, row in particles.iterrows()} or None,
    )
