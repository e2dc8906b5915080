"""Every voxel as a mixture of reference spectra, on plain arrays and on stacks bigger than memory."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ...arrays import as_numbers
from ...data import EnergyStack, FloatArray, require
from ...errors import DataError, ParameterError
from ...parameters import checked
from ...progress import Progress, ProgressCallback
from ..normalize.e0 import edge_of
from ..normalize.elements import EdgeName
from ..normalize.normalization import FEWEST_ENERGIES, mean_spectrum, sorted_spectra
from ..normalize.windows import Pair, map_windows
from ..parameters import SpectraParameters, checked_parameters
from ..slabs import MEMORY, MaskedSpectra, mask_of
from .mixture import Mixture, mixture
from .parameters import CompositionParameters
from .rgb import Colors, composition_rgb

_D = CompositionParameters()
_S = SpectraParameters()
References = Mapping[str, tuple[npt.ArrayLike, npt.ArrayLike]]
_MANY_UNDEFINED = 0.2
_MANY_BOUND = 0.05
_MANY_ZERO = 0.95


@dataclass(frozen=True, slots=True, eq=False)
class Composition:
    """What every voxel is made of, and how far to trust it.

    The fractions are shares of the edge step: of the atoms of the element scanned, not of mass or volume.

    Attributes
    ----------
    names : tuple of str
        Of the R references.
    fractions : (R, z, y, x) float32
        NaN outside the mask, where a value is missing, and where there is no edge; their sum is free unless it was held at one.
    error : (R, z, y, x) float32
        One standard deviation of each, from what backgrounds and references leave of the voxel's own spectrum, through
        normalisation and fit; misfit counts as noise. A fraction of exactly 0 cannot scatter below it: its error is that of a fit
        in which it could, so that up to about so much may hide in the noise. With the sum held at one the same holds for a
        fraction of 1. Errors know nothing of references that are wrong, or left out. NaN where no degree of freedom is left, and
        where the shift is.
    residual : (z, y, x) float32
        Sum of squares left over that of the normalised spectrum, at the energies fitted.
    shift : (z, y, x) float32, eV, or None where none was allowed
        Added to the energies of the references to fit the voxel best; NaN where it lies at the bound, whose fractions stand there.
    energies : (E,) float64, eV
        Of the scan, as used.
    fitted : (E,) bool
        Which of them were compared.
    references : (R, E) float64
        Normalised on these energies.
    e0 : float, eV
    windows : dict
        As of an `EdgeMap`, and ``'window'``, the first and last energy compared (eV).
    warnings : tuple of str
    voxel_size : (3,) float64, nm, or None
    """

    names: tuple[str, ...]
    fractions: npt.NDArray[np.float32]
    error: npt.NDArray[np.float32]
    residual: npt.NDArray[np.float32]
    shift: npt.NDArray[np.float32] | None
    energies: FloatArray
    fitted: npt.NDArray[np.bool_]
    references: FloatArray
    e0: float
    windows: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    voxel_size: FloatArray | None = None

    def rgb(
        self, channels: Sequence[int | str] | None = None, *, colors: Colors = "magenta-yellow-cyan"
    ) -> npt.NDArray[np.uint8]:
        """Give the fractions as a picture (z, y, x, 3) by `composition_rgb`; channels are numbers or names of references.

        Raises
        ------
        ParameterError
            If a name is not known, or more than three references are not chosen from.
        """
        chosen = None if channels is None else [self._number(c) for c in channels]
        return composition_rgb(self.fractions, chosen, colors=colors)

    def _number(self, channel: int | str) -> int:
        if isinstance(channel, str):
            if channel not in self.names:
                raise ParameterError(f"There is no reference {channel!r}; known here: {', '.join(self.names)}.")
            return self.names.index(channel)
        return channel


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
        Make the fractions of a voxel sum to one exactly.
    max_shift : float, eV
        How far the references may be shifted in energy, together, to fit a voxel best; 0: not at all.
    broadening : float, eV
        Full width at half maximum of the Gaussian with which references are broadened to the scan's resolution.
    window : (start, end), eV from e0
        Where flattened spectra are compared; None: from -20 to 60, as far as the scan and all references go.
    element, edge, e0, pre, post, nnorm, energy_shift
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
    slabs = MaskedSpectra(stack, where, memory)
    mean, _ = slabs.mean_spectrum(abort)
    fit, doubts = _set_up(stack.energies + shared.energy_shift, mean, references, own, shared)
    found = _empty(fit, stack.shape)
    for done, (z, inside, spectra) in enumerate(slabs.each(abort), 1):
        mixed = fit.run(spectra)
        found.fractions[:, z][:, inside] = mixed.fractions
        found.error[:, z][:, inside] = mixed.error
        found.residual[z][inside] = mixed.residual
        if found.shift is not None and mixed.shift is not None:
            found.shift[z][inside] = mixed.shift
        if progress is not None:
            progress(Progress("composition", done, len(slabs.parts), f"fractions of slices {z.start} to {z.stop - 1}"))
    warnings = (*doubts, *fit.windows.warnings, *fit.warnings, *_doubts(found, where))
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
    found = _empty(fit, shape)
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


def _empty(fit: Mixture, shape: tuple[int, ...]) -> Composition:
    """A composition of nothing but NaN, to be filled."""
    used = fit.energies[fit.fitted]
    return Composition(
        names=fit.names,
        fractions=np.full((len(fit.names), *shape), np.nan, np.float32),
        error=np.full((len(fit.names), *shape), np.nan, np.float32),
        residual=np.full(shape, np.nan, np.float32),
        shift=np.full(shape, np.nan, np.float32) if fit.max_shift > 0 else None,
        energies=fit.energies,
        fitted=fit.fitted,
        references=fit.references,
        e0=fit.windows.e0,
        windows=fit.windows.as_plain(fit.energies) | {"window": (float(used[0]), float(used[-1]))},
    )


def _doubts(found: Composition, where: npt.NDArray[np.bool_]) -> list[str]:
    doubts = []
    defined = np.isfinite(found.residual[where])
    if (undefined := 1.0 - float(defined.mean())) > _MANY_UNDEFINED:
        doubts.append(
            f"{undefined:.0%} of the voxels looked at have no fractions: their edge step does not stand out of the noise, or a "
            "value is missing at some energy."
        )
    if found.shift is not None and defined.any():
        bound = 1.0 - float(np.isfinite(found.shift[where][defined]).mean())
        if bound > _MANY_BOUND:
            doubts.append(
                f"The best shift lies at its bound in {bound:.0%} of the voxels: allow a larger one, or mend the energies first."
            )
    return doubts
