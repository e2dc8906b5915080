"""How far the energy axis of a spectrum is off, against a reference or another scan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...arrays import as_numbers
from ...data import FloatArray
from ...errors import DataError, ParameterError
from ..normalize.normalization import sorted_spectra
from .matching import Match, best_match

POOR_MATCH = 0.3
"""A share of the squared slopes that is left, from which on spectra are not of the same thing."""
LITTLE_OVERLAP = 0.7
_AT_BOUND = 0.01


@dataclass(frozen=True, slots=True)
class EnergyShift:
    """What an energy axis is off by.

    Attributes
    ----------
    shift : float, eV
        To be added to the energies.
    uncertainty : float, eV
        One standard deviation, from the noise that is left; NaN where it cannot be told.
    residual : float
        Share of the squared slopes that the reference leaves, 0 to 1; NaN where there is no reference.
    doubts : tuple of str
    """

    shift: float
    uncertainty: float
    residual: float
    doubts: tuple[str, ...] = ()


def find_energy_shift(
    energies: npt.ArrayLike,
    mu: npt.ArrayLike,
    reference_energies: npt.ArrayLike,
    reference_mu: npt.ArrayLike,
    *,
    max_shift: float = 20.0,
) -> EnergyShift:
    """Find what must be added to a spectrum's energies to lay it over a reference, by matching derivatives.

    The derivatives of both, smoothed alike, are compared within -40 to +80 eV of the reference's steepest rise, with its
    amplitude and offset free, so that neither thickness nor a sloping background matters. The smallest sum of squared
    differences is searched for every 0.25 eV, then refined below the step. The spectrum with the coarser grid keeps it, and
    the other is read at those energies. Chemistry that changes the edge's shape counts as shift: a white line half as high
    again moves the answer by about 0.2 eV. Compare like with like, such as a foil with the same foil.

    Parameters
    ----------
    energies : (E,), eV
    mu : (E,)
        Absorption on any scale.
    reference_energies : (R,), eV
        Right energies, on any grid.
    reference_mu : (R,)
    max_shift : float, eV
        How far to look, either way.

    Returns
    -------
    EnergyShift
        With doubts, in words, where it was found at the bound, the derivatives match poorly, or little of them overlaps.

    Raises
    ------
    DataError
        If a spectrum has no finite values, its energies are no axis, or too little of the two overlaps.
    ParameterError
        If max_shift is not above 0.

    Examples
    --------
    A foil measured with the scan says what is added to the energies of its stack::

        shift = find_energy_shift(foil_energies, foil_mu, *references["Mn foil"])
        stack = dataclasses.replace(stack, energies=stack.energies + shift.shift)

    >>> import numpy as np
    >>> energies = np.arange(6500.0, 6600.0, 0.5)
    >>> edge = np.arctan((energies - 6539) / 2)
    >>> round(find_energy_shift(energies - 1.3, 2 * edge, energies, edge).shift, 3)
    1.3
    """
    reach = as_numbers(max_shift, "max_shift", ParameterError)
    if reach.shape != () or not (np.isfinite(reach) and reach > 0):
        raise ParameterError(f"max_shift cannot be {max_shift!r}: give how many eV to look either way, above 0.")
    first = one_spectrum(energies, mu, "spectrum")
    second = one_spectrum(reference_energies, reference_mu, "reference")
    found = best_match(first, second, float(reach))
    return EnergyShift(found.shift, found.uncertainty, found.residual, _doubts(found, float(reach)))


def energy_drift(
    spectra: Sequence[tuple[npt.ArrayLike, npt.ArrayLike]], *, max_shift: float = 20.0
) -> npt.NDArray[np.float64]:
    """Find how the energy axis drifts from scan to scan: the shift of each spectrum against the first.

    Parameters
    ----------
    spectra : sequence of (energies (E,), mu (E,))
        Of the same foil or sample, scan after scan, eV; two or more.
    max_shift : float, eV
        How far to look, either way.

    Returns
    -------
    (N,) float64, eV
        To be added to the energies of each; 0 for the first, NaN for one whose match is doubtful, as `find_energy_shift` says.

    Raises
    ------
    DataError
        If there are fewer than two spectra, or one of them cannot be compared with the first.
    """
    if not isinstance(spectra, Sequence) or len(spectra) < 2 or any(not _is_pair(one) for one in spectra):
        raise DataError("A drift needs two spectra or more, each as (energies, mu), in the order of the scans.")
    found = [find_energy_shift(*spectrum, *spectra[0], max_shift=max_shift) for spectrum in spectra[1:]]
    return np.array([0.0, *(np.nan if one.doubts else one.shift for one in found)])


def _is_pair(spectrum: object) -> bool:
    return isinstance(spectrum, list | tuple | np.ndarray) and len(spectrum) == 2


def one_spectrum(energies: npt.ArrayLike, mu: npt.ArrayLike, what: str) -> tuple[FloatArray, FloatArray]:
    """Check one spectrum and give it sorted, without the energies at which it has no value.

    Raises
    ------
    DataError
    """
    energy, values, _ = sorted_spectra(energies, mu)
    if values.ndim != 1:
        raise DataError(
            f"The {what} has shape {values.shape}: give one spectrum, such as the mean of a region by roi_spectrum."
        )
    known = np.isfinite(values)
    if known.sum() < 4:
        raise DataError(f"The {what} has finite values at {known.sum()} energies only: at least 4 are needed.")
    energy, values = energy[known].astype(np.float64), values[known].astype(np.float64)
    span = float(np.ptp(values))
    if span == 0:
        raise DataError(f"The {what} is the same at all energies: it shows no edge.")
    return energy, values / span


def _doubts(found: Match, max_shift: float) -> tuple[str, ...]:
    doubts = []
    if abs(found.shift) > (1 - _AT_BOUND) * max_shift:
        doubts.append(
            f"The best match lies at the bound of the search, {found.shift:+.1f} eV: allow a larger shift than "
            f"{max_shift:g} eV, and check that both spectra are of the same edge."
        )
    if found.residual > POOR_MATCH:
        doubts.append(
            f"The derivatives match poorly: {found.residual:.0%} of the spectrum's is not in the reference's. Check that both are "
            "of the same substance, or measure with less noise."
        )
    if found.overlap < LITTLE_OVERLAP:
        doubts.append(
            f"Only {found.overlap:.0%} of the spectrum's rise and fall lies inside the reference, once shifted: take one that "
            "covers the whole edge."
        )
    return tuple(doubts)
