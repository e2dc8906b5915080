"""Model spectra of the manganese oxides: an error-function edge and a Gaussian white line.

Both ends are flat, so that background lines take nothing of them, and the half heights are those of the measured standards.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..data import FloatArray
from ..io import write_spectra

HALF_HEIGHTS = {"MnO": 6543.95, "Mn3O4": 6546.06, "Mn2O3": 6549.12, "MnO2": 6552.42}
"""Energy (eV) at which the normalised spectrum reaches one half."""
VALENCES = {"MnO": 2.0, "Mn3O4": 8 / 3, "Mn2O3": 3.0, "MnO2": 4.0}
"""Mean valence of manganese in each."""
EDGE_WIDTH, LINE_HEIGHT, LINE_DISTANCE, LINE_WIDTH = 2.2, 0.6, 8.0, 4.0
"""Standard deviation of the edge (eV); height, distance from the edge (eV) and standard deviation (eV) of the white line."""
FINE_STEP = 0.05


def oxide_spectrum(oxide: str, energies: FloatArray) -> FloatArray:
    """Give the normalised spectrum (E,) of an oxide: 0 well below its edge, 1 well above."""
    relative = np.linspace(-20.0, 20.0, 4001)
    half = np.interp(0.5, *_rising(_shape(relative), relative))
    return _shape(np.asarray(energies, np.float64) - HALF_HEIGHTS[oxide] + half)


def write_standards(folder: str | Path, energies: FloatArray) -> Path:
    """Write the oxides' spectra over the range of a scan as XDI files, and the text file that names them with their valences.

    Parameters
    ----------
    folder : path
        Made where it is missing.
    energies : (E,), eV
        Of the scan: spectra span them, a point each half eV, so that windows are the scan's.

    Returns
    -------
    Path
        Of ``standards.txt``, as the parameter `spectra.standards` takes it.
    """
    home = Path(folder)
    home.mkdir(parents=True, exist_ok=True)
    fine = np.arange(float(np.min(energies)), float(np.max(energies)) + 0.5, 0.5)
    lines = ["# a spectrum, and the valence of its manganese"]
    for oxide, valence in VALENCES.items():
        about = {"Element.symbol": "Mn", "Element.edge": "K", "Sample.name": f"{oxide}, simulated"}
        write_spectra(home / f"{oxide}.xdi", fine, {oxide: oxide_spectrum(oxide, fine)}, metadata=about)
        lines.append(f"{oxide}.xdi, {valence:.4g}")
    path = home / "standards.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def half_heights(energies: FloatArray, spectra: FloatArray) -> FloatArray:
    """Energy at which each spectrum (E, N) first reaches one half, on straight lines between energies; NaN where it does not."""
    if len(spectra) < 2:
        return np.full(spectra.shape[1], np.nan)
    rises = (spectra[:-1] < 0.5) & (spectra[1:] >= 0.5)
    first, each = np.argmax(rises, axis=0), np.arange(spectra.shape[1])
    below, above = spectra[first, each], spectra[first + 1, each]
    with np.errstate(divide="ignore", invalid="ignore"):
        at = energies[first] + (0.5 - below) / (above - below) * (energies[first + 1] - energies[first])
    return np.where(rises.any(axis=0), at, np.nan)


def _shape(relative: FloatArray) -> FloatArray:
    from scipy.special import ndtr

    edge = ndtr(relative / EDGE_WIDTH)
    return edge + LINE_HEIGHT * np.exp(-0.5 * ((relative - LINE_DISTANCE) / LINE_WIDTH) ** 2)


def _rising(values: FloatArray, at: FloatArray) -> tuple[FloatArray, FloatArray]:
    top = int(np.argmax(values))
    return values[:top], at[:top]
