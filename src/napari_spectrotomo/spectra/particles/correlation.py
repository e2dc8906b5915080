"""How far the values of a particle's voxels depend on each other, and how many independent ones they amount to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...arrays import as_array, as_region, as_voxel_size
from ...data import FloatArray
from ...errors import DataError
from .pairs import Pairs
from .variogram import Curve, fitted_curve

FEWEST = 30
"""Of fewer voxels no correlation is told."""


@dataclass(frozen=True, slots=True, eq=False)
class SpatialCorrelation:
    """Correlation between the voxels of a particle.

    Attributes
    ----------
    voxels : int
        Voxels with a value.
    mean, variance : float
        Of their values; the variance is that of the fitted curve, which a mean of few independent values does not shrink.
    effective : float
        The number of independent voxels whose mean would be as uncertain, n_eff: voxels² over the sum of all correlations
        between two of them. NaN where it cannot be told (fewer than 30 voxels, or all the same).
    length : float
        Distance at which the correlation, less what every voxel has for itself (noise), has fallen to 1/e. NaN where nothing but
        noise without correlation is seen.
    noise : float
        Share of the variance that every voxel has for itself.
    unit : 'nm' or 'voxel'
        Of `length`.
    """

    voxels: int
    mean: float
    variance: float
    effective: float
    length: float
    noise: float
    unit: str
    _pairs: Pairs
    _averaged: FloatArray | None
    _itself: float

    @property
    def standard_error(self) -> float:
        """Of the mean, which neighbours that are alike do not make smaller."""
        return float(np.sqrt(self.variance / self.effective))

    def effective_in(self, where: npt.NDArray[np.bool_]) -> float:
        """Give the number of independent voxels in a part (z, y, x) of the box the correlation was found in."""
        return self.effective_at(np.flatnonzero(where))

    def effective_at(self, places: npt.NDArray[np.int64]) -> float:
        """Give the number of independent voxels among those at flat indices of that box."""
        if self._averaged is None or len(places) == 0:
            return float("nan")
        return _effective(self._pairs, self._pairs.counts(places), self._averaged, self._itself)


def spatial_correlation(
    values: npt.ArrayLike, where: npt.ArrayLike | None = None, *, voxel_size: npt.ArrayLike | None = None
) -> SpatialCorrelation:
    """Find how far the values of voxels depend on each other.

    The variogram of the values about their mean, of all pairs of voxels by Fourier transform, is fitted out to 0.3 of the longest
    distance with noise of each voxel's own and a correlation exp(-(h / length)^exponent); the curve is then averaged over all
    pairs. A field that changes over the whole particle has an n_eff near 1: one particle says little about such a field's mean.
    Boxes of more than some 80³ voxels are looked at in blocks of voxels (all pairs still count), so that memory stays bounded.

    Parameters
    ----------
    values : (z, y, x)
        NaN left out.
    where : (z, y, x)
        Voxels to look at, where true or not zero; None: all.
    voxel_size : float or (3,), nm
        None: distances in voxels.

    Raises
    ------
    DataError
        If the values are not a volume, or `where` does not fit it or has no value inside.

    References
    ----------
    G. V. Bayley and J. M. Hammersley, Suppl. J. R. Stat. Soc. 8, 184 (1946); P. Clifford, S. Richardson and D. Hémon, Biometrics
    45, 123 (1989); P. Dutilleul, Biometrics 49, 305 (1993).
    """
    value = np.asarray(as_array(values, "values"))
    if value.ndim != 3:
        raise DataError(f"Values are a volume (z, y, x), an image (1, y, x); found {value.ndim} axes.")
    inside = np.ones(value.shape, bool) if where is None else as_region(where)
    if inside.shape != value.shape:
        raise DataError(f"A region of shape {inside.shape} does not fit values of shape {value.shape}.")
    inside = inside & np.isfinite(value)
    if not inside.any():
        raise DataError("The region has no value: no edge energy is defined in it.")
    size = as_voxel_size(voxel_size)
    return correlation_inside(value, inside, size)


def correlation_inside(
    value: npt.NDArray[np.generic], inside: npt.NDArray[np.bool_], size: FloatArray | None
) -> SpatialCorrelation:
    """Do the work of `spatial_correlation`; `inside` (z, y, x) holds finite values only."""
    count = int(inside.sum())
    mean = float(value[inside].mean(dtype=np.float64))
    deviation = np.where(inside, np.asarray(value, np.float64) - mean, 0).astype(np.float32)
    pairs = Pairs.within(value.shape, np.ones(3) if size is None else size)
    enough = count >= FEWEST and bool(deviation.any())
    curve = fitted_curve(pairs, inside, deviation) if enough else Curve(float(np.var(deviation[inside])), float("nan"))
    averaged, itself, effective = None, 0.0, float("nan")
    if enough:
        grid = pairs.averaged(curve.correlation)
        itself = float(grid[0, 0, 0]) if pairs.block != (1, 1, 1) else 0.0
        grid[0, 0, 0] = itself
        averaged = pairs.transformed_offsets(grid)
        effective = _effective(pairs, pairs.sums(inside), averaged, itself)
    return SpatialCorrelation(
        voxels=count,
        mean=mean,
        variance=curve.variance,
        effective=effective,
        length=curve.length,
        noise=curve.nugget,
        unit="voxel" if size is None else "nm",
        _pairs=pairs,
        _averaged=averaged,
        _itself=itself,
    )


def _effective(pairs: Pairs, counts: FloatArray, averaged: FloatArray, itself: float) -> float:
    """Give N² over the sum of all correlations, in which every voxel has 1 with itself and not the `itself` of its block.

    `counts` are voxels a block. The sum over offsets of pairs times correlation is one over frequencies (Parseval).
    """
    n = float(counts.sum())
    total = pairs.summed(counts, averaged) + n * (1 - itself)
    return float(np.clip(n**2 / total, 1.0, n))
