"""Background lines of spectra as matrices: everything done to a spectrum before its edge is looked for is linear.

With the windows shared by all spectra, the pre-edge line, the post-edge polynomial, the edge step and the flattened spectrum of a
whole map are a few products a sample.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...data import FloatArray
from .windows import Windows


@dataclass(frozen=True, slots=True, eq=False)
class Background:
    """Linear maps from a spectrum (E,) to its background lines, and the fits they are made of.

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
    pre_fit, post_fit : (2, n_pre) and (nnorm + 1, n_post) float64
        Give the coefficients of the lines from the samples of their windows, the latter of spectra less their pre-edge line.
    pre_powers, post_powers : (E, 2) and (E, nnorm + 1) float64
        Powers of the energy that those are the coefficients of; a pre-edge that is a constant has no slope.
    """

    pre: FloatArray
    post: FloatArray
    step: FloatArray
    subtracted: FloatArray
    flattened: FloatArray
    pre_fit: FloatArray
    post_fit: FloatArray
    pre_powers: FloatArray
    post_powers: FloatArray


def background(energies: FloatArray, windows: Windows) -> Background:
    """Build the matrices for `energies` (E,) and their `windows`."""
    n = len(energies)
    below, above = windows.pre_samples, windows.post_samples
    order = windows.pre_order
    pre_fit, pre_powers = np.zeros((2, below.stop - below.start)), np.zeros((n, 2))
    pre_fit[: order + 1], pre_powers[:, : order + 1] = _polynomial(energies, below, order)
    pre = np.zeros((n, n))
    pre[:, below] = pre_powers @ pre_fit
    subtracted = np.eye(n) - pre
    post_fit, post_powers = _polynomial(energies, above, windows.nnorm)
    rise = post_powers @ post_fit @ subtracted[above]
    step = rise[windows.e0_index]
    flattened = subtracted.copy()
    flattened[windows.e0_index :] -= rise[windows.e0_index :] - step
    return Background(pre, pre + rise, step, subtracted, flattened, pre_fit, post_fit, pre_powers, post_powers)


def _polynomial(energies: FloatArray, samples: slice, order: int) -> tuple[FloatArray, FloatArray]:
    """Give the (order+1, n) fitting matrix of the samples, and the (E, order+1) powers at all energies.

    Of energies counted from the middle of the samples, in half their span, so that high orders stay exact.
    """
    used = energies[samples]
    half = 0.5 * float(np.ptp(used)) or 1.0
    powers = ((energies - 0.5 * (used[0] + used[-1])) / half)[:, None] ** np.arange(order + 1)
    return np.linalg.pinv(powers[samples]), powers
