"""The straight line from edge energy to valence through standards, and how far to trust it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...arrays import as_energies, as_numbers
from ...data import FloatArray
from ...errors import DataError, ParameterError
from .doubts import line_doubts

ONE_SIGMA = 0.6826894921370859
"""Share of a normal distribution within one standard deviation."""


@dataclass(frozen=True, slots=True, eq=False)
class ValenceLine:
    """Valence = intercept + slope (edge energy - center).

    Attributes
    ----------
    slope : float, per eV
    intercept : float
        Valence at `center_eV`.
    center_eV : float
        The standards' (weighted) mean edge energy.
    covariance : (2, 2) float64
        Of intercept and slope; NaN where it is not known (two standards without errors).
    scatter : float
        Standard deviation of the standards' valences about the line (over n - 2); NaN for two.
    degrees : int
        Degrees of freedom, n - 2.
    r2 : float
        Share of the valences' variance that the line accounts for; NaN for two, through which a line always goes.
    range_eV, range_valence : (lowest, highest)
        Of the standards.
    names : tuple of str
    energies_eV, valences : (n,) float64
        The standards.
    method : str
        How their edge energies were read; empty where not known.
    e0 : float, eV
        From which their windows counted; NaN where not known.
    warnings : tuple of str
    """

    slope: float
    intercept: float
    center_eV: float
    covariance: FloatArray
    scatter: float
    degrees: int
    r2: float
    range_eV: tuple[float, float]
    range_valence: tuple[float, float]
    names: tuple[str, ...]
    energies_eV: FloatArray
    valences: FloatArray
    method: str = ""
    e0: float = float("nan")
    warnings: tuple[str, ...] = ()

    def valence(self, energy: npt.ArrayLike) -> FloatArray:
        """Give the valence at edge energies (eV)."""
        return np.asarray(self.intercept + self.slope * (as_numbers(energy, "edge energies") - self.center_eV))

    def energy(self, valence: npt.ArrayLike) -> FloatArray:
        """Give the edge energy (eV) of valences."""
        return np.asarray(self.center_eV + (as_numbers(valence, "valences") - self.intercept) / self.slope)

    def half_width(self, energy: npt.ArrayLike, level: float = ONE_SIGMA, *, scatter: bool = True) -> FloatArray:
        """Give half the width of `band`."""
        from scipy.stats import norm, t

        if not 0 < level < 1:
            raise ParameterError(f"A band's level lies between 0 and 1, such as 0.68; found {level!r}.")
        apart = as_numbers(energy, "edge energies") - self.center_eV
        variance = self.covariance[0, 0] + apart * (2 * self.covariance[0, 1] + apart * self.covariance[1, 1])
        if scatter and self.degrees > 0:
            variance = variance + self.scatter**2
        quantile = t.ppf(0.5 + level / 2, self.degrees) if self.degrees > 0 else norm.ppf(0.5 + level / 2)
        return np.asarray(quantile * np.sqrt(variance))

    def band(
        self, energy: npt.ArrayLike, level: float = 0.68, *, scatter: bool = True
    ) -> tuple[FloatArray, FloatArray]:
        """Give the band within which the valence of a compound with a known edge energy lies.

        Parameters
        ----------
        energy : array, eV
        level : float
            Probability, by Student's t with n - 2 degrees of freedom, wide where standards are few. With two standards nothing
            is known of the scatter about the line: NaN, or where their errors were given a band of these alone.
        scatter : bool
            Whether a compound lies about the line as the standards do (the band of prediction); else the band of the line itself.

        Returns
        -------
        low, high : arrays
        """
        middle, half = self.valence(energy), self.half_width(energy, level, scatter=scatter)
        return middle - half, middle + half


def calibrate_valence(
    energies_eV: npt.ArrayLike,
    valences: npt.ArrayLike,
    *,
    names: Sequence[str] | None = None,
    errors: npt.ArrayLike | None = None,
) -> ValenceLine:
    """Fit the straight line from edge energy to valence through standards.

    By ordinary least squares of the valences; where the edge energies have errors, each standard counts by its own, and the
    covariance grows by the scatter where that is larger than the errors make it.

    Parameters
    ----------
    energies_eV, valences : (n,)
        Edge energies and valences of two standards or more.
    names : (n,)
        None: standard 1, standard 2, …
    errors : (n,), eV
        One standard deviation of each edge energy, all positive.

    Raises
    ------
    DataError
        If there are fewer than two standards, lists differ in length, a number is none, or all energies or all valences are equal.

    Examples
    --------
    >>> line = calibrate_valence([6544.0, 6549.0, 6552.5], [2, 3, 4], names=["MnO", "Mn2O3", "MnO2"])
    >>> round(float(line.valence(6549.0)), 2)
    3.12
    """
    energy, valence = as_numbers(energies_eV, "edge energies"), as_numbers(valences, "valences")
    known = _names(names, energy.size)
    error = None if errors is None else as_numbers(errors, "errors of edge energies")
    _check(energy, valence, known, error)
    line = _fit(energy, valence, error)
    center, intercept, slope, covariance = line
    residuals = valence - intercept - slope * (energy - center)
    degrees = len(energy) - 2
    squares = float((residuals**2).sum())
    scatter = float(np.sqrt(squares / degrees)) if degrees else float("nan")
    r2 = 1 - squares / float(((valence - valence.mean()) ** 2).sum()) if degrees else float("nan")
    return ValenceLine(
        slope=slope,
        intercept=intercept,
        center_eV=center,
        covariance=covariance,
        scatter=scatter,
        degrees=degrees,
        r2=r2,
        range_eV=(float(energy.min()), float(energy.max())),
        range_valence=(float(valence.min()), float(valence.max())),
        names=known,
        energies_eV=energy,
        valences=valence,
        warnings=line_doubts(energy, valence, known, residuals, r2, with_errors=error is not None),
    )


def _fit(energy: FloatArray, valence: FloatArray, error: FloatArray | None) -> tuple[float, float, float, FloatArray]:
    """Give center, intercept, slope and their covariance."""
    degrees = len(energy) - 2
    weight = np.ones(len(energy)) if error is None else 1 / error**2
    center, level = (float(np.average(v, weights=weight)) for v in (energy, valence))
    apart = energy - center
    spread = float((weight * apart**2).sum())
    slope = float((weight * apart * (valence - level)).sum()) / spread
    unit = np.diag([1 / float(weight.sum()), 1 / spread])
    squares = float((weight * (valence - level - slope * apart) ** 2).sum())
    by_scatter = squares / degrees if degrees else float("nan")
    by_errors = (
        slope**2 if error is not None else float("nan")
    )  # an error in energy is one of slope times it in valence
    return center, level, slope, unit * np.fmax(by_scatter, by_errors)


def _names(names: Sequence[str] | None, n: int) -> tuple[str, ...]:
    known = tuple(f"standard {i + 1}" for i in range(n)) if names is None else tuple(map(str, names))
    if len(known) != n:
        raise DataError(f"{len(known)} names do not fit {n} standards: give one name a standard.")
    return known


def _check(energy: FloatArray, valence: FloatArray, names: tuple[str, ...], error: FloatArray | None) -> None:
    if energy.ndim != 1 or energy.shape != valence.shape:
        raise DataError(f"{valence.size} valences do not fit {energy.size} edge energies: give one valence a standard.")
    if len(energy) < 2:
        raise DataError(f"A line takes two standards of different valence at least, better four; found {len(energy)}.")
    for what, values in (("edge energy", energy), ("valence", valence)):
        if len(wrong := np.flatnonzero(~np.isfinite(values))):
            raise DataError(f"{names[wrong[0]]} has no {what}: leave it out, or look at its spectrum.")
    as_energies(energy)
    if np.ptp(energy) == 0 or np.ptp(valence) == 0:
        which = "edge energy" if np.ptp(energy) == 0 else "valence"
        raise DataError(f"All standards have the same {which}: a line takes two different ones.")
    if error is not None and not (error.shape == energy.shape and np.all(np.isfinite(error) & (error > 0))):
        raise DataError("Errors of edge energies are one positive number of eV a standard.")
