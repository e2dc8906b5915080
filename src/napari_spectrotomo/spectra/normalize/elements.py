"""Where the elements' edges lie: tabulated for all of them, and measured on the oxides of battery metals."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from ...errors import ParameterError

EdgeName = Literal["K", "L3"]


@dataclass(frozen=True, slots=True)
class ElementWindows:
    """Energies of the K edge of one element's oxides, eV.

    Attributes
    ----------
    edge : float
        The energy from which pre- and post-edge windows count.
    white_line, half_height : (start, end)
        Where the white line's maximum and the half height are looked for.
    """

    edge: float
    white_line: tuple[float, float]
    half_height: tuple[float, float]


MEASURED = {
    "Mn": ElementWindows(6556.0, (6556.0, 6565.0), (6547.0, 6560.0)),
    "Fe": ElementWindows(7126.0, (7128.0, 7144.0), (7116.0, 7134.0)),
    "Co": ElementWindows(7724.0, (7724.0, 7730.0), (7717.0, 7726.0)),
    "Ni": ElementWindows(8347.0, (8347.0, 8354.0), (8339.0, 8348.0)),
}


def element_windows(element: str | None, edge: EdgeName = "K") -> ElementWindows | None:
    """Give the windows measured for an element's oxides; None where none is named or none were measured."""
    return MEASURED.get(symbol_of(element)) if element is not None and edge == "K" else None


@lru_cache
def symbol_of(element: str) -> str:
    """Give the symbol of an element, named or written in any case.

    Raises
    ------
    ParameterError
        If there is no such element.
    """
    import xraydb

    if not isinstance(element, str):
        raise ParameterError(f"An element is named by its symbol, such as 'Mn'; found {element!r}.")
    try:
        return str(xraydb.atomic_symbol(xraydb.atomic_number(element)))
    except ValueError as error:
        raise ParameterError(f"There is no element {element!r}: give its symbol, such as Mn.") from error


@lru_cache
def tabulated_edge(element: str, edge: EdgeName = "K") -> float:
    """Give the energy of an element's absorption edge in eV, as tabulated for the pure element.

    Parameters
    ----------
    element : str
        Symbol, such as 'Mn'.
    edge : 'K' or 'L3'

    Raises
    ------
    ParameterError
        If there is no such element, or it has no such edge.

    References
    ----------
    W. T. Elam, B. D. Ravel and J. R. Sieber, Radiat. Phys. Chem. 63, 121 (2002), by way of xraydb.

    Examples
    --------
    >>> tabulated_edge("Mn")
    6539.0
    """
    import xraydb

    found = xraydb.xray_edge(symbol_of(element), edge)
    if found is None:
        raise ParameterError(f"{element} has no tabulated {edge} edge: choose another edge, or give e0.")
    return float(found.energy)
