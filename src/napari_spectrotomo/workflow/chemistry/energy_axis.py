"""By how much the energies of a scan are wrong: what the recipe says, and what a foil measured with the scan says."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from ...data import FloatArray
from ...errors import ParameterError
from ...io import read_references
from ...spectra import SpectraParameters, find_energy_shift, foil_shift

_FARTHEST = 100.0
"""What the parameter energy_shift may be at most, eV."""


@dataclass(frozen=True, slots=True)
class AxisShift:
    """What is added to a scan's energies.

    Attributes
    ----------
    shift, uncertainty : float, eV
        The uncertainty is 0 of what was given by hand, and NaN where it cannot be told.
    origin : str
        Where it comes from, in words; empty where nothing is added.
    doubts : tuple of str
    """

    shift: float = 0.0
    uncertainty: float = 0.0
    origin: str = ""
    doubts: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """What was done, with how surely; empty where nothing is added."""
        if not self.origin:
            return ""
        within = f" ± {self.uncertainty:.2f}" if isfinite(self.uncertainty) and self.uncertainty > 0 else ""
        return f"energies shifted by {self.shift:+.2f}{within} eV ({self.origin})"

    def as_plain(self) -> dict[str, Any]:
        """Give what ``run.json`` keeps."""
        known = self.uncertainty if isfinite(self.uncertainty) else None
        return {"shift_eV": self.shift, "uncertainty_eV": known, "origin": self.origin}


def axis_shift(parameters: SpectraParameters) -> AxisShift:
    """Find what is to be added to the scan's energies.

    Raises
    ------
    ParameterError
        If a file holds not one spectrum, or a foil is given without what it should be compared with.
    ReadError
        If a file cannot be read.
    """
    given = parameters.energy_shift
    by_hand = f"{given:+g} eV given" if given else ""
    if parameters.foil is None:
        if parameters.foil_reference is not None:
            raise ParameterError(
                "spectra.foil_reference says where a foil should lie: give spectra.foil, as measured, too."
            )
        return AxisShift(given, 0.0, by_hand)
    name = Path(parameters.foil).name
    energy, mu = _one(parameters.foil, "foil")
    if parameters.foil_reference is not None:
        found = find_energy_shift(energy, mu, *_one(parameters.foil_reference, "foil_reference"))
        against = Path(parameters.foil_reference).name
    elif parameters.element is None:
        raise ParameterError(
            "spectra.foil needs to know where its edge should lie: name spectra.element, whose tabulated edge is taken, or give "
            "spectra.foil_reference, the foil at its right energies."
        )
    else:
        found = foil_shift(energy, mu, parameters.element, parameters.edge)
        against = f"the tabulated {parameters.edge} edge of {parameters.element}"
    by_foil = f"the foil {name} against {against}"
    if not abs(given + found.shift) <= _FARTHEST:
        raise ParameterError(
            f"By {by_foil}, the energies would be shifted by {given + found.shift:+.0f} eV, and no axis is off by so much: "
            "check spectra.element and spectra.edge, and whether the foil is of that element and in eV."
        )
    origin = f"{by_hand} and {found.shift:+.2f} eV by {by_foil}" if by_hand else by_foil
    doubts = tuple(f"Energy axis, by the foil {name}: {doubt}" for doubt in found.doubts)
    return AxisShift(float(given + found.shift), float(found.uncertainty), origin, doubts)


def _one(path: str, parameter: str) -> tuple[FloatArray, FloatArray]:
    spectra = read_references(path)
    if len(spectra) != 1:
        raise ParameterError(f"spectra.{parameter}: {path} holds {len(spectra)} spectra: name a file with one.")
    return next(iter(spectra.values()))
