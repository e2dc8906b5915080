"""Whether stated errors hold at a scan's own noise: repeats of its mean spectrum, read as the map is."""

from __future__ import annotations

import numpy as np

from ...chance import SEED
from ...data import FloatArray
from .edge_search import Edges, EdgeSearch

REPEATS = 512
TOO_FEW = 0.55
"""Of repeats 68 % should lie within their stated error; below this share errors are said to be too small."""
_EVERY = 16
"""One voxel of so many tells the map's noise."""
_BINS = np.logspace(-6, 2, 801)


class TypicalNoise:
    """The median noise of a map's voxels, in edge steps, counted in narrow bins so that slabs change nothing."""

    def __init__(self) -> None:
        self._counts, self._seen = np.zeros(len(_BINS) - 1, np.int64), 0

    def add(self, found: Edges) -> None:
        """Count the voxels of a slab."""
        some = slice(-self._seen % _EVERY, None, _EVERY)
        self._seen += len(found.energy)
        with np.errstate(divide="ignore", invalid="ignore"):
            noise = (found.noise[some] / np.abs(found.step[some]))[np.isfinite(found.energy[some])]
        self._counts += np.histogram(noise[np.isfinite(noise)], _BINS)[0]

    @property
    def median(self) -> float:
        """Give it; NaN where no voxel tells any."""
        if not self._counts.any():
            return np.nan
        middle = int(np.searchsorted(np.cumsum(self._counts), 0.5 * self._counts.sum()))
        return float(np.sqrt(_BINS[middle] * _BINS[middle + 1]))


def repeats_doubts(search: EdgeSearch, mean: FloatArray, noise: float) -> tuple[str, ...]:
    """Say where noise makes edge energies jump between features of the edge, which an error propagated locally cannot know.

    Parameters
    ----------
    search : EdgeSearch
        The map's.
    mean : (E,) float64
        Mean spectrum of the voxels, which is repeated with noise and read as the map is.
    noise : float
        Typical noise of a voxel, in edge steps.
    """
    step = float(search.lines.step @ mean)
    if not (step > 0 and np.isfinite(noise)):
        return ()
    repeats = mean[:, None] + noise * step * np.random.default_rng(SEED).standard_normal((len(mean), REPEATS))
    at, found = float(search.run(mean[:, None]).energy[0]), search.run(repeats, with_error=True)
    judged = np.isfinite(found.energy) & np.isfinite(found.error)
    apart = np.abs(found.energy - at)[judged]
    within = float((apart <= found.error[judged]).mean()) if len(apart) and np.isfinite(at) else np.nan
    if not within < TOO_FEW:
        return ()
    return (
        f"At this scan's noise only {within:.0%} of repeats of its mean spectrum have their edge energy by "
        f"{search.parameters.method} within the stated error, where 68% should, and one in ten is off by "
        f"{np.percentile(apart, 90):.1f} eV or more: it jumps between features of the edge. Smooth or bin the volumes, or take "
        "another method.",
    )
