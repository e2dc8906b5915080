"""One search for the edge, the same for all spectra of a map: its windows, its matrices, and the kernel that uses them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...data import FloatArray
from ...threads import in_threads
from ..normalize.background import Background, background
from ..normalize.elements import ElementWindows, element_windows
from ..normalize.windows import Windows, map_windows
from ..parameters import SpectraParameters
from .local_fits import FEWEST, local_cubics

SEARCH = (-20.0, 25.0)
"""Where half height, steepest rise and edge integral are looked for without a named element, eV from e0."""
WHITE_LINE_WITHIN = 40.0
"""A white line's top is looked for from e0 to so many eV above it: beyond are other oscillations, and noise."""
FEWEST_FOR_PATTERN = 8
"""With fewer spectra their mean is too much each one's own to say what they share."""
WITHIN_ONE_SIGMA = 0.8413
"""Probability to stay below one standard deviation."""
_BLOCK = 1 << 15
_NO_FITS = (np.empty(0), np.empty(0, np.int64), np.empty((0, 3, 1)))
LINE_BESIDE = 3
"""Samples beyond the limits with which a white line's top between them is fitted."""


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """What was found in N spectra.

    Attributes
    ----------
    energy : (N,) float64, eV; NaN where there is no edge
    step : (N,) float64
    error : (N,) float64, eV; NaN where not asked for
    noise : (N,) float64
        That of every measured value, in the unit of the step; NaN where not asked for.
    """

    energy: FloatArray
    step: FloatArray
    error: FloatArray
    noise: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class EdgeSearch:
    """How the edge is looked for in spectra at `energies`.

    Attributes
    ----------
    energies : (E,) float64, eV, ascending
    windows : Windows
    lines : Background
    parameters : SpectraParameters
    rows : slice
        Of the energies, those the kernel looks at.
    limits : (low, high), eV
        Where an edge energy may lie.
    level : float
        Height, in edge steps, above which the centroid's area is taken.
    pattern : (n_pre + n_post,) float64
        Residuals about the lines, for an edge step of one, that all spectra share, and that are therefore no noise.
    """

    energies: FloatArray
    windows: Windows
    lines: Background
    parameters: SpectraParameters
    rows: slice
    limits: tuple[float, float]
    level: float
    pattern: FloatArray

    def sharing(self, mean: FloatArray, count: int) -> EdgeSearch:
        """Give the search with the residuals of the `mean` (E,) of `count` spectra taken for structure, not noise."""
        step = float(self.lines.step @ mean)
        if count < FEWEST_FOR_PATTERN or step == 0:
            return self
        left = [(mean - line @ mean)[at] for line, at in self._windowed()]
        return replace(self, pattern=np.concatenate(left) / step)

    def run(self, spectra: FloatArray, with_error: bool = False) -> Edges:
        """Find the edges of `spectra` (E, N), float32 or float64, in blocks on threads."""
        from .kernels import find_edges

        spectra = np.require(spectra, requirements=("C", "W"))  # a read-only array would be compiled for anew
        n = spectra.shape[1]
        found = np.empty((5, n))
        noise = 2 if with_error else 1 if self.parameters.least_step > 0 else 0
        given = self._given(spectra.dtype, with_error)

        def search(start: int) -> None:
            find_edges(spectra, start, min(start + _BLOCK, n), *given, noise, found)

        in_threads(search, range(0, n, _BLOCK))
        energy, variance, step, *squares = found
        free_before, free_after = self.windows.free
        if self.parameters.least_step > 0:
            before = np.sqrt(squares[0] / free_before) if free_before > 0 else 0.0
            energy[~(step > self.parameters.least_step * before)] = np.nan
        if self.parameters.step_above > 0:
            energy[~(step >= self.parameters.step_above)] = np.nan
        error = deviation = np.broadcast_to(np.nan, n)
        free = free_before + free_after
        if with_error and free > 0:
            deviation = np.sqrt(sum(squares) / free)
            error = _widened(deviation * np.sqrt(variance), free)
            error[~np.isfinite(energy)] = np.nan
        return Edges(energy, step, error, deviation)

    def _given(self, dtype: Any, with_error: bool) -> tuple[Any, ...]:
        """Give the kernel's arguments between the spectra and the noise."""
        from .kernels import METHODS

        p, lines, windows = self.parameters, self.lines, self.windows
        at = self.energies[self.rows]
        flattening = lines.post_powers[self.rows].copy()
        flattening -= lines.post_powers[windows.e0_index]
        flattening[: max(0, windows.e0_index - self.rows.start)] = 0
        ready = lines.flattened[self.rows]
        method: str = p.method
        if p.method in ("white-line", "derivative"):
            flattening[:], ready = 0, lines.subtracted[self.rows]
        if p.method == "half-height" and p.between == "fit":
            method = "half-height fit"
        if p.method == "white-line" and p.white_line == "gaussian":
            method = "white-line gaussian"
        both = np.vstack([ready, lines.step])
        powers = (lines.pre_powers, lines.post_powers, flattening, lines.post_powers[windows.e0_index])
        below, above = windows.pre_samples, windows.post_samples
        return (
            tuple(np.ascontiguousarray(fit, dtype) for fit in (lines.pre_fit, lines.post_fit)),
            tuple(np.ascontiguousarray(power, dtype) for power in powers),
            (below.start, below.stop, above.start, above.stop, self.rows.start),
            self.pattern.astype(dtype),
            METHODS.index(method),
            np.ascontiguousarray(at),
            np.array([*self.limits, self.level, *p.levels]),
            both @ both.T if with_error else np.empty((0, 0)),
            local_cubics(at) if _fitted(p) else _NO_FITS,
        )

    def _windowed(self) -> list[tuple[FloatArray, slice]]:
        return [(self.lines.pre, self.windows.pre_samples), (self.lines.post, self.windows.post_samples)]


