"""From edge energies to valence, through standards of the user's."""

from __future__ import annotations

from dataclasses import replace

from ...data import FloatArray
from ...parameters import keywords
from ...spectra import FILES, EdgeMap, SpectraParameters, ValenceLine, valence_of_standards
from ..standards import read_standards

_OF_VOXELS = ("least_step", "step_above", "smooth", "binning", "energy_shift")
"""Parameters that say nothing of the spectrum of a standard."""


def calibration(parameters: SpectraParameters, energies: FloatArray, edge_map: EdgeMap) -> ValenceLine:
    """Draw the calibration line through the standards that the recipe names.

    Parameters
    ----------
    parameters : SpectraParameters
        Of the map: standards are read by the same method, within the same windows.
    energies : (E,), eV
        The scan's, corrected: standards are put onto its grid.
    edge_map : EdgeMap
        Whose e0 windows count from.

    Raises
    ------
    ParameterError, ReadError, DataError
        If the standards cannot be read, or make no line.
    """
    standards = read_standards(str(parameters.standards))
    level = edge_map.windows.get("level", parameters.level)
    same = keywords(replace(parameters, e0=edge_map.e0, level=level), leave_out=(*FILES, *_OF_VOXELS))
    return valence_of_standards(
        [s.edge for s in standards],
        [s.valence for s in standards],
        names=[s.name for s in standards],
        at=energies,
        **same,
    )
