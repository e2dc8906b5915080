"""Edge energies of spectra in plain arrays."""

from __future__ import annotations

from typing import Literal

import numpy.typing as npt

from ...data import FloatArray
from ..normalize.e0 import edge_of
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
    least_step: float = 0.0,
) -> FloatArray:
    """Find the edge energy of every spectrum.

    Parameters
    ----------
    energies : (E,), eV
        In any order, each once.
    mu : (E, ...)
        Absorption, on any scale.
    method : 'half-height', 'derivative' or 'white-line'
        Where the flattened spectrum rises through one half (straight lines between energies; the last such rise before it passes
        0.9, so that a bump of the pre-edge does not count); the maximum of its derivative, by a parabola; or the highest local
        maximum of the normalised spectrum at or above e0, by a parabola over the samples about it.
    e0 : float, eV
        From which windows count; None: the element's, else the steepest rise of the mean spectrum.
    pre, post : (start, end), eV from e0
        None: from the first energy to e0 - 20, and from e0 + 55 to the last.
    nnorm : int
        Order of the post-edge polynomial; None: 1.
    element : 'Mn', 'Fe', 'Co' or 'Ni'
        Look only where the table for this element says.
    least_step : float
        Least edge step over the noise of the spectrum's own pre-edge. By default no spectrum is judged by its step, whose
        magnitude counts, as in larch; the map of a volume does judge.

    Returns
    -------
    (...) float64, eV
        NaN where a spectrum has a NaN or no edge.

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
        "least_step": least_step,
    }
    parameters = checked_parameters(given, "edge_energy_of")
    energy, spectra, _ = sorted_spectra(energies, mu)
    edge, _ = edge_of(energy, mean_spectrum(spectra) if parameters.e0 is None else None, parameters)
    search = edge_search(energy, edge, parameters)
    found = search.run(spectra.reshape(len(energy), -1))
    return found.energy.reshape(spectra.shape[1:])[()]
