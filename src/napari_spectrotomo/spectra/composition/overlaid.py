"""Reference spectra on the scale of a scan's normalised spectra, at their own energies: to be laid over them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.polynomial import Polynomial

from ...arrays import as_energies
from ...data import FloatArray
from ...errors import DataError
from ..normalize.like_map import windows_like_map
from .fit import References
from .references import read_in


def references_like_map(
    energies: npt.ArrayLike, references: References, windows: Any
) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Normalise reference spectra as an edge map does its voxels, and leave them at their own energies.

    The background lines and the edge step are those of the reference read at the energies of the scan, as for a fit of
    references, so that a voxel of that substance lies on the curve.

    Parameters
    ----------
    energies : (E,), eV, ascending
        Of the scan, with the map's energy shift.
    references : dict of name to (energy, mu)
        As `read_references` gives them.
    windows : mapping
        `EdgeMap.windows`.

    Returns
    -------
    dict of name to (energies, normalised)
        The reference's own energies inside the scan, eV, and values of an edge step of one.

    Raises
    ------
    DataError
        If a reference cannot be used, or the map has no edge.
    """
    scan = as_energies(energies)
    used = windows_like_map(scan, windows, np.empty(0))
    below, above = used.pre_samples, used.post_samples
    found = {}
    for reference in read_in(references, scan, used):
        at_scan = reference.at(scan)
        before = Polynomial.fit(scan[below], at_scan[below], used.pre_order)
        after = Polynomial.fit(scan[above], (at_scan - before(scan))[above], used.nnorm)
        edge = float(scan[used.e0_index])
        step = float(after(edge))
        if not step > 0:
            raise DataError(
                f"The reference {reference.name} has no edge step ({step:.3g}) at the energies of the scan: check the energies "
                "of both, and that the reference is of the element scanned."
            )
        own = reference.energies[(reference.energies >= scan[0]) & (reference.energies <= scan[-1])]
        bent = np.where(own >= edge, after(own) - step, 0.0)
        found[reference.name] = (own, (reference.at(own) - before(own) - bent) / step)
    return found
