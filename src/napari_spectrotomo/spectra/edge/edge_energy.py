"""Edge energies of spectra in plain arrays."""

from __future__ import annotations

from typing import Literal

import numpy.typing as npt

from ...data import FloatArray
from ..normalize.e0 import edge_of
from ..normalize.elements import EdgeName
from ..normalize.normalization import mean_spectrum, sorted_spectra
from ..normalize.windows import Pair
from ..parameters import SpectraParameters, checked_parameters
from .edge_search import edge_search

_D = SpectraParameters()


def edge_energy_of(
    energies: npt.ArrayLike,
    mu: npt.ArrayLike,
    method: str = _D.method,
    e0: float | Literal["table"] | None = _D.e0,
    pre: Pair | None = _D.pre,
    post: Pair | None = _D.post,
    nnorm: int | None = _D.nnorm,
    *,
    element: str | None = _D.element,
    edge: EdgeName = _D.edge,
    between: Literal["lines", "fit"] = _D.between,
    white_line: Literal["polynomial", "gaussian"] = _D.white_line,
    level: float | None = _D.level,
    levels: Pair = _D.levels,
    least_step: float = 0.0,
) -> FloatArray:
    """Find the edge energy of every spectrum.

    Parameters
    ----------
    energies : (E,), eV
        In any order, each once.
    mu : (E, ...)
        Absorption, on any scale.
    method : str
        'half-height': where the flattened spectrum rises through one half, for the last time before it passes 0.9, so that a bump
        of the pre-edge does not count. 'derivative': where cubics fitted to the energies about it (weighted, within three steps
        or 3 eV) are steepest. 'white-line': the highest local maximum of the normalised spectrum at or above e0. 'centroid': that
        of the area of the flattened white line above `level`. 'edge-integral': the energy of the rise averaged over its heights
        between `levels` (Dau, Liebisch & Haumann, Anal. Bioanal. Chem. 376, 562, 2003, who take 0.15 and 1).
    e0 : float, eV, or 'table'
        From which windows count; 'table': the tabulated edge of the pure element. None: that of the element's oxides where it is
        known, else the steepest rise of the mean spectrum.
    pre, post : (start, end), eV from e0
        None: from the first energy to e0 - 20, and from e0 + 55 to the last.
    nnorm : int
        Order of the post-edge polynomial; None: 1.
    element, edge : str
        Such as 'Mn' and 'K'. For Mn, Fe, Co and Ni half heights and white lines are looked for only where their oxides have them.
    between : 'lines' or 'fit'
        How a half height is read between energies: on straight lines, or on cubics fitted to the energies about it (weighted,
        within three steps or 3 eV), which a coarse grid biases less.
    white_line : 'polynomial' or 'gaussian'
        A parabola over the maximum's five nearest samples, or a Gaussian standing on the edge step.
    level : float
        For the centroid, in edge steps; None: half-way between the edge step and the top of the mean spectrum.
    levels : (lower, upper)
        For the edge integral, in edge steps.
    least_step : float
        Least edge step over the noise of the spectrum's own pre-edge. By default no spectrum is judged by its step, whose
        magnitude counts, as in larch; the map of a volume does judge.

    Returns
    -------
    (...) float64, eV
        NaN where a spectrum has no edge, or no value at an energy that its background lines or the search use.

    Raises
    ------
    DataError
        If energies and spectra do not fit, or a window holds no energy.
    ParameterError
        If a parameter has a value it cannot have.

    Examples
    --------
    >>> import numpy as np
    >>> energies = np.arange(6500.0, 6700.0, 2.0)
    >>> mu = 0.5 + np.tanh((energies - 6551) / 4) / 2
    >>> round(float(edge_energy_of(energies, mu)), 1)
    6551.0
    """
    given = {
        "method": method,
        "e0": e0,
        "pre": pre,
        "post": post,
        "nnorm": nnorm,
        "element": element,
        "edge": edge,
        "between": between,
        "white_line": white_line,
        "level": level,
        "levels": levels,
        "least_step": least_step,
    }
    parameters = checked_parameters(given, "edge_energy_of")
    energy, spectra, _ = sorted_spectra(energies, mu)
    by_mean = parameters.e0 is None or (parameters.method == "centroid" and parameters.level is None)
    mean = mean_spectrum(spectra) if by_mean else None
    search = edge_search(energy, edge_of(energy, mean, parameters)[0], parameters, mean)
    found = search.run(spectra.reshape(len(energy), -1))
    return found.energy.reshape(spectra.shape[1:])[()]
