"""Normalised spectra: pre-edge line taken away, divided by the edge step, and flattened above the edge, as larch does it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ...arrays import as_array, as_energies
from ...data import FloatArray
from ...errors import DataError, ParameterError
from ...threads import in_threads
from ..parameters import checked_parameters
from .background import background
from .e0 import edge_of
from .elements import EdgeName
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
        In the unit of the spectra; its magnitude, as in larch, where a spectrum falls.
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
    e0: float | Literal["table"] | None = None,
    pre: Pair | None = None,
    post: Pair | None = None,
    nnorm: int | None = None,
    flatten: bool = True,
    *,
    by: Literal["step", "area", "min-max"] = "step",
    element: str | None = None,
    edge: EdgeName = "K",
) -> NormalizedSpectra:
    """Normalise spectra to an edge step of one, all in one batch with common windows.

    Parameters
    ----------
    energies : (E,), eV
        In any order, each once.
    mu : (E, ...)
        Absorption, on any scale. A spectrum with a NaN gives NaN throughout.
    e0 : float, eV, or 'table'
        Edge energy; None finds the steepest rise of the mean spectrum, unless an element is named whose oxides' edge is known;
        'table' takes the tabulated edge of the element.
    pre, post : (start, end), eV from e0
        Windows of the pre-edge line and the post-edge polynomial; None takes larch's.
    nnorm : int
        Order of the post-edge polynomial; None: 2, or 1 (0) where its window is narrower than 300 (30) eV.
    flatten : bool
        Take slope and curvature of the post-edge away from e0 on.
    by : 'step', 'area' or 'min-max'
        What a spectrum is divided by: its edge step; its mean height from e0 to the end of the post-edge window, for spectra whose
        white line is most of them; or, with no background lines at all, what takes its least value to 0 and its greatest to 1.
    element, edge : str
        Such as 'Mn' and 'K', for e0.

    Returns
    -------
    NormalizedSpectra
        Its spectra are divided by the step's magnitude, as in larch. ``windows.warnings`` says where windows were cut to the scan.

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
    given = {"e0": e0, "pre": pre, "post": post, "nnorm": nnorm, "element": element, "edge": edge}
    p = checked_parameters(given, "normalize_spectra")
    if by not in ("step", "area", "min-max"):
        raise ParameterError(f"normalize_spectra.by cannot be {by!r}: it is 'step', 'area' or 'min-max'.")
    about, _ = edge_of(energy, mean_spectrum(spectra) if p.e0 is None else None, p)
    windows = larch_windows(energy, about, p.pre, p.post, p.nnorm)
    lines = background(energy, windows)
    flat = spectra.reshape(len(energy), -1)
    step = np.asarray(lines.step, spectra.dtype) @ flat
    with np.errstate(divide="ignore", invalid="ignore"):
        if by == "min-max":
            low = flat.min(axis=0)
            normalized = (flat - low) / _not_zero(flat.max(axis=0) - low)
        else:
            height = (
                step if by == "step" else _mean_height(energy, lines.subtracted, windows).astype(spectra.dtype) @ flat
            )
            matrix = lines.flattened if flatten else lines.subtracted
            normalized = (matrix.astype(spectra.dtype) @ flat) / _not_zero(height)
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return NormalizedSpectra(
        normalized[back].reshape(spectra.shape), np.abs(step).reshape(spectra.shape[1:])[()], about, windows
    )


def _not_zero(height: FloatArray) -> FloatArray:
    """Give the magnitude of what spectra are divided by; NaN for nothing."""
    return np.where(height == 0, np.nan, np.abs(height))


def _mean_height(energies: FloatArray, subtracted: FloatArray, windows: Windows) -> FloatArray:
    """Give the (E,) that takes a spectrum to its mean height above the pre-edge line, from e0 to the post-edge's end."""
    used = slice(windows.e0_index, max(windows.post_samples.stop, windows.e0_index + 2))
    at = energies[used]
    weights = np.zeros(len(energies))
    weights[used] = np.gradient(at)
    weights[used][[0, -1]] /= 2
    return np.asarray(weights @ subtracted / weights.sum())


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
