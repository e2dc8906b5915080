"""Two spectra laid over each other by their derivatives, amplitude and offset free."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ...data import FloatArray
from ...errors import DataError
from ..normalize.absorption_edge import find_e0

RESOLUTION = 1.5
"""Standard deviation (eV) of the Gaussian over which slopes are taken, where the grid is not coarser."""
SMOOTHING = 0.5
"""That of the Gaussian by which both spectra are smoothed before (eV): narrower than any edge."""
WINDOW = (-40.0, 80.0)
"""What is compared, eV from the steepest rise of the second spectrum, the reference; of the other, the largest shift more."""
READING = 0.05
"""Share of a step by which reading between energies 3 eV apart moved the shift of simulated edges; less, by the cube, of finer."""
_FEWEST = 6
_SEARCH_STEP = 0.25


@dataclass(frozen=True, slots=True)
class Match:
    """Where two spectra match best.

    Attributes
    ----------
    shift : float, eV, to add to the energies of the first
    uncertainty : float, eV
    residual : float
        Share of the squared slopes compared (about their mean) that the second leaves, 0 to 1.
    overlap : float
        Share of all squared slopes that could be compared, 0 to 1.
    """

    shift: float
    uncertainty: float
    residual: float
    overlap: float


@dataclass(frozen=True, slots=True, eq=False)
class Matching:
    """The first spectrum's slopes, and what turns the second one's values at the same energies into slopes alike.

    Attributes
    ----------
    energies : (n,) float64, eV
    slopes : (n,) float64, times the square root of the eV each stands for
    operator : (n, n) float64
        Gives such slopes of any smooth values at `energies`.
    through : (n, n) float64
        Gives them of the first spectrum as measured, which it smooths before.
    needs : (n, n) bool
        Which values each slope needs.
    weight : (n,) float64
        The square root of the eV each stands for.
    second : callable
        The second spectrum at any energies.
    reach : (low, high), eV, of the second spectrum
    """

    energies: FloatArray
    slopes: FloatArray
    operator: FloatArray
    through: FloatArray
    needs: npt.NDArray[np.bool_]
    weight: FloatArray
    second: Callable[[FloatArray], FloatArray]
    reach: tuple[float, float]

    def rows(self, low: float, high: float) -> npt.NDArray[np.bool_]:
        """Which slopes can be compared at every shift from `low` to `high`."""
        outside = (self.energies + low < self.reach[0]) | (self.energies + high > self.reach[1])
        return np.logical_not(self.needs[:, outside].any(axis=1))

    def columns(self, shift: float, rows: npt.NDArray[np.bool_]) -> FloatArray:
        """Slopes of the second spectrum and the offset, (rows, 2)."""
        values = self.second(np.clip(self.energies + shift, *self.reach))
        return np.stack([self.operator[rows] @ values, self.weight[rows]], axis=1)

    def left(self, shift: float, rows: npt.NDArray[np.bool_]) -> float:
        """Sum of squares that the second spectrum leaves of these slopes; all of it where it would have to be upside down."""
        columns, wanted = self.columns(shift, rows), self.slopes[rows]
        found = np.linalg.lstsq(columns, wanted, rcond=None)[0]
        if not found[0] > 0:
            columns = columns[:, 1:]
            found = np.linalg.lstsq(columns, wanted, rcond=None)[0]
        return float(((wanted - columns @ found) ** 2).sum())

    def total(self, rows: npt.NDArray[np.bool_] | slice = slice(None)) -> FloatArray:
        """Squares of slopes about the mean of all."""
        mean = float(self.weight @ self.slopes / (self.weight @ self.weight))
        return np.asarray((self.slopes[rows] - mean * self.weight[rows]) ** 2)


def best_match(first: tuple[FloatArray, FloatArray], second: tuple[FloatArray, FloatArray], max_shift: float) -> Match:
    """Find the shift of the first spectrum's energies, (energies, mu), at which it matches the second.

    The spectrum with the coarser grid about its edge keeps its grid; the other one is read at those energies, so that both go
    through the same sampling and the same smoothing and no difference in resolution shifts the answer.

    Raises
    ------
    DataError
        If too little of them overlaps.
    """
    about = find_e0(*second)
    steps = _step_about(first[0], about), _step_about(second[0], about)
    swapped = steps[1] > steps[0]
    pair = (second, first) if swapped else (first, second)
    found = _matched(*pair, about, max_shift)
    unread = READING * min(steps) * min(1.0, min(steps) / 3.0) ** 3
    uncertainty = float(np.hypot(found.uncertainty, unread))
    return replace(found, shift=-found.shift if swapped else found.shift, uncertainty=uncertainty)


def slope_operator(energies: FloatArray, resolution: float = RESOLUTION) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Matrix (n, n) that gives the slope at each energy by a straight line through its neighbours, and which it looks at.

    Neighbours weigh by a Gaussian whose standard deviation is `resolution` (eV), or the local step where that is greater.
    """
    weight, apart = _neighbours(energies, np.maximum(resolution, np.gradient(energies)))
    lever = weight * (apart - (weight * apart).sum(axis=1, keepdims=True))
    return lever / (lever * apart).sum(axis=1, keepdims=True), weight > 0


