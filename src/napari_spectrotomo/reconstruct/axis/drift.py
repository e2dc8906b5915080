"""How the axis goes through a series of tomograms: a smooth drift, a jump where the stage moved, and one tilt for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...arrays import as_numbers
from ...data import FloatArray
from ...errors import ReconstructionError
from .estimate import AxisEstimate, significant_tilt

_Flags = npt.NDArray[np.bool_]
_LEAST = 5
"""Energies from which on a drift is fitted; of fewer, the median stands for it."""
_SIDE = 3
"""Energies that are to be on either side of a jump."""
_JUMP_COSTS = 3
"""Parameters that a jump counts for: its height, and a place among many."""
_FAR, _NEAR, _NEAR_FEW = 4.0, 0.1, 0.5
"""Standard deviations, and pixels, from the drift (from the median of few) within which an estimate differs from it by chance."""
_HALF = 0.6745
"""Half of a normal distribution lies within so many standard deviations."""
_LEAST_ERROR = 0.01
"""Pixels: no estimate is surer."""
_SURE = 0.5
"""Confidence from which on an estimate far from the drift is taken for a motion of the stage, not for an error."""


@dataclass(frozen=True, slots=True)
class SeriesAxes:
    """The axes of a series.

    Attributes
    ----------
    centers : (E,) float64
        Column of the axis in the middle row, to reconstruct with.
    tilt : float
        Degrees, one for all energies; 0 where none is significant.
    warnings : tuple of str
        Where an estimate was replaced or does not fit the others, a sentence each.
    drift : (E,) float64
        The smooth drift fitted.
    tilt_uncertainty : float
        Degrees; NaN where no energy tells a tilt.
    """

    centers: FloatArray
    tilt: float
    warnings: tuple[str, ...]
    drift: FloatArray
    tilt_uncertainty: float = float("nan")


def settle_axes(
    energies: FloatArray | Sequence[float],
    time: FloatArray | Sequence[float] | None,
    estimates: Sequence[AxisEstimate],
) -> SeriesAxes:
    """Settle the axis of every energy from what was found at each.

    A drift is fitted through the series, in order of time where that is known: a constant, a straight line, a parabola, or one
    of the first two with a jump that stays, whichever has the lowest Bayesian information criterion, by robust least squares
    weighed by the estimates' uncertainties. Then, for each energy,

    - an estimate that is missing takes the drift's value, with a sentence;
    - one within four standard deviations, or a tenth of a pixel, of the drift is drawn towards it as far as chance explains
      the difference: its share is t² / (t² + s²), s its own uncertainty, and t² what the estimates scatter about the drift
      beyond their uncertainties. Where they scatter no more than those say, t is 0 and the drift is taken; where the axis truly
      goes to and fro, t is large and the estimates stay;
    - one beyond it stays, with a sentence, if its own methods agree (confidence from 0.5 on): the stage moved; else it takes the
      drift's value, with a sentence.

    Energies near the drift whose methods do not agree are named in one sentence. Fewer than five estimates have no drift: they
    stay, but those without confidence far from the median, which take it.
    The tilt is the robust mean of those found, if significant.

    Parameters
    ----------
    energies : (E,), eV
    time : (E,), s, or None
    estimates : sequence of AxisEstimate, one an energy

    Returns
    -------
    SeriesAxes

    Raises
    ------
    ReconstructionError
        If the numbers of energies and estimates differ, or no axis was found at any energy.
    """
    energy = as_numbers(energies, "energies")
    if len(estimates) != energy.size or (time is not None and np.size(time) != energy.size):
        raise ReconstructionError(
            f"{len(estimates)} rotation axes do not fit {energy.size} energies: give one an energy."
        )
    found = np.array([e.center for e in estimates], np.float64)
    error = np.array([max(e.uncertainty, _LEAST_ERROR) for e in estimates])
    known = np.isfinite(found) & np.isfinite(error)
    if not known.any():
        why = " ".join(estimates[0].doubts) if len(estimates) else ""
        raise ReconstructionError(f"The rotation axis was found at no energy: give its column. {why}".rstrip())
    place = _places(energy, time)
    drift, jump = _drift(place, found, error, known)
    sure = np.array([e.confidence >= _SURE for e in estimates])
    centers, near = _drawn(found, error, drift, known, sure)
    sentences = [] if jump is None else [_jump_sentence(energy, place, drift, jump)]
    for e in np.flatnonzero(~near):
        sentences.append(_sentence(float(energy[e]), float(found[e]), float(drift[e]), bool(sure[e])))
    if (unsure := known & near & ~sure).any():
        sentences.append(_unsure_sentence(energy[unsure]))
    tilt, tilt_error = _tilt(estimates)
    rows = max(e.rows for e in estimates)
    if not significant_tilt(tilt, tilt_error, rows):
        return SeriesAxes(centers, 0.0, tuple(sentences), drift, tilt_error)
    sentences.append(
        f"The rotation axis is tilted by {tilt:.2f} ± {tilt_error:.2f}° in the plane of the detector, "
        f"{abs(np.tan(np.deg2rad(tilt))) * (rows - 1):.1f} pixels from the top row to the bottom one."
    )
    return SeriesAxes(centers, tilt, tuple(sentences), drift, tilt_error)


def _drawn(
    found: FloatArray, error: FloatArray, drift: FloatArray, known: _Flags, sure: _Flags
) -> tuple[FloatArray, _Flags]:
    """The axes as `settle_axes` says, (E,), and which estimates are near the drift."""
    fitted = known.sum() >= _LEAST
    scatter = _scatter(found[known] - drift[known], error[known]) if fitted else 0.0
    limit = np.maximum(_NEAR if fitted else _NEAR_FEW, _FAR * np.hypot(error, scatter))
    near = known & (np.abs(found - drift) <= limit)
    share = scatter**2 / (scatter**2 + error**2) if fitted else np.ones_like(error)
    centers = np.where(near, drift + share * (found - drift), drift)
    return np.where(known & ~near & sure, found, centers), near


def _places(energy: FloatArray, time: FloatArray | Sequence[float] | None) -> FloatArray:
    """Where each energy is in the series, from 0 to 1, by time where it is known and tells energies apart."""
    at = energy if time is None else as_numbers(time, "times")
    if not np.all(np.isfinite(at)) or len(np.unique(at)) < len(at):
        at = np.argsort(np.argsort(energy, kind="stable")).astype(np.float64)
    span = float(np.ptp(at))
    return (at - at.min()) / (span if span > 0 else 1.0)


def _drift(place: FloatArray, found: FloatArray, error: FloatArray, known: _Flags) -> tuple[FloatArray, float | None]:
    """The drift (E,), and the place of a jump in it."""
    n = int(known.sum())
    if n < _LEAST:
        return np.full(len(found), float(np.median(found[known]))), None
    order = np.argsort(place[known], kind="stable")
    at, value, sigma = (v[known][order] for v in (place, found, error))
    steps = 1.4826 * float(np.median(np.abs(np.diff(value)))) / np.sqrt(2)  # the noise, whatever the drift
    sigma = np.hypot(sigma, max(0.0, steps**2 - float(np.median(sigma**2))) ** 0.5)
    jumps = [(at[k - 1] + at[k]) / 2 for k in range(_SIDE, n - _SIDE + 1)] if n >= 2 * _SIDE else []
    models: list[tuple[int, float | None]] = [(0, None), (1, None), *(((2, None),) if n >= 8 else ())]
    models += [(degree, jump) for degree in (0, 1) for jump in jumps if n >= 2 * _SIDE + degree]
    fits = []
    for degree, jump in models:
        weights = _robust_fit(_design(at, degree, jump), value, sigma)
        rest = (value - _design(at, degree, jump) @ weights) / sigma
        parameters = degree + 1 + _JUMP_COSTS * (jump is not None)
        fits.append((float(np.sum(np.minimum(rest**2, 9.0))) + parameters * np.log(n), weights, degree, jump))
    _, weights, degree, jump = min(fits, key=lambda fit: fit[0])
    return _design(place, degree, jump) @ weights, jump


def _design(place: FloatArray, degree: int, jump: float | None) -> FloatArray:
    columns = [place**k for k in range(degree + 1)]
    return np.column_stack([*columns, (place > jump) * 1.0] if jump is not None else columns)


def _robust_fit(design: FloatArray, value: FloatArray, sigma: FloatArray) -> FloatArray:
    """Weights of the columns of a design by iterated least squares: absolute values first, then Tukey's biweight."""
    weight: FloatArray = 1 / sigma
    solution: FloatArray = np.zeros(design.shape[1])
    for step in range(30):
        solution = np.linalg.lstsq(design * weight[:, None], value * weight, rcond=None)[0]
        rest = np.abs(value - design @ solution) / sigma
        if step < 20:
            weight = 1 / (sigma * np.sqrt(np.maximum(rest, 1e-3)))
        else:
            weight = np.clip(1 - (rest / 4.7) ** 2, 0.0, None) / sigma + 1e-9
    return solution


