"""Darks that are none: light reached the detector, so that they hold the beam's own pattern."""

import numpy as np
import numpy.typing as npt

from .blocks import thinned

_LEAK, _ALIKE = 0.02, 0.5
"""Share of the beam in the darks, and correlation of their pattern with the beam's, from which on darks show light."""


def leak_of(dark: npt.NDArray[np.floating], beam: npt.NDArray[np.floating]) -> float:
    """Give the share of the open beam that darks hold, by how far their pattern is the beam's; 0 where they show none.

    An offset is the same everywhere or has a pattern of its own, whatever the beam's: only what goes with the beam is light.

    Parameters
    ----------
    dark, beam : (row, column) float32
        Mean of the darks, and of the flats less the darks.
    """
    x, y = (np.asarray(thinned(a), np.float64).ravel() for a in (beam, dark))
    near = np.abs(y - np.median(y)) <= 10 * max(
        float(np.percentile(y, 84) - np.percentile(y, 16)), 1e-6
    )  # no hot pixels
    x, y = x[near] - x[near].mean(), y[near] - y[near].mean()
    if len(x) < 16 or not (x.any() and y.any()):
        return 0.0
    slope = float(x @ y / (x @ x))
    share = slope / (1 + slope)
    return share if share > _LEAK and slope * np.sqrt((x @ x) / (y @ y)) > _ALIKE else 0.0
