"""How the rotation axis drifts with energy."""

from collections.abc import Sequence

import numpy as np

from ...arrays import as_numbers
from ...data import FloatArray
from ...errors import ReconstructionError


def settle_centers(estimates: Sequence[float] | FloatArray, tolerance: float = 0.5) -> FloatArray:
    """Give the axis of each energy from estimates that may be missing or wrong.

    Estimates further than `tolerance` from the line through them all (Theil and Sen's median of slopes), or missing, take
    that line's value; the others stay as they are.

    Parameters
    ----------
    estimates : (E,)
        Columns, in order of energy; NaN where none was found.
    tolerance : float
        Pixels.

    Raises
    ------
    ReconstructionError
        If none was found at any energy.
    """
    found = np.atleast_1d(as_numbers(estimates, "rotation axes"))
    if found.ndim != 1:
        raise ReconstructionError(f"Rotation axes are one number an energy; found an array of shape {found.shape}.")
    known = np.isfinite(found)
    if not known.any():
        raise ReconstructionError("The rotation axis was found at no energy: give its column.")
    index = np.arange(len(found), dtype=np.float64)
    line = np.full(len(found), np.median(found[known]))
    if known.sum() >= 5:
        from scipy.stats import theilslopes

        slope, intercept, _, _ = theilslopes(found[known], index[known])
        line = intercept + slope * index
    spread = 1.4826 * np.median(np.abs(found[known] - line[known]))
    if known.sum() < 3:
        return np.where(known, found, line)
    return np.where(known & (np.abs(found - line) <= max(tolerance, 5 * spread)), found, line)


def axis_warnings(
    energies: FloatArray, estimates: Sequence[float] | FloatArray, centers: FloatArray
) -> tuple[str, ...]:
    """Say at which energies `settle_centers` did not take the estimate, and what it took, a sentence each."""
    sentences = []
    for energy, estimate, center in zip(energies, np.asarray(estimates, np.float64), centers, strict=True):
        if np.isnan(estimate):
            sentences.append(
                f"At {energy:g} eV the rotation axis was not found; the other energies' ({center:.2f}) was taken."
            )
        elif estimate != center:
            sentences.append(
                f"At {energy:g} eV the rotation axis found ({estimate:.2f}) is off the others' line; {center:.2f} was taken."
            )
    return tuple(sentences)
