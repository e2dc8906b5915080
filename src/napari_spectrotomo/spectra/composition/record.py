"""What a fit of references found in every voxel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ...data import FloatArray
from ...errors import ParameterError
from .mixture import Mixture
from .rgb import Colors, composition_rgb

_MANY_UNDEFINED = 0.2
_MANY_BOUND = 0.05


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
        normalisation and fit; misfit counts as noise. Where the edge step is less than some seven times the noise, errors are up to
        a tenth too large. A fraction of exactly 0 cannot scatter below it: its error is that of a fit
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


def empty(fit: Mixture, shape: tuple[int, ...]) -> Composition:
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


def doubts_of(found: Composition, where: npt.NDArray[np.bool_]) -> list[str]:
    """Say what is doubtful about fractions of the voxels looked at."""
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
