"""How much of a spread of values is real, and how much is the error of measurement."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ...arrays import as_numbers
from ...data import FloatArray
from ...errors import DataError

FEWEST = 10
"""From fewer values no spread beyond measurement error is told."""
_MOST = 200_000
"""More values than this are thinned evenly."""
_OUTLYING = 5.0
"""So many robust standard deviations from the median a value is left out."""


def intrinsic_spread(values: npt.ArrayLike, errors: npt.ArrayLike) -> float:
    """Estimate the standard deviation that values would have without the error of measurement.

    The spread s for which the sum of (value - mean)² / (error² + s²) is what chance makes it, one less than the number of values
    (Paule and Mandel 1982): each value counts by its own error, and the mean is weighted likewise. Values farther than five
    robust standard deviations (of the interquartile range) from the median are left out, so that failed fits do not count.

    Parameters
    ----------
    values, errors : (N,)
        One standard deviation of each in the same unit; pairs with a NaN, or an error of zero, left out.

    Returns
    -------
    float
        In the unit of the values. 0 where they spread no more than their errors alone make them (so that a spread well below the
        errors cannot be told from none); NaN where it cannot be told at all: fewer than 10 values with an error.

    Raises
    ------
    DataError
        If there is not one error a value.

    References
    ----------
    R. C. Paule and J. Mandel, J. Res. Natl. Bur. Stand. 87, 377 (1982).
    """
    value, error = as_numbers(values, "values").ravel(), as_numbers(errors, "errors").ravel()
    if value.shape != error.shape:
        raise DataError(f"{error.size} errors do not fit {value.size} values: give one standard deviation a value.")
    known = np.isfinite(value) & np.isfinite(error) & (error > 0)
    value, error = value[known], error[known]
    step = -(-len(value) // _MOST) or 1
    value, error = value[::step], error[::step]
    if len(value) < FEWEST:
        return float("nan")
    low, middle, high = np.percentile(value, (25, 50, 75))
    near = np.abs(value - middle) <= _OUTLYING * max((high - low) / 1.349, float(np.median(error)))
    return _paule_mandel(value[near], error[near])


def _paule_mandel(value: FloatArray, error: FloatArray) -> float:
    from scipy.optimize import brentq

    def excess(spread: float) -> float:
        weight = 1 / (error**2 + spread**2)
        mean = (weight * value).sum() / weight.sum()
        return float((weight * (value - mean) ** 2).sum()) - (len(value) - 1)

    if excess(0.0) <= 0:
        return 0.0
    return float(brentq(excess, 0.0, 2 * float(np.ptp(value)), xtol=1e-6 * float(np.ptp(value))))