def smoothing_operator(energies: FloatArray, resolution: float = SMOOTHING) -> FloatArray:
    """Matrix (n, n) that gives the value at each energy of a straight line through its neighbours; coarse ones stay."""
    weight, apart = _neighbours(energies, np.full(len(energies), resolution))
    centre = (weight * apart).sum(axis=1, keepdims=True)
    lever = weight * (apart - centre)
    spread = (lever * apart).sum(axis=1, keepdims=True)
    return weight - centre * np.divide(lever, spread, out=np.zeros_like(lever), where=spread > 1e-6 * resolution**2)


def _neighbours(energies: FloatArray, width: FloatArray) -> tuple[FloatArray, FloatArray]:
    apart = energies[None, :] - energies[:, None]
    weight = np.where(np.abs(apart) <= 3 * width[:, None], np.exp(-0.5 * (apart / width[:, None]) ** 2), 0.0)
    return weight / weight.sum(axis=1, keepdims=True), apart


def _matched(
    first: tuple[FloatArray, FloatArray], second: tuple[FloatArray, FloatArray], about: float, max_shift: float
) -> Match:
    from scipy.optimize import minimize_scalar

    matching = _matching(first, second, about, max_shift)
    whole = float(matching.total().sum())
    step = min(_SEARCH_STEP, max_shift / 4)
    shifts = np.linspace(-max_shift, max_shift, 2 * int(np.ceil(max_shift / step)) + 1)
    explained = np.full(len(shifts), -np.inf)
    for i, shift in enumerate(shifts):
        rows = matching.rows(shift, shift)
        if rows.sum() >= _FEWEST:
            explained[i] = float(matching.total(rows).sum()) - matching.left(shift, rows)
    if not np.isfinite(explained).any() or not whole > 0:
        raise DataError(
            f"The two spectra have fewer than {_FEWEST} energies near the edge in common, or one of them is flat: their edges "
            f"must lie within {max_shift:g} eV of each other, inside both scans."
        )
    best = int(np.argmax(explained))
    low, high = shifts[max(0, best - 1)], shifts[min(len(shifts) - 1, best + 1)]
    rows = matching.rows(low, high)
    if rows.sum() < _FEWEST:
        rows = matching.rows(shifts[best], shifts[best])
    fine = minimize_scalar(matching.left, bounds=(low, high), args=(rows,), method="bounded", options={"xatol": 1e-7})
    shift = float(fine.x)
    compared = float(matching.total(rows).sum())
    residual = min(1.0, matching.left(shift, rows) / compared) if compared > 0 else 1.0
    return Match(shift, _uncertainty(matching, shift, rows), residual, compared / whole)


def _matching(
    first: tuple[FloatArray, FloatArray], second: tuple[FloatArray, FloatArray], about: float, max_shift: float
) -> Matching:
    from scipy.interpolate import CubicSpline

    energies, mu = _between(first, about, max_shift)
    at, values = _between(second, about, 2 * max_shift + 10 * SMOOTHING)
    if min(len(energies), len(at)) < _FEWEST:
        raise DataError(
            f"Only {min(len(energies), len(at))} energies lie near the edge at {about:.1f} eV: at least {_FEWEST} within "
            f"{WINDOW[0]:g} to {WINDOW[1]:+g} eV are needed. Check that both spectra are of the same element."
        )
    slopes, needs = slope_operator(energies)
    weight = np.sqrt(np.gradient(energies))
    slopes = weight[:, None] * slopes
    through = slopes @ smoothing_operator(energies)
    smooth = CubicSpline(at, smoothing_operator(at) @ values)
    return Matching(energies, through @ mu, slopes, through, needs, weight, smooth, (float(at[0]), float(at[-1])))


def _between(spectrum: tuple[FloatArray, FloatArray], about: float, margin: float) -> tuple[FloatArray, FloatArray]:
    """Give the part of a spectrum that is compared, and so much (eV) beside it."""
    some = (spectrum[0] >= about + WINDOW[0] - margin) & (spectrum[0] <= about + WINDOW[1] + margin)
    return spectrum[0][some], spectrum[1][some]


def _uncertainty(matching: Matching, shift: float, rows: npt.NDArray[np.bool_]) -> float:
    """One standard deviation (eV) of the shift, from the curvature at the best match and what it leaves.

    What is left is taken for noise of the values, alike at all energies, that reached the slopes through the same operator.
    """
    columns = matching.columns(shift, rows)
    small = 0.05
    turned = (matching.columns(shift + small, rows) - matching.columns(shift - small, rows))[:, 0] / (2 * small)
    amplitude, offset = np.linalg.lstsq(columns, matching.slopes[rows], rcond=None)[0]
    jacobian = np.column_stack([columns, amplitude * turned])
    inverse = np.linalg.pinv(jacobian)
    through = matching.through[rows]
    rest = through - jacobian @ (inverse @ through)
    left = matching.slopes[rows] - columns @ (amplitude, offset)
    free = float((rest**2).sum())
    variance = float((left**2).sum()) / free if free > 0 else np.nan
    return float(np.sqrt(variance * ((inverse[2] @ through) ** 2).sum()))


def _step_about(energies: FloatArray, about: float) -> float:
    """Mean step (eV) within 15 eV of an energy."""
    near = energies[np.abs(energies - about) <= 15]
    return float(np.ptp(near)) / (len(near) - 1) if len(near) > 1 else np.inf
