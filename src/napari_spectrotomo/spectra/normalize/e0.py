"""The energy e0 from which a scan's windows count: given, of the element named, or of the mean spectrum."""

from __future__ import annotations

import numpy as np

from ...data import FloatArray
from ...errors import DataError, ParameterError
from ..parameters import SpectraParameters
from .absorption_edge import find_e0
from .elements import element_windows, tabulated_edge

FAR_FROM_TABLE = 30.0
"""Chemistry moves an edge by less than this (eV): an edge farther from the tabulated one is another element's."""


def edge_of(
    energies: FloatArray, mean: FloatArray | None, parameters: SpectraParameters
) -> tuple[float, tuple[str, ...]]:
    """Give e0 in eV, and what is doubtful about it.

    Parameters
    ----------
    energies : (E,) eV, ascending
    mean : (E,) or None
        The mean spectrum, which decides where nothing is given; None where e0 is.
    parameters : SpectraParameters
        Its `e0`, `element` and `edge`.

    Raises
    ------
    ParameterError
        If the element or its edge is not known, or 'table' is asked for and no element named.
    DataError
        If the scan does not reach the edge of the element named.
    """
    element, given = parameters.element, parameters.e0
    table = None if element is None else tabulated_edge(element, parameters.edge)
    if given == "table":
        if table is None:
            raise ParameterError("e0 'table' takes the tabulated edge of an element: name the element.")
        given = table
    if table is not None and not energies[0] < table < energies[-1]:
        raise DataError(
            f"The {parameters.edge} edge of {element}, {table:.0f} eV, is not inside the scan, which goes from "
            f"{energies[0]:.0f} to {energies[-1]:.0f} eV: name the element that was scanned."
        )
    found = None if mean is None else find_e0(energies, np.asarray(mean, np.float64))
    doubts = []
    if found is not None and table is not None and abs(found - table) > FAR_FROM_TABLE:
        doubts.append(
            f"The mean spectrum rises most at {found:.1f} eV, {abs(found - table):.0f} eV from the {parameters.edge} edge of "
            f"{element} ({table:.0f} eV): check the element, the energies, and whether another element absorbs there."
        )
    measured = element_windows(element, parameters.edge)
    edge = given if given is not None else measured.edge if measured else found
    if edge is None:
        raise DataError("Neither e0, an element nor a mean spectrum says where the edge is: give e0 in eV.")
    return float(edge), tuple(doubts)
