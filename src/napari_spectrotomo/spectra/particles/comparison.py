"""Whether two particles differ in their mean edge energy, and by how much, given that neighbouring voxels are alike."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ...data import FloatArray
from ...errors import DataError, ParameterError
from ...progress import raise_if_aborted
from .boxes import energies_of, fitting_labels, particle_box, particle_boxes
from .correlation import FEWEST, SpatialCorrelation, correlation_inside

if TYPE_CHECKING:
    from ..edge.edge_map import EdgeMap

FEWEST_INDEPENDENT = 2.0
"""With fewer independent voxels there is no spread to judge a mean by."""
_LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Comparison:
    """The mean edge energies of two particles, side by side.

    Attributes
    ----------
    first, second : int
        Labels.
    mean_eV : (first, second)
    difference_eV : float
        Mean of the second less that of the first.
    standard_error_eV : float
        Of the difference; NaN where the particles are too small or vary too slowly to tell.
    effect_size : float
        Hedges' g: the difference over the pooled standard deviation of voxels, corrected for the number of independent ones.
    p_value : float
        Of Welch's test with the numbers of independent voxels: how often so large a difference, either way, would come about
        between particles of equal mean. NaN where it cannot be told.
    voxels : (first, second)
        With an edge energy.
    effective : (first, second)
        Independent voxels that they amount to.
    correlation_length : (first, second)
        NaN where voxels do not depend on each other.
    length_unit : 'nm' or 'voxel'
    """

    first: int
    second: int
    mean_eV: tuple[float, float]
    difference_eV: float
    standard_error_eV: float
    effect_size: float
    p_value: float
    voxels: tuple[int, int]
    effective: tuple[float, float]
    correlation_length: tuple[float, float]
    length_unit: str

    @property
    def sentence(self) -> str:
        """What was found, in words."""
        higher, lower = (self.second, self.first) if self.difference_eV >= 0 else (self.first, self.second)
        by = f"{abs(self.difference_eV):.2f}"
        if not np.isfinite(self.p_value):
            return (
                f"Whether particles {self.first} and {self.second} differ cannot be told: the mean of particle {higher} is {by} eV "
                f"higher than that of particle {lower}, but they hold too few independent voxels to judge it by."
            )
        numbers = (
            f"({by} ± {self.standard_error_eV:.2f} eV; Welch's test with {self.effective[0]:.0f} and {self.effective[1]:.0f} "
            f"independent voxels, p = {self.p_value:.2g}; Hedges' g = {abs(self.effect_size):.2g})"
        ).replace("p = 0;", "p < 1e-300;")
        if self.p_value < _LEVEL:
            return f"The mean edge energy of particle {higher} is higher than that of particle {lower} {numbers}."
        return (
            f"The mean edge energies of particles {self.first} and {self.second} do not differ significantly {numbers}."
        )


def compare_particles(emap: EdgeMap, labels: npt.ArrayLike, first: int, second: int) -> Comparison:
    """Compare the mean edge energies of two particles.

    Neighbouring voxels are alike, because chemistry, resolution and registration join them; a test that takes every voxel for
    independent finds almost any two particles different. Here the standard error of each mean is by its number of independent
    voxels (`spatial_correlation`). Errors that all voxels of a particle share, such as one of registration, are not in it.

    Parameters
    ----------
    emap : EdgeMap
    labels : (z, y, x) int
    first, second : int
        Labels of the two particles.

    Raises
    ------
    DataError
        If the labels do not fit the map, there is no such particle, it has no edge energy, or both are the same.
    """
    energy = energies_of(emap, "compare_particles")
    label = fitting_labels(labels, energy)
    if first == second:
        raise DataError(f"Particle {first} cannot be compared with itself: give two labels.")
    found = []
    for k in (first, second):
        box = particle_box(label, k)
        correlation = _correlation(energy[box], label[box] == k, emap.voxel_size)
        if correlation is None:
            raise DataError(f"Particle {k} has no edge energy in any voxel: there is nothing to compare.")
        found.append(correlation)
    return _compared(first, second, *found)


def compare_all(emap: EdgeMap, labels: npt.ArrayLike, *, largest: int = 6, abort: threading.Event | None = None) -> Any:
    """Compare the largest particles in pairs.

    Parameters
    ----------
    emap : EdgeMap
    labels : (z, y, x) int
    largest : int
        So many of the particles with most edge energies; the number of pairs goes with its square.
    abort
        Stops the work between particles.

    Returns
    -------
    pandas.DataFrame
        A row a pair: ``first, second, mean_first_eV, mean_second_eV, difference_eV, standard_error_eV, effect_size, p_value,
        p_adjusted`` (Holm 1979: for all pairs together), ``voxels_first, voxels_second, effective_first, effective_second``,
        ``correlation_length_first, correlation_length_second`` and ``length_unit``, and ``sentence``. No rows where fewer than two
        particles have edge energies.

    Raises
    ------
    DataError
        If the labels do not fit the map.
    ParameterError
        If `largest` is below 2.
    """
    import pandas as pd

    if largest < 2:
        raise ParameterError(f"largest cannot be {largest}: a comparison takes two particles or more.")
    energy = energies_of(emap, "compare_all")
    label = fitting_labels(labels, energy)
    boxes = particle_boxes(label)
    counts = {k: int((np.isfinite(energy[box]) & (label[box] == k)).sum()) for k, box in boxes.items()}
    chosen = sorted(sorted(boxes, key=lambda k: -counts[k])[:largest])
    known = {}
    for k in chosen:
        raise_if_aborted(abort)
        known[k] = _correlation(energy[boxes[k]], label[boxes[k]] == k, emap.voxel_size)
    pairs = [
        _compared(a, b, x, y) for (a, x), (b, y) in combinations(known.items(), 2) if x is not None and y is not None
    ]
    adjusted = _holm(np.array([c.p_value for c in pairs]))
    return pd.DataFrame([_row(c, p) for c, p in zip(pairs, adjusted, strict=True)], columns=_COLUMNS)


_COLUMNS = [
    "first",
    "second",
    "mean_first_eV",
    "mean_second_eV",
    "difference_eV",
    "standard_error_eV",
    "effect_size",
    "p_value",
    "p_adjusted",
    "voxels_first",
    "voxels_second",
    "effective_first",
    "effective_second",
    "correlation_length_first",
    "correlation_length_second",
    "length_unit",
    "sentence",
]


def _row(c: Comparison, adjusted: float) -> tuple[Any, ...]:
    told = (c.difference_eV, c.standard_error_eV, c.effect_size, c.p_value, adjusted)
    return (
        *(c.first, c.second, *c.mean_eV, *told),
        *(*c.voxels, *c.effective, *c.correlation_length, c.length_unit, c.sentence),
    )


def _correlation(
    energy: npt.NDArray[np.float32], inside: npt.NDArray[np.bool_], size: FloatArray | None
) -> SpatialCorrelation | None:
    known = inside & np.isfinite(energy)
    return correlation_inside(energy, known, size) if known.any() else None


def _compared(first: int, second: int, a: SpatialCorrelation, b: SpatialCorrelation) -> Comparison:
    difference = b.mean - a.mean
    error, p, g = float("nan"), float("nan"), float("nan")
    if min(a.voxels, b.voxels) >= FEWEST and min(a.effective, b.effective) >= FEWEST_INDEPENDENT:
        error, p, g = _welch(difference, a, b)
    return Comparison(
        first=first,
        second=second,
        mean_eV=(a.mean, b.mean),
        difference_eV=difference,
        standard_error_eV=error,
        effect_size=g,
        p_value=p,
        voxels=(a.voxels, b.voxels),
        effective=(a.effective, b.effective),
        correlation_length=(a.length, b.length),
        length_unit=a.unit,
    )


def _welch(difference: float, a: SpatialCorrelation, b: SpatialCorrelation) -> tuple[float, float, float]:
    """Standard error, p-value (Welch 1947, Satterthwaite's degrees of freedom), and Hedges' (1981) g."""
    from scipy.stats import t

    of_mean = np.array([a.standard_error**2, b.standard_error**2])
    free = np.array([a.effective, b.effective]) - 1
    error = float(np.sqrt(of_mean.sum()))
    p = 2 * float(t.sf(abs(difference) / error, of_mean.sum() ** 2 / (of_mean**2 / free).sum()))
    pooled = float(np.sqrt((free * [a.variance, b.variance]).sum() / free.sum()))
    return error, p, difference / pooled * float(1 - 3 / (4 * free.sum() - 1))


def _holm(p: FloatArray) -> FloatArray:
    """Adjust p-values for their number, unknown ones left out."""
    adjusted = np.full(len(p), np.nan)
    known = np.flatnonzero(np.isfinite(p))
    order = known[np.argsort(p[known])]
    adjusted[order] = np.minimum(1, np.maximum.accumulate(p[order] * np.arange(len(order), 0, -1)))
    return adjusted
