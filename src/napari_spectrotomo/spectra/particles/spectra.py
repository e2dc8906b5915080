"""Mean spectra of every particle, before and after registration."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from ...arrays import as_array, as_energies, as_labels
from ...data import EnergyStack, FloatArray
from ...errors import DataError
from ..edge.edge_search import edge_search
from ..normalize.e0 import edge_of
from ..parameters import SpectraParameters
from .boxes import numbers_of


def particle_spectra(
    energies: npt.ArrayLike,
    raw: EnergyStack | npt.ArrayLike,
    registered: EnergyStack | npt.ArrayLike,
    labels: npt.ArrayLike,
    parameters: SpectraParameters | None = None,
) -> Any:
    """Mean normalised (flattened) spectrum of every particle, before and after registration.

    Parameters
    ----------
    energies : (E,), eV, ascending
    raw, registered : EnergyStack or (E, z, y, x) array
        Read one energy at a time; NaN left out.
    labels : (z, y, x) int
        0 is background.
    parameters : SpectraParameters
        Windows, as for the edge map, about the e0 of the mean of all registered particles.

    Returns
    -------
    pandas.DataFrame
        A row an energy: ``energy_eV, particle_1_raw, particle_1_registered, …``; NaN where a spectrum cannot be normalised.

    Raises
    ------
    DataError
        If shapes do not fit or there is no particle.
    """
    p = parameters or SpectraParameters()
    energy, label = as_energies(energies), as_labels(labels)
    present, means, overall = _means(energy, raw, registered, label)
    lines = edge_search(energy, edge_of(energy, overall, p)[0], p).lines

    def normal(mean: FloatArray) -> FloatArray:
        step = float(lines.step @ mean)
        return np.asarray(lines.flattened @ mean / (step if step > 0 else np.nan))

    return _table(energy, present, means, normal)


def particle_means(
    energies: npt.ArrayLike,
    raw: EnergyStack | npt.ArrayLike,
    registered: EnergyStack | npt.ArrayLike,
    labels: npt.ArrayLike,
) -> Any:
    """Mean value in every particle, before and after registration, as it is: where there are too few energies for an edge.

    Parameters
    ----------
    energies : (E,), eV, ascending
    raw, registered : EnergyStack or (E, z, y, x) array
        Read one energy at a time; NaN left out.
    labels : (z, y, x) int
        0 is background.

    Returns
    -------
    pandas.DataFrame
        A row an energy: ``energy_eV, particle_1_raw, particle_1_registered, …``, in the stack's unit.

    Raises
    ------
    DataError
        If shapes do not fit, there is no particle, or an energy has no value.
    """
    energy = as_energies(energies)
    present, means, _ = _means(energy, raw, registered, as_labels(labels))
    return _table(energy, present, means, lambda mean: mean)


def _table(
    energy: FloatArray, present: list[int], means: dict[str, FloatArray], of: Callable[[FloatArray], FloatArray]
) -> Any:
    import pandas as pd

    columns: dict[str, FloatArray] = {"energy_eV": energy}
    for i, k in enumerate(present):
        columns |= {f"particle_{k}_{name}": of(mean[:, i]) for name, mean in means.items()}
    return pd.DataFrame(columns)


def _means(
    energy: FloatArray,
    raw: EnergyStack | npt.ArrayLike,
    registered: EnergyStack | npt.ArrayLike,
    label: npt.NDArray[Any],
) -> tuple[list[int], dict[str, FloatArray], FloatArray]:
    """Give the particles there are, the means (E, P) in each, raw and registered, and the mean (E,) of all registered ones."""
    present = numbers_of(label)
    if not present:
        raise DataError("There is no particle: the labels are 0 everywhere.")
    sums = {
        name: _sums(name, stack, label, present, len(energy))
        for name, stack in (("raw", raw), ("registered", registered))
    }
    means: dict[str, FloatArray]
    with np.errstate(invalid="ignore", divide="ignore"):
        means = {name: total / count for name, (total, count) in sums.items()}
        total, count = sums["registered"]
        overall = total.sum(axis=1) / count.sum(axis=1)
    if not np.isfinite(overall).all():
        at = float(energy[~np.isfinite(overall)][0])
        raise DataError(
            f"At {at:g} eV no particle has a value after registration: leave that energy out, or register it again."
        )
    return present, means, overall


def _sums(
    name: str, stack: EnergyStack | npt.ArrayLike, labels: npt.NDArray[Any], present: list[int], n: int
) -> tuple[FloatArray, FloatArray]:
    """Sum and count (E, P) of the finite values in each label."""
    data: Any = stack.data if isinstance(stack, EnergyStack) else as_array(stack, "volumes")
    if tuple(data.shape) != (n, *labels.shape):
        raise DataError(
            f"The {name} stack has shape {tuple(data.shape)}; {n} energies and labels of shape {labels.shape} were given."
        )
    where = np.flatnonzero(labels)
    which = np.searchsorted(present, labels.ravel()[where])
    total, count = np.zeros((n, len(present))), np.zeros((n, len(present)))
    for e in range(n):
        values = np.asarray(data[e]).ravel()[where]
        known = np.isfinite(values)
        total[e] = np.bincount(which[known], values[known], len(present))
        count[e] = np.bincount(which[known], minlength=len(present))
    return total, count
