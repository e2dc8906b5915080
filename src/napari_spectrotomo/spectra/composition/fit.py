"""Every voxel as a mixture of reference spectra, on plain arrays and on stacks bigger than memory."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ...arrays import as_numbers
from ...data import EnergyStack, FloatArray, require
from ...errors import DataError, ParameterError
from ...parameters import checked
from ...progress import Progress, ProgressCallback
from ..averaging import averaging_of
from ..normalize.e0 import edge_of
from ..normalize.elements import EdgeName
from ..normalize.normalization import FEWEST_ENERGIES, mean_spectrum, sorted_spectra
from ..normalize.windows import Pair, map_windows
from ..parameters import SpectraParameters, checked_parameters
from ..slabs import MEMORY, MaskedSpectra, mask_of
from .mixture import Mixture, mixture
from .parameters import CompositionParameters
from .record import Composition, doubts_of, empty

_D = CompositionParameters()
_S = SpectraParameters()
References = Mapping[str, tuple[npt.ArrayLike, npt.ArrayLike]]


def fit_references(
    stack: EnergyStack,
    references: References,
    *,
    mask: npt.ArrayLike | None = None,
    sum_to_one: bool = _D.sum_to_one,
    max_shift: float = _D.max_shift,
    broadening: float = _D.broadening,
    window: Pair | None = _D.window,
    element: str | None = _S.element,
    edge: EdgeName = _S.edge,
    e0: float | Literal["table"] | None = _S.e0,
    pre: Pair | None = _S.pre,
    post: Pair | None = _S.post,
    nnorm: int | None = _S.nnorm,
    smooth: float = _S.smooth,
    binning: int = _S.binning,
    energy_shift: float = _S.energy_shift,
    least_step: float = _S.least_step,
    memory: float = MEMORY,
    progress: ProgressCallback | None = None,
    abort: threading.Event | None = None,
) -> Composition:
    """Fit the normalised spectrum of every voxel with non-negative fractions of reference spectra.

    Parameters
    ----------
    stack : EnergyStack
        Read in slabs of z, one energy at a time.
    references : dict of name to (energy, mu)
        As `read_references` gives them. Each is normalised with the scan's windows, as far as it covers them.
    mask : (z, y, x)
        Voxels to look at, where true or not zero; None: all.
    sum_to_one : bool
        Make the fractions of a voxel sum to one exactly: by a constraint, or by dividing by the sum where a reference is too short
        to have the scan's edge step (with a warning).
    max_shift : float, eV
        How far the references may be shifted in energy, together, to fit a voxel best; 0: not at all.
    broadening : float, eV
        Full width at half maximum of the Gaussian with which references are broadened to the scan's resolution.
    window : (start, end), eV from e0
        Where flattened spectra are compared; None: from -20 to 60, as far as the scan and all references go.
    element, edge, e0, pre, post, nnorm, smooth, binning, energy_shift
        As of `edge_energy`: voxels and references share its windows.
    least_step : float
        A voxel counts where its edge step is more than so many times its noise.
    memory : float
        Bytes of spectra held at a time.
    progress, abort
        Called after each slab; stops the work between slabs.

    Raises
    ------
    DataError
        If a reference cannot be used, the mask does not fit or is empty, or there are too few energies.
    ParameterError
        If a parameter has a value it cannot have.

    References
    ----------
    C. L. Lawson and R. J. Hanson, Solving Least Squares Problems, Prentice-Hall (1974), chapter 23.
    """
    own = _checked(sum_to_one, max_shift, broadening, window)
    shared = checked_parameters(
        {
            "element": element,
            "edge": edge,
            "e0": e0,
            "pre": pre,
            "post": post,
            "nnorm": nnorm,
            "smooth": smooth,
            "binning": binning,
            "energy_shift": energy_shift,
            "least_step": least_step,
        },
        "spectra",
    )
    require(stack, EnergyStack, "fit_references")
    if len(stack) < FEWEST_ENERGIES:
        raise DataError(
            f"A stack of {len(stack)} energies has no edge: at least {FEWEST_ENERGIES}, on both sides of the edge, are needed."
        )
    where = mask_of(mask, stack.shape)
    slabs = MaskedSpectra(stack, where, memory, averaging_of(shared, mask))
    mean, _ = slabs.mean_spectrum(abort)
    fit, doubts = _set_up(stack.energies + shared.energy_shift, mean, references, own, shared)
    found = empty(fit, stack.shape)
    for done, (z, inside, spectra) in enumerate(slabs.each(abort), 1):
        mixed = fit.run(spectra)
        found.fractions[:, z][:, inside] = mixed.fractions
        found.error[:, z][:, inside] = mixed.error
        found.residual[z][inside] = mixed.residual
        if found.shift is not None and mixed.shift is not None:
            found.shift[z][inside] = mixed.shift
        if progress is not None:
            progress(Progress("composition", done, len(slabs.parts), f"fractions of slices {z.start} to {z.stop - 1}"))
    warnings = (*doubts, *fit.windows.warnings, *fit.warnings, *doubts_of(found, where))
    return replace(found, warnings=warnings, voxel_size=stack.voxel_size)


def fit_references_of(
    energies: npt.ArrayLike,
    mu: npt.ArrayLike,
    references: References,
    *,
    sum_to_one: bool = _D.sum_to_one,
    max_shift: float = _D.max_shift,
    broadening: float = _D.broadening,
    window: Pair | None = _D.window,
    element: str | None = _S.element,
    edge: EdgeName = _S.edge,
    e0: float | Literal["table"] | None = _S.e0,
    pre: Pair | None = _S.pre,
    post: Pair | None = _S.post,
    nnorm: int | None = _S.nnorm,
    energy_shift: float = _S.energy_shift,
    least_step: float = _S.least_step,
) -> Composition:
    """Fit spectra in a plain array with non-negative fractions of reference spectra, as `fit_references` does a stack's.

    Parameters
    ----------
    energies : (E,), eV
        In any order, each once.
    mu : (E, ...)
        Absorption, on any scale.
    references, sum_to_one, max_shift, broadening, window, element, edge, e0, pre, post, nnorm, energy_shift, least_step
        As of `fit_references`.

    Returns
    -------
    Composition
        Its fractions and errors are (R, ...), residual and shift (...).

    Raises
    ------
    DataError
        If a reference cannot be used, or energies and spectra do not fit.
    ParameterError
        If a parameter has a value it cannot have.

    Examples
    --------
    >>> import numpy as np
    >>> energies = np.arange(6500.0, 6700.0, 2.0)
    >>> low, high = (0.5 + np.arctan((energies - e) / 2) / np.pi for e in (6546.0, 6552.0))
    >>> found = fit_references_of(energies, 0.3 * low + 0.7 * high, {"low": (energies, low), "high": (energies, high)})
    >>> found.fractions.round(2).tolist()
    [0.30000001192092896, 0.699999988079071]
    """
    own = _checked(sum_to_one, max_shift, broadening, window)
    shared = checked_parameters(
        {
            "element": element,
            "edge": edge,
            "e0": e0,
            "pre": pre,
            "post": post,
            "nnorm": nnorm,
            "energy_shift": energy_shift,
            "least_step": least_step,
        },
        "spectra",
    )
    energy, spectra, _ = sorted_spectra(energies, mu)
    fit, doubts = _set_up(energy + shared.energy_shift, mean_spectrum(spectra), references, own, shared)
    shape = spectra.shape[1:]
    found = empty(fit, shape)
    mixed = fit.run(spectra.reshape(len(energy), -1))
    return replace(
        found,
        fractions=mixed.fractions.reshape(-1, *shape),
        error=mixed.error.reshape(-1, *shape),
        residual=mixed.residual.reshape(shape),
        shift=None if mixed.shift is None else mixed.shift.reshape(shape),
        warnings=(*doubts, *fit.windows.warnings, *fit.warnings),
    )


def _checked(sum_to_one: bool, max_shift: float, broadening: float, window: Any) -> CompositionParameters:
    given = {"sum_to_one": sum_to_one, "max_shift": max_shift, "broadening": broadening}
    given = {name: value.item() if isinstance(value, np.generic) else value for name, value in given.items()}
    ends = None if window is None else as_numbers(window, "ends of composition.window", ParameterError)
    if ends is not None and ends.shape != (2,):
        raise ParameterError(
            f"composition.window cannot be {window!r}: a window is two numbers, its start and its end in eV from e0."
        )
    return checked(
        CompositionParameters, {**given, "window": None if ends is None else tuple(ends.tolist())}, where="composition"
    )


def _set_up(
    energies: FloatArray, mean: FloatArray, references: Any, own: CompositionParameters, shared: SpectraParameters
) -> tuple[Mixture, tuple[str, ...]]:
    """Give the fit for spectra at `energies`, and what is doubtful about their edge."""
    e0, doubts = edge_of(energies, mean, shared)
    windows = map_windows(energies, e0, shared.pre, shared.post, shared.nnorm)
    fit = mixture(
        energies,
        windows,
        references,
        sum_to_one=own.sum_to_one,
        max_shift=own.max_shift,
        broadening=own.broadening,
        window=own.window,
        least_step=shared.least_step,
    )
    return fit, doubts
