"""Measured reference spectra, put onto the energies of a scan.

Each reference gets its pre-edge line taken off and an edge step of one on its own, dense grid. Then it is broadened to the
scan's resolution and read at the scan's energies, where it is normalised once more with the very matrices that normalise the
voxels: what the scan's coarse grid does to a voxel's background lines it does to the references too, and biases no fraction. A
reference too short for the scan's windows is normalised and flattened with its own, and is 0 and 1 beyond its ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.polynomial import Polynomial

from ...arrays import as_energies, as_numbers
from ...data import FloatArray
from ...errors import DataError
from ..normalize.normalization import FEWEST_ENERGIES
from ..normalize.windows import FEWEST_PRE_EDGE, Pair, Windows, larch_windows, map_windows

LEAST_STEP = 1e-6
"""An edge step below this share of the attenuation is none."""
TAILS = 4.5
"""Where the broadening Gaussian is cut off, in standard deviations."""
FINENESS = 10
"""Samples a standard deviation of that Gaussian, at least; more where the reference is measured more finely."""
MOST_SAMPLES = 4001
SHORT_START, SHORT_SPAN = 30.0, 30.0
"""Where above e0 (eV) the post-edge line of a reference starts that is too short for the scan's windows, if it then has this span:
behind the white line's flank, on which larch's start of 25 eV makes the steps of Mn oxides 10 % too large."""
LOST = 15.0
"""A reference that falls so many eV short of a window still counts as covering it: a coarse scan's step there."""
FWHM = 2.0 * np.sqrt(2.0 * np.log(2.0))
"""Full width at half maximum of a Gaussian of standard deviation one."""


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """A measured spectrum with an edge step of one and no pre-edge line, at any energy.

    Attributes
    ----------
    name : str
    energies : (n,) float64, eV, ascending
    mu : (n,) float64
    after : Polynomial
        Its post-edge line, over eV; below its first energy a reference is 0.
    short : str
        How it was normalised where it ends before the scan's windows do, in words; empty where its edge step is that of the scan.
    warnings : tuple of str
    """

    name: str
    energies: FloatArray
    mu: FloatArray
    after: Polynomial
    short: str = ""
    warnings: tuple[str, ...] = ()

    def at(self, energies: FloatArray, broadening: float = 0.0) -> FloatArray:
        """Give the spectrum at `energies` (E,), convolved with a Gaussian of FWHM `broadening` eV.

        The convolution is summed on an even grid about every energy; beyond the ends stand the background lines.
        """
        if broadening <= 0:
            return self._between(energies)
        sigma = broadening / FWHM
        step = min(sigma / FINENESS, float(np.quantile(np.diff(self.energies), 0.25)))
        half = min(int(np.ceil(TAILS * sigma / step)), MOST_SAMPLES // 2)
        apart = np.linspace(-TAILS * sigma, TAILS * sigma, 2 * half + 1)
        weights = np.exp(-0.5 * (apart / sigma) ** 2)
        around = self._between((energies[:, None] + apart).ravel()).reshape(len(energies), -1)
        return around @ (weights / weights.sum())

    def _between(self, energies: FloatArray) -> FloatArray:
        from scipy.interpolate import Akima1DInterpolator

        curve = Akima1DInterpolator(self.energies, self.mu, method="makima")
        inside = curve(np.clip(energies, self.energies[0], self.energies[-1]))
        return np.where(
            energies < self.energies[0], 0.0, np.where(energies > self.energies[-1], self.after(energies), inside)
        )


def read_in(references: Any, scan: FloatArray, windows: Windows) -> tuple[Reference, ...]:
    """Check references and normalise each on its own grid, with the windows of the scan as far as it covers them.

    Parameters
    ----------
    references : mapping of name to (energy, mu)
        As `read_references` gives them; in any order of energy.
    scan : (E,) eV
        Energies of the scan.
    windows : Windows
        The scan's.

    Raises
    ------
    DataError
        If there is none, one is no pair of finite numbers of the same length, or one does not go across the edge.
    """
    if not isinstance(references, Mapping) or not references:
        raise DataError(
            "References are a dict of name to (energy, mu), one at least: get them with read_references, or write such a dict."
        )
    return tuple(_reference(str(name), spectrum, scan, windows) for name, spectrum in references.items())


def _reference(name: str, spectrum: Any, scan: FloatArray, windows: Windows) -> Reference:
    energies, mu, warnings = _sorted(name, spectrum)
    relative = energies - windows.e0
    if not relative[1] <= 0 <= relative[-2]:
        raise DataError(
            f"The reference {name} does not go across the edge at {windows.e0:.0f} eV: it goes from {energies[0]:.0f} to "
            f"{energies[-1]:.0f} eV. Leave it out; if it is of the element scanned, measure it across the edge."
        )
    covers = all(_reaches(relative, window) for window in (windows.pre, windows.post))
    try:
        if covers:
            own = map_windows(energies, windows.e0, windows.pre, windows.post, windows.nnorm)
        else:
            high = float(relative[-1])
            fits = high >= SHORT_START + SHORT_SPAN
            own = larch_windows(energies, windows.e0, post=(SHORT_START, high) if fits else None)
    except DataError as error:
        raise DataError(f"The reference {name} cannot be normalised. {error}") from error
    below, above = own.pre_samples, own.post_samples
    flat = mu - Polynomial.fit(energies[below], mu[below], own.pre_order)(energies)
    rise = Polynomial.fit(energies[above], flat[above], own.nnorm)
    step = float(rise(energies[own.e0_index]))
    if not step > LEAST_STEP * float(np.abs(mu).max()):
        raise DataError(
            f"The reference {name} has no edge step at {windows.e0:.0f} eV ({step:.3g}): check that it is attenuation, not "
            "transmission, and of the element scanned."
        )
    short = ""
    if covers:
        after = Polynomial.fit(energies[above], flat[above] / step, min(own.nnorm, 1))
    else:
        flat[own.e0_index :] -= rise(energies[own.e0_index :]) - step
        after = Polynomial([1.0])
        short = (
            f"from {energies[0]:.0f} to {energies[-1]:.0f} eV only, within {energies[below][0]:.0f} to "
            f"{energies[below][-1]:.0f} and {energies[above][0]:.0f} to {energies[above][-1]:.0f} eV"
        )
    return Reference(name, energies, flat / step, after, short, tuple(warnings))


def _reaches(relative: FloatArray, window: Pair) -> bool:
    """Whether a reference has samples enough in a window, and covers it but for a sample of a coarse scan."""
    inside = relative[(relative >= window[0]) & (relative <= window[1])]
    return len(inside) >= FEWEST_PRE_EDGE and relative[0] <= window[0] + LOST and relative[-1] >= window[1] - LOST


def _sorted(name: str, spectrum: Any) -> tuple[FloatArray, FloatArray, list[str]]:
    try:
        energies, mu = spectrum
    except (TypeError, ValueError) as error:
        raise DataError(
            f"The reference {name} is no pair of energies and attenuation: give (energy, mu), both of n numbers."
        ) from error
    energies, mu = as_energies(energies), as_numbers(mu, f"values of the reference {name}")
    if mu.shape != energies.shape or len(energies) < FEWEST_ENERGIES:
        raise DataError(
            f"The reference {name} has {energies.size} energies and values of shape {mu.shape}: give one value an energy, and "
            f"{FEWEST_ENERGIES} energies at least."
        )
    if not np.isfinite(mu).all():
        bad = energies[~np.isfinite(mu)]
        raise DataError(
            f"The reference {name} has {len(bad)} values that are no numbers, the first at {bad[0]:.1f} eV: leave those "
            "energies out."
        )
    unique, where, count = np.unique(energies, return_inverse=True, return_counts=True)
    if len(unique) == len(energies):
        order = np.argsort(energies)
        return energies[order], mu[order], []
    if len(unique) < FEWEST_ENERGIES:
        raise DataError(
            f"The reference {name} has {len(unique)} different energies: at least {FEWEST_ENERGIES} are needed."
        )
    warning = (
        f"The reference {name} has {len(energies) - len(unique)} energies more than once: their values were averaged."
    )
    return unique, np.bincount(where, mu) / count, [warning]