def edge_search(
    energies: FloatArray, e0: float, parameters: SpectraParameters, mean: FloatArray | None = None
) -> EdgeSearch:
    """Set up the search for `energies` (E,) about e0; the `mean` spectrum (E,) says the centroid's level where none is given.

    Raises
    ------
    DataError
        If e0 or a window lies outside the energies.
    """
    windows = map_windows(energies, e0, parameters.pre, parameters.post, parameters.nnorm)
    limits = _limits(energies, windows, parameters, element_windows(parameters.element, parameters.edge))
    first = int(np.searchsorted(energies, limits[0]))
    last = int(np.searchsorted(energies, limits[1], side="right"))
    if parameters.method == "centroid":  # whose area may end beyond
        last = len(energies)
    lines = background(energies, windows)
    beyond = FEWEST if _fitted(parameters) else LINE_BESIDE if parameters.method == "white-line" else 1
    return EdgeSearch(
        energies=energies,
        windows=windows,
        lines=lines,
        parameters=parameters,
        rows=slice(max(0, first - beyond), min(len(energies), last + beyond)),
        limits=limits,
        level=_level(energies, lines, limits, parameters, mean),
        pattern=np.zeros(lines.pre_fit.shape[1] + lines.post_fit.shape[1]),
    )


def _fitted(parameters: SpectraParameters) -> bool:
    """Say whether edges are read off cubics fitted about every energy."""
    return parameters.method == "derivative" or (parameters.method == "half-height" and parameters.between == "fit")


def _limits(
    energies: FloatArray, windows: Windows, parameters: SpectraParameters, table: ElementWindows | None
) -> tuple[float, float]:
    e0 = windows.e0
    if parameters.method == "centroid":  # the area of a white line may begin below e0, which is that of all voxels
        return e0 + SEARCH[0], e0 + WHITE_LINE_WITHIN
    if parameters.method == "white-line":
        return table.white_line if table else (min(e0, float(energies[windows.e0_index])), e0 + WHITE_LINE_WITHIN)
    if table and parameters.method == "half-height":
        return table.half_height
    return e0 + SEARCH[0], e0 + SEARCH[1]


def _level(
    energies: FloatArray,
    lines: Background,
    limits: tuple[float, float],
    parameters: SpectraParameters,
    mean: FloatArray | None,
) -> float:
    if parameters.level is not None or mean is None or parameters.method != "centroid":
        return parameters.level or 1.0
    inside = (energies >= limits[0]) & (energies <= limits[1])
    step = float(lines.step @ mean)
    top = float((lines.flattened @ mean)[inside].max(initial=step)) / step if step > 0 else 1.0
    return 0.5 * (1.0 + max(top, 1.0))


def _widened(error: FloatArray, free: int) -> FloatArray:
    """Widen errors whose noise is known from few residuals only, so that 68 % of repeats lie within them (Student's t)."""
    from scipy.special import stdtrit

    return error * float(stdtrit(free, WITHIN_ONE_SIGMA))