def _scatter(rest: FloatArray, error: FloatArray) -> float:
    """What estimates scatter about the drift beyond their uncertainties, pixels: with both, half lie within 0.6745 of 1."""

    def far(scatter: float) -> float:
        return float(np.median(np.abs(rest) / np.hypot(error, scatter)))

    if far(0.0) <= _HALF:
        return 0.0
    low, high = 0.0, float(np.max(np.abs(rest))) / _HALF
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if far(middle) > _HALF else (low, middle)
    return high


def _tilt(estimates: Sequence[AxisEstimate]) -> tuple[float, float]:
    """Mean tilt, those far from the median counting less, and its error from their uncertainties or their scatter."""
    told = np.array([(e.tilt, e.tilt_uncertainty) for e in estimates], np.float64)
    told = told[np.isfinite(told).all(1) & (told[:, 1] > 0)]
    if not len(told):
        return float("nan"), float("nan")
    tilt, error = told.T
    middle = float(np.median(tilt))
    spread = 1.4826 * float(np.median(np.abs(tilt - middle))) if len(tilt) >= 3 else 0.0
    sigma = np.hypot(error, np.sqrt(max(0.0, spread**2 - float(np.median(error)) ** 2)))
    weight = np.clip(1 - ((tilt - middle) / (4.7 * sigma)) ** 2, 0.0, None) ** 2 / sigma**2
    mean = float(np.sum(weight * tilt) / weight.sum())
    return mean, float(np.sqrt(np.sum((weight * sigma) ** 2)) / weight.sum())


