"""Registering a series of masks: every energy to the fixed one, each from its neighbour's result, then the series as a whole."""

from __future__ import annotations

import threading
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import RegistrationError
from ...parameters import checked
from ...progress import Progress, ProgressCallback
from ..parameters import RegisterParameters
from ..result.registration import Registration

if TYPE_CHECKING:
    from .found import EnergyRegistration
    from .settling import Said
    from .steps import Results, Series

_D = RegisterParameters()


def register(
    masks: Any,
    fixed: int = _D.fixed,
    transform: str = _D.transform,
    engine: str = _D.engine,
    particles: Any = None,
    stack: Any = None,
    refine: str = _D.refine,
    smooth: str | None = _D.smooth,
    reference: str = _D.reference,
    *,
    energies: Any = None,
    voxel_size: Any = None,
    times: Any = None,
    progress: ProgressCallback | None = None,
    abort: threading.Event | None = None,
    **parameters: Any,
) -> Registration:
    """Register the masks of all energies to that of one.

    Parameters
    ----------
    masks : (E, z, y, x) masks, NumPy, dask or zarr
        As `binarize` gives them; one energy is in memory at a time beside the fixed one.
    fixed : int
        Index of the energy that stays; -1 is the highest.
    transform : 'translation', 'rigid', 'similarity', 'affine' or 'deformable'
        'deformable' is a smooth field on top of the affine transforms.
    engine : 'auto', 'gauss-newton' or 'simpleitk'
        'simpleitk' is the published method: masks, everything together.
    particles : (z, y, x) labels of the fixed volume, or None
        Each particle gets a transform of its own, found from its own surface alone.
    stack : EnergyStack or (E, z, y, x) array, or None
        The grey volumes the masks were made from: transforms are refined on them.
    refine : 'auto', 'grey' or 'none'
        'auto' refines where `stack` is given.
    smooth : None or 'trend'
        Whether transforms are made to vary smoothly in the order of acquisition.
    reference : 'fixed' or 'chain'
        What an energy is compared with: the fixed energy, or its neighbour towards it, as registered.
    energies : (E,), eV, or None when unknown
    voxel_size : float or (3,), nm, (z, y, x), or None when unknown
        What 'rigid' and 'similarity' mean where voxels are no cubes.
    times : (E,), or None
        When each energy was taken (``scan.time``); by default in their order.
    progress : callable or None
        Called after every energy.
    abort : Event or None
        Stops within one iteration of the solver.
    **parameters
        The others of `RegisterParameters`.

    Returns
    -------
    Registration
        An energy that cannot be registered has status 'failed', a matrix of NaN and the reason as its flag; one that leaves the
        trend of the series is tried from other starts, and its flag says what came of it.

    Raises
    ------
    ParameterError
        If a parameter has a value it cannot have.
    RegistrationError
        If there is only one energy, the array is not 4-D or holds no masks, what belongs to it is of another shape or no
        numbers, there is no energy `fixed`, or the engine cannot do what is asked.
    Aborted
        If `abort` was set.
    """
    chosen = checked(
        RegisterParameters,
        {
            "fixed": fixed,
            "transform": transform,
            "engine": engine,
            "refine": refine,
            "smooth": smooth,
            "reference": reference,
            **parameters,
        },
        where="register",
    )
    from .steps import Series

    series = Series(masks, chosen, energies, voxel_size, particles, stack, times, abort)
    return finish(series, first_pass(series, progress), progress)


def first_pass(series: Series, progress: ProgressCallback | None = None) -> dict[int, EnergyRegistration]:
    """Register energy after energy; see `Series.steps`."""
    results: dict[int, EnergyRegistration] = {}
    for index, found in series.steps():
        results[index] = found
        if progress is not None:
            words = found.whole.reason or f"MSE {found.measures['mse_registered']:.3g}"
            progress(Progress("register", len(results), len(series), words, series.energy(index)))
    return results


def finish(series: Series, results: Results, progress: ProgressCallback | None = None) -> Registration:
    """Do all of `finishing` at once; `progress` is called with what it yields."""
    steps = finishing(series, results)
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            return end.value
        if progress is not None:
            progress(step)


def finishing(series: Series, results: Results, total: int | None = None) -> Generator[Progress, None, Registration]:
    """Judge a series whose energies are all registered by its trend, bend it where that is asked, and put it together.

    Parameters
    ----------
    series : Series
    results : mapping of index to EnergyRegistration
        Of all energies.
    total : int or None
        Steps of the whole that these are part of, as progress tells; by default one an energy.

    Yields
    ------
    Progress
        For every energy that is tried again, and for every one that is bent.

    Raises
    ------
    RegistrationError
        If an energy is missing.
    Aborted
    """
    from .bend import bend
    from .settling import settle

    count = len(series)
    missing = [index for index in range(count) if index not in results]
    if missing:
        raise RegistrationError(f"Energies that are not registered yet: {missing}.")

    def told(steps: Generator[Said, None, dict[int, EnergyRegistration]]) -> Generator[Progress, None, Results]:
        while True:
            try:
                index, words = next(steps)
            except StopIteration as end:
                return end.value
            yield Progress("register", count, total or count, words, series.energy(index))

    settled = yield from told(settle(series, results))
    if series.parameters.transform == "deformable":
        settled = yield from told(bend(series, settled))
    return assemble(series, settled)


def assemble(series: Series, results: Results) -> Registration:
    """Put the results of all energies together, as they are."""
    from ..resampling.deformation import Deformation
    from .scores import energies_table, particles_table

    every = [results[index] for index in range(len(series))]
    numbers = sorted(series.reference.bodies)
    bent = [one.coefficients for one in every]
    deformation = None
    if any(part is not None for part in bent):
        zero = np.zeros_like(next(part for part in bent if part is not None))
        coefficients = np.stack([zero if part is None else part for part in bent])
        deformation = Deformation(coefficients, series.parameters.deformation_spacing, series.shape)
    return Registration(
        energies=series.energies,
        fixed_index=series.fixed_index,
        transform=series.parameters.transform,
        shape=series.shape,
        voxel_size=series.voxel_size,
        matrices=np.stack([one.whole.matrix for one in every]),
        particle_matrices={n: np.stack([one.matrix(n) for one in every]) for n in numbers} or None,
        quality=energies_table(series, every),
        particle_quality=particles_table(series, every, numbers) if numbers else None,
        labels=series.reference.labels if numbers else None,
        deformation=deformation,
    )
