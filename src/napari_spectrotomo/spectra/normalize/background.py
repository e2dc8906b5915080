"""Background lines of spectra as matrices: everything done to a spectrum before its edge is looked for is linear.

With the windows shared by all spectra, the pre-edge line, the post-edge polynomial, the edge step and the flattened spectrum of a
whole map are one small matrix product.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...data import FloatArray
from .windows import FEWEST_PRE_EDGE, Windows


@dataclass(frozen=True, slots=True, eq=False)
class Background:
    """Linear maps from a spectrum (E,) to its background lines.

    Attributes
    ----------
    pre, post : (E, E) float64
        Give the pre-edge line and the post-edge curve at all energies.
    step : (E,) float64
        Gives the edge step, post-edge less pre-edge at the energy nearest to e0 (negative where the spectrum falls).
    subtracted : (E, E) float64
        Gives the spectrum less its pre-edge line.
    flattened : (E, E) float64
        Gives the flattened spectrum times the edge step: from e0 on, slope and curvature of the post-edge are taken away too.
    slope_variance : float
        Variance of the pre-edge line's slope (per eV) for noise of unit variance.
    """

    pre: FloatArray
    post: FloatArray
    step: FloatArray
    subtracted: FloatArray
    flattened: FloatArray
    slope_variance: float


def background(energies: FloatArray, windows: Windows) -> Background:
    """Build the matrices for `energies` (E,) and their `windows`."""
    n = len(energies)
    below, above = windows.pre_samples, windows.post_samples
    order = 1 if below.stop - below.start >= FEWEST_PRE_EDGE else 0
    fit, everywhere, scale = _polynomial(energies, windows.e0, below, order)
    pre = np.zeros((n, n))
    pre[:, below] = everywhere @ fit
    slope_variance = float((fit[1] ** 2).sum()) / scale**2 if order else 0.0
    subtracted = np.eye(n) - pre
    fit, everywhere, _ = _polynomial(energies, windows.e0, above, windows.nnorm)
    rise = everywhere @ fit @ subtracted[above]
    step = rise[windows.e0_index]
    flattened = subtracted.copy()
    flattened[windows.e0_index :] -= rise[windows.e0_index :] - step
    return Background(pre, pre + rise, step, subtracted, flattened, slope_variance)


def _polynomial(energies: FloatArray, e0: float, samples: slice, order: int) -> tuple[FloatArray, FloatArray, float]:
    """Give (order+1, n) fitting matrix of the samples, the (E, order+1) powers at all energies, and the eV of one unit."""
    scale = float(np.abs(energies - e0).max())
    powers = ((energies - e0) / scale)[:, None] ** np.arange(order + 1)
    return np.linalg.pinv(powers[samples]), powers, scale