def _sentence(energy: float, found: float, drift: float, sure: bool) -> str:
    if not np.isfinite(found):
        return f"At {energy:g} eV the rotation axis was not found; the other energies' ({drift:.2f}) was taken."
    if sure:
        return (
            f"At {energy:g} eV the rotation axis ({found:.2f}) is {abs(found - drift):.2f} pixels off the other energies' drift, "
            "and its methods agree: it was kept, since the stage may have moved; look at a slice."
        )
    return (
        f"At {energy:g} eV the rotation axis found ({found:.2f}) is off the other energies' drift, and its methods do not "
        f"agree; {drift:.2f} was taken."
    )


def _unsure_sentence(energies: FloatArray) -> str:
    named = ", ".join(f"{e:g}" for e in energies[:3]) + (f" and {len(energies) - 3} more" if len(energies) > 3 else "")
    return f"At {named} eV the methods that find the rotation axis do not agree well (confidence under {_SURE:g}): look at a slice."


def _jump_sentence(energy: FloatArray, place: FloatArray, drift: FloatArray, jump: float) -> str:
    order = np.argsort(place, kind="stable")
    before, after = order[place[order] <= jump][-1], order[place[order] > jump][0]
    return (
        f"The rotation axis jumped by {drift[after] - drift[before]:+.2f} pixels between the tomograms at {energy[before]:g} and "
        f"{energy[after]:g} eV: the stage moved there, and stayed."
    )
