"""The energy axis against a metal foil, whose edge is tabulated."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ...data import FloatArray
from ...errors import DataError
from ..normalize.absorption_edge import find_e0
from ..normalize.elements import EdgeName, tabulated_edge
from .matching import slope_operator
from .shift import EnergyShift, one_spectrum

RESOLUTION = 0.7
"""Standard deviation (eV) of the Gaussian over which slopes are taken: foils have two rises some 5 eV apart."""
STANDS_OUT = 0.25
"""A maximum of the derivative counts from this share of the highest one on, and by as much above the dip after it, halved."""
BEFORE, AFTER = 25.0, 15.0
"""Where it is looked for, eV from the steepest rise."""
FAR = 10.0
"""Axes are seldom off by more (eV)."""
_COARSE = 1.5


def foil_shift(energies: npt.ArrayLike, mu: npt.ArrayLike, element: str, edge: EdgeName = "K") -> EnergyShift:
    """Find what must be added to a scan's energies to bring a metal foil measured with it to its tabulated edge.

    The edge of a metal is by convention the first maximum of its derivative (Bearden and Burr 1967, Kraft et al. 1996), not the
    highest: in iron it is a shoulder some 6 eV before that. Derivatives are taken over 0.7 eV, and the maximum read off a
    parabola.

    Parameters
    ----------
    energies : (E,), eV
    mu : (E,)
        Absorption of the foil, on any scale.
    element : str
        Symbol, such as 'Fe'.
    edge : 'K' or 'L3'

    Returns
    -------
    EnergyShift
        Its residual is NaN: nothing is matched. With doubts where the grid is too coarse to tell the two rises apart, or the
        shift is large.

    Raises
    ------
    DataError
        If the spectrum has no values, or no rise that stands out.
    ParameterError
        If there is no such element, or it has no such edge.

    References
    ----------
    J. A. Bearden and A. F. Burr, Rev. Mod. Phys. 39, 125 (1967).
    S. Kraft, J. Stümpel, P. Becker and U. Kuetgens, Rev. Sci. Instrum. 67, 681 (1996).
    """
    table = tabulated_edge(element, edge)
    energy, values = one_spectrum(energies, mu, "foil")
    e0 = find_e0(energy, values)
    near = (energy >= e0 - BEFORE - 10) & (energy <= e0 + AFTER + 10)
    energy, values = energy[near], values[near]
    if len(energy) < 7:
        raise DataError(
            f"Only {len(energy)} energies lie near the steepest rise at {e0:.1f} eV: measure the foil in steps of 1 eV or less."
        )
    operator, _ = slope_operator(energy, RESOLUTION)
    top = _first_maximum(energy, operator @ values, e0)
    found, derivative = _vertex(energy, operator @ values, top)
    noise = _noise(values)
    uncertainty = float(noise * np.linalg.norm(derivative @ operator[top - 1 : top + 2]))
    return EnergyShift(table - found, uncertainty, float("nan"), _doubts(energy, top, table - found, element))


def _first_maximum(energies: FloatArray, slope: FloatArray, e0: float) -> int:
    """Index of the first maximum that stands out of the derivative."""
    from scipy.signal import find_peaks

    inside = (energies >= e0 - BEFORE) & (energies <= e0 + AFTER)
    highest = float(slope[inside].max())
    if highest > 0:
        tops, _ = find_peaks(slope, height=STANDS_OUT * highest, prominence=0.5 * STANDS_OUT * highest)
        tops = tops[inside[tops] & (tops > 0) & (tops < len(slope) - 1)]
        if len(tops):
            return int(tops[0])
    raise DataError("The foil's spectrum has no rise that stands out: check that the scan goes across the foil's edge.")


def _vertex(energies: FloatArray, slope: FloatArray, top: int) -> tuple[float, FloatArray]:
    """Maximum (eV) of the parabola through three slopes, and its derivative with regard to them."""
    at = energies[top - 1 : top + 2] - energies[top]
    fit = np.linalg.inv(np.vander(at, 3))  # rows: curvature, slope, height
    curvature, tilt = fit[0] @ slope[top - 1 : top + 2], fit[1] @ slope[top - 1 : top + 2]
    return float(energies[top] - tilt / (2 * curvature)), -fit[1] / (2 * curvature) + tilt * fit[0] / (2 * curvature**2)


def _noise(values: FloatArray) -> float:
    """Noise of one value, from second differences: their median leaves the edge out."""
    second = np.abs(values[2:] - 2 * values[1:-1] + values[:-2])
    return float(np.median(second)) / (0.6745 * np.sqrt(6.0))


def _doubts(energies: FloatArray, top: int, shift: float, element: str) -> tuple[str, ...]:
    doubts = []
    step = float(energies[top + 1] - energies[top - 1]) / 2
    if step > _COARSE:
        doubts.append(
            f"The foil was measured in steps of {step:.1f} eV about its edge: the first rise of {element} cannot be told from the "
            "next one. Measure it in steps of 1 eV or less, or match it with a reference of the same foil."
        )
    if abs(shift) > FAR:
        doubts.append(
            f"The foil's first rise is {abs(shift):.1f} eV from the tabulated edge of {element}: check that the foil is of "
            f"{element}, and that energies are in eV."
        )
    return tuple(doubts)
