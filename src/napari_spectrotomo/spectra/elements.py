"""Where the K edges of battery metals are looked for, when an element is named."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import ParameterError


@dataclass(frozen=True, slots=True)
class ElementWindows:
    """Energies of one element's K edge, eV.

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


ELEMENTS = {
    "Mn": ElementWindows(6556.0, (6556.0, 6565.0), (6547.0, 6560.0)),
    "Fe": ElementWindows(7126.0, (7128.0, 7144.0), (7116.0, 7134.0)),
    "Co": ElementWindows(7724.0, (7724.0, 7730.0), (7717.0, 7726.0)),
    "Ni": ElementWindows(8347.0, (8347.0, 8354.0), (8339.0, 8348.0)),
}


def element_windows(element: str | None) -> ElementWindows | None:
    """Give the windows of a named element, or None where none is named.

    Raises
    ------
    ParameterError
        If the element is not in the table.
    """
    if element is not None and element not in ELEMENTS:
        raise ParameterError(
            f"There are no windows for the element {element!r}; known are {', '.join(ELEMENTS)}. Leave it out and give e0."
        )
    return None if element is None else ELEMENTS[element]
