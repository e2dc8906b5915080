"""Energies whose mask is of another size than those of the energies beside it: the sample is the same at all of them."""

import numpy as np
import numpy.typing as npt

WINDOW = 5
"""Energies whose median tells what size is to be expected: slow trends, such as a change of contrast, stay."""
SPREADS, LEAST = 6.0, 0.03
"""A size is odd when it differs by more than so many spreads, and by more than this share."""


def unlike_neighbours(sizes: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Say by how much odd energies differ from the energies beside them.

    Parameters
    ----------
    sizes : (E,)
        Of the sample at every energy, in order of energy; NaN where unknown.

    Returns
    -------
    (E,) float64
        Share by which the size differs from the running median; NaN where it is not odd, is unknown, or where the energies
        beside it have no sample at all.

    Examples
    --------
    >>> unlike_neighbours([100, 101, 100, 150, 99, 100, 101]).round(2)
    array([nan, nan, nan, 0.5, nan, nan, nan])
    """
    given = np.asarray(sizes, np.float64)
    out = np.full(given.shape, np.nan)
    known = np.flatnonzero(np.isfinite(given))
    if known.size < 3:
        return out
    values = given[known]
    reach = WINDOW // 2
    expected = np.array([np.median(_about(values, i, reach)) for i in range(values.size)])
    differs = values - expected
    spread = 1.4826 * float(np.median(np.abs(differs)))
    odd = (expected > 0) & (np.abs(differs) > np.maximum(SPREADS * spread, LEAST * expected))
    out[known[odd]] = differs[odd] / expected[odd]
    return out


def _about(values: npt.NDArray[np.float64], i: int, reach: int) -> npt.NDArray[np.float64]:
    """Give the values about one, as many at the ends as in the middle."""
    first = int(np.clip(i - reach, 0, max(values.size - 2 * reach - 1, 0)))
    return values[first : first + 2 * reach + 1]
