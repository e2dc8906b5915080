"""Where the absorption edge of a spectrum lies: the energy e0 from which all windows count.

The rules are those of larch (M. Newville, J. Phys. Conf. Ser. 430, 012007, 2013), so that normalised spectra agree with its.
"""

from __future__ import annotations

import numpy as np

from ...data import FloatArray

FEWEST_FOR_SMOOTHING = 20
"""Below this number of energies the derivative is taken as it is: larch's windows would leave nothing of the scan."""


def find_e0(energies: FloatArray, mu: FloatArray) -> float:
    """Find the energy of the steepest rise of one spectrum.

    A first guess is the maximum of the derivative; a second one, within 75 samples of it, that of the derivative smoothed by a
    Lorentzian of about the width of the energy step.

    Parameters
    ----------
    energies : (E,) float64, eV, ascending
    mu : (E,) float64
        Finite.

    Returns
    -------
    float
        One of `energies`, in eV.
    """
    if len(energies) < FEWEST_FOR_SMOOTHING:
        return float(energies[1 + int(np.argmax(_slope(energies, mu)[1:-1]))])
    guess = _steepest(_slope(energies[:-1], mu[:-1]))  # in every search the last sample does not count
    first, stop = max(3, guess - 75), min(guess + 75, len(energies) - 3)
    about = float(energies[guess])
    if guess < 0.05 * len(energies):
        first, stop, about = max(3, guess - 20), len(energies) - 3, float(energies.mean())
    width = 0.5 * (np.clip(_smallest_step(energies[:-1]), 0.01, 1.0) + np.clip(about / 25000.0, 0.01, 1.0))
    near, rise = energies[first : stop - 1], _slope(energies[first : stop - 1], mu[first : stop - 1])
    best = _steepest(_smoothed(near, rise, float(width)))
    return float(near[best] if best >= 1 else near[2])


def _slope(energies: FloatArray, mu: FloatArray) -> FloatArray:
    return np.gradient(mu) / np.gradient(energies)


def _smallest_step(energies: FloatArray) -> float:
    """Give the mean of the ten smallest steps, but for one in a hundred samples on either side; 1 eV where that leaves none."""
    skip = int(0.01 * len(energies))
    steps = np.sort(np.diff(energies[:-1][skip:-skip])) if skip else np.empty(0)
    return float(steps[skip : skip + 10].mean()) if len(steps) > skip else 1.0


def _steepest(slope: FloatArray) -> int:
    """Index of the greatest slope whose neighbours are steep as well, so that a single glitch does not win; 0 for none."""
    n = len(slope)
    margin = max(3, int(0.02 * n))
    slope = np.where(np.isfinite(slope), slope, -1.0)
    inner = slope[margin:-margin] if n > 2 * margin else slope
    relative = (slope - inner.min()) / max(1e-10, float(np.ptp(inner)))
    level = 0.6 if n > 20 else 0.3
    steep = relative > level
    if steep.sum() < 3:
        for _ in range(2):
            if steep.sum() <= 3:
                level *= 0.5
                steep = relative > level
    if steep.sum() < 3:
        steep[:] = True
    beside = np.zeros(n, bool)
    beside[1:-1] = steep[:-2] & steep[2:]
    allowed = steep & beside & (relative > 0)
    allowed[:margin] = allowed[n - margin + 1 :] = False
    return int(np.argmax(np.where(allowed, relative, 0.0)))


def _smoothed(energies: FloatArray, values: FloatArray, width: float) -> FloatArray:
    """Convolve `values` with a Lorentzian of half width `width`, on an even grid of that step and mirrored at its ends."""
    from scipy.signal import fftconvolve

    start = width * int((energies[0] - 5 * width) / width)
    stop = width * int((energies[-1] + 5 * width) / width)
    n = min(1 + int(abs(stop - start + 0.1 * width) / width), 50 * len(energies))
    grid = np.linspace(start, stop, n)
    even = np.interp(grid, energies, values)
    window = 1.0 / (1.0 + (np.arange(2 * n) - n) ** 2)
    padded = np.concatenate((even[n:0:-1], even, even[-1 : -n - 1 : -1]))
    smooth = fftconvolve(padded, window / window.sum(), mode="valid")
    smooth = smooth[(len(smooth) - n) // 2 :][:n]
    return np.interp(energies, grid, smooth)
