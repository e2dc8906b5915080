"""Normalised spectra: pre-edge line taken away, divided by the edge step, and flattened above the edge, as larch does it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...arrays import as_array, as_energies
from ...data import FloatArray
from ...errors import DataError
from ...threads import in_threads
from ..parameters import checked_parameters
from .background import background
from .e0 import edge_of
from .windows import Pair, Windows, larch_windows

FEWEST_ENERGIES = 4


@dataclass(frozen=True, slots=True, eq=False)
class NormalizedSpectra:
    """Spectra on a common scale, 0 before the edge and 1 after it.

    Attributes
    ----------
    normalized : (E, ...) array
        In the order of the energies given.
    edge_step : (...) array
        In the unit of the spectra; negative where a spectrum falls.
    e0 : float, eV
    windows : Windows
    """

    normalized: FloatArray
    edge_step: FloatArray
    e0: float
    windows: Windows


def normalize_spectra(
    energies: npt.ArrayLike,
    mu: npt.ArrayLike,
    e0: float | None = None,
    pre: Pair | None = None,
    post: Pair | None = None,
    nnorm: int | None = None,
    flatten: bool = True,
) -> NormalizedSpectra:
    """Normalise spectra to an edge step of one, all in one batch with common windows.

    Parameters
    ----------
    energies : (E,), eV
        In any order, each once.
    mu : (E, ...)
        Absorption, on any scale. A spectrum with a NaN gives NaN throughout.
    e0 : float, eV
        Edge energy; None finds the steepest rise of the mean spectrum.
    pre, post : (start, end), eV from e0
        Windows of the pre-edge line and the post-edge polynomial; None takes larch's.
    nnorm : int
        Order of the post-edge polynomial; None: 2, or 1 (0) where its window is narrower than 300 (30) eV.
    flatten : bool
        Take slope and curvature of the post-edge away from e0 on.

    Returns
    -------
    NormalizedSpectra
        Its spectra are divided by the step's magnitude, as in larch.

    Raises
    ------
    DataError
        If energies and spectra do not fit, there are fewer than 4 energies, or a window holds none.
    ParameterError
        If e0, a window or the order has a value it cannot have.

    References
    ----------
    M. Newville, J. Phys.: Conf. Ser. 430, 012007 (2013).

    Examples
    --------
    >>> import numpy as np
    >>> energies = np.arange(6500.0, 6700.0, 2.0)
    >>> mu = 1 + 0.5 * (np.arctan((energies - 6550) / 2) / np.pi + 0.5)
    >>> normalized = normalize_spectra(energies, mu)
    >>> normalized.e0, round(float(normalized.edge_step), 2)
    (6550.0, 0.47)
    """
    energy, spectra, order = sorted_spectra(energies, mu)
    p = checked_parameters({"e0": e0, "pre": pre, "post": post, "nnorm": nnorm}, "normalize_spectra")
    edge, _ = edge_of(energy, mean_spectrum(spectra) if p.e0 is None else None, p)
    windows = larch_windows(energy, edge, p.pre, p.post, p.nnorm)
    lines = background(energy, windows)
    flat = spectra.reshape(len(energy), -1)
    step = np.asarray(lines.step, spectra.dtype) @ flat
    matrix = lines.flattened if flatten else lines.subtracted
    with np.errstate(divide="ignore", invalid="ignore"):
        normalized = (matrix.astype(spectra.dtype) @ flat) / np.where(step == 0, np.nan, np.abs(step))
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return NormalizedSpectra(
        normalized[back].reshape(spectra.shape), step.reshape(spectra.shape[1:])[()], edge, windows
    )


def sorted_spectra(energies: npt.ArrayLike, mu: Any) -> tuple[FloatArray, FloatArray, npt.NDArray[np.int64]]:
    """Check energies and spectra and give both sorted by energy (float32 stays float32), with the order that sorted them.

    Raises
    ------
    DataError
    """
    energy = as_energies(energies)
    spectra = np.asarray(as_array(mu, "spectra"))
    spectra = spectra if spectra.dtype == np.float32 else spectra.astype(np.float64, copy=False)
    if spectra.ndim == 0 or len(spectra) != len(energy):
        raise DataError(
            f"Spectra of shape {spectra.shape} do not fit {energy.size} energies: the first axis of the spectra is the energy."
        )
    if len(energy) < FEWEST_ENERGIES:
        raise DataError(
            f"A spectrum of {len(energy)} energies has no background lines: at least {FEWEST_ENERGIES}, on both sides of the "
            "edge, are needed."
        )
    order = np.argsort(energy, kind="stable")
    if np.any(order != np.arange(len(order))):
        energy, spectra = energy[order], spectra[order]
    if np.any(twice := np.diff(energy) == 0):
        raise DataError(f"The energy {energy[1:][twice][0]:g} eV occurs twice: average the two or leave one out.")
    return energy, spectra, order


def mean_spectrum(spectra: FloatArray) -> FloatArray:
    """Mean over the spectra (E, ...) that are finite at all energies.

    Raises
    ------
    DataError
        If there is none.
    """
    flat = spectra.reshape(len(spectra), -1)
    mean = np.full(len(flat), np.nan)
    if flat.shape[1]:
        mean = np.array(in_threads(np.mean, flat), np.float64)
    if np.isfinite(mean).all():
        return mean
    whole = np.isfinite(flat).all(axis=0)
    if not whole.any():
        raise DataError("No spectrum has values at all energies: choose a region that every energy covers.")
    return flat[:, whole].mean(axis=1, dtype=np.float64)
