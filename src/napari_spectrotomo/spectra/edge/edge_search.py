"""One search for the edge, the same for all spectra of a map: a matrix that makes spectra ready and the kernel that reads them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from ...data import FloatArray
from ..normalize.background import Background, background
from ..normalize.elements import ElementWindows, element_windows
from ..normalize.windows import Windows, map_windows
from ..parameters import SpectraParameters

SEARCH = (-20.0, 25.0)
"""Where half height and steepest rise are looked for without a named element, eV from e0."""
FEWEST_FOR_PATTERN = 8
"""With fewer spectra their mean is too much each one's own to say what they share."""
_BLOCK = 1 << 17


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """What was found in N spectra.

    Attributes
    ----------
    energy : (N,) float64, eV; NaN where there is no edge
    step : (N,) float64
    error : (N,) float64, eV; NaN where not asked for
    """

    energy: FloatArray
    step: FloatArray
    error: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class EdgeSearch:
    """How the edge is looked for in spectra at `energies`.

    Attributes
    ----------
    energies : (E,) float64, eV, ascending
    windows : Windows
    method : str
    at : (W,) float64, eV
        Energies of the rows that the kernel looks at.
    limits : (low, high), eV
        Where an edge energy may lie.
    least_step : float
        Least edge step over the noise of the spectrum's own pre-edge; 0 judges no spectrum by its step.
    ready, step, residuals : (W, E), (E,), (n_pre + n_post, E) float64
        Give the kernel's rows, the edge step, and what pre-edge line and post-edge curve leave.
    covariance : (W, W) float64, or the variance of the pre-edge slope for the white line
        For noise of unit variance in every measured value.
    pattern : (n_pre + n_post,) float64
        Residuals for an edge step of one that all spectra share, and that are therefore no noise.
    """

    energies: FloatArray
    windows: Windows
    method: Literal["half-height", "derivative", "white-line", "centroid", "edge-integral"]
    at: FloatArray
    limits: tuple[float, float]
    least_step: float
    ready: FloatArray
    step: FloatArray
    residuals: FloatArray
    covariance: FloatArray | float
    pattern: FloatArray

    def sharing(self, mean: FloatArray, count: int) -> EdgeSearch:
        """Give the search with the residuals of the `mean` (E,) of `count` spectra taken for structure, not noise."""
        step = float(self.step @ mean)
        if count < FEWEST_FOR_PATTERN or step == 0:
            return self
        return replace(self, pattern=self.residuals @ mean / step)

    def run(self, spectra: FloatArray, with_error: bool = False) -> Edges:
        """Find the edges of `spectra` (E, N), in blocks."""
        n, n_pre = spectra.shape[1], self._points(self.windows.pre_samples)
        found = Edges(*(np.full(n, np.nan) for _ in range(3)))
        needed = len(self.residuals) if with_error else n_pre if self.least_step > 0 else 0
        matrix = np.vstack([self.ready, self.step, self.residuals[:needed]]).astype(spectra.dtype)
        for start in range(0, n, _BLOCK):
            block = slice(start, min(n, start + _BLOCK))
            made = matrix @ spectra[:, block]
            rows, step, left = made[: len(self.at)], made[len(self.at)], made[len(self.at) + 1 :]
            energy, variance = self._kernel(rows, step)
            left = left - self.pattern[:needed, None].astype(left.dtype) * step
            free = n_pre - (2 if n_pre > 2 else 1)
            if self.least_step > 0:
                energy[~(step > self.least_step * _deviation(left[:n_pre], free))] = np.nan
            found.energy[block], found.step[block] = energy, step
            if with_error:
                free += self._points(self.windows.post_samples) - self.windows.nnorm - 1
                error = _deviation(left, free) * np.sqrt(variance) if free > 0 else np.full(len(step), np.nan)
                found.error[block] = np.where(np.isfinite(energy), error, np.nan)
        return found

    def _kernel(self, rows: FloatArray, step: FloatArray) -> tuple[FloatArray, FloatArray]:
        from . import kernels

        if self.method == "half-height":
            return kernels.half_height(rows, step, self.at, *self.limits, self.covariance)
        kernel = kernels.white_line if self.method == "white-line" else kernels.steepest_rise
        return kernel(rows, self.at, *self.limits, self.covariance)

    @staticmethod
    def _points(samples: slice) -> int:
        return int(samples.stop - samples.start)


def edge_search(energies: FloatArray, e0: float, parameters: SpectraParameters) -> EdgeSearch:
    """Set up the search for `energies` (E,) about e0.

    Raises
    ------
    DataError
        If e0 or a window lies outside the energies.
    ParameterError
        If the element has no table.
    """
    windows = map_windows(energies, e0, parameters.pre, parameters.post, parameters.nnorm)
    lines = background(energies, windows)
    limits = _limits(energies, windows, parameters, element_windows(parameters.element, parameters.edge))
    at, ready, covariance = _rows(energies, lines, parameters.method, limits)
    identity, below, above = np.eye(len(energies)), windows.pre_samples, windows.post_samples
    residuals = np.vstack([(identity - lines.pre)[below], (identity - lines.post)[above]])
    return EdgeSearch(
        energies=energies,
        windows=windows,
        method=parameters.method,
        at=at,
        limits=limits,
        least_step=parameters.least_step,
        ready=ready,
        step=lines.step,
        residuals=residuals,
        covariance=covariance,
        pattern=np.zeros(len(residuals)),
    )


def _limits(
    energies: FloatArray, windows: Windows, parameters: SpectraParameters, table: ElementWindows | None
) -> tuple[float, float]:
    e0 = windows.e0
    if parameters.method == "white-line":
        return table.white_line if table else (min(e0, float(energies[windows.e0_index])), float(energies[-1]))
    if table and parameters.method == "half-height":
        return table.half_height
    return e0 + SEARCH[0], e0 + SEARCH[1]


def _rows(
    energies: FloatArray, lines: Background, method: str, limits: tuple[float, float]
) -> tuple[FloatArray, FloatArray, FloatArray | float]:
    """Energies from low to high and one more on either side, the matrix that gives values there, and their covariance."""
    at, ready = energies, lines.subtracted
    if method == "half-height":
        ready = lines.flattened
    elif method == "derivative":
        at = 0.5 * (energies[2:] + energies[:-2])
        ready = (np.eye(len(energies))[2:] - np.eye(len(energies))[:-2]) / (energies[2:] - energies[:-2])[:, None]
    first = max(0, int(np.searchsorted(at, limits[0])) - 1)
    some = slice(first, min(len(at), int(np.searchsorted(at, limits[1], side="right")) + 1))
    at, ready = np.ascontiguousarray(at[some]), ready[some]
    if method == "white-line":
        return at, ready, lines.slope_variance
    above = ready - 0.5 * lines.step if method == "half-height" else ready
    return at, ready, np.ascontiguousarray(above @ above.T)


def _deviation(residuals: FloatArray, free: int) -> FloatArray:
    """Standard deviation of each spectrum's residuals (n, N); zero where there are no degrees of freedom."""
    return np.sqrt((residuals**2).sum(axis=0, dtype=np.float64) / free) if free > 0 else np.zeros(residuals.shape[1])
