"""The parameters of the edge map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge, Gt, Le, Lt

from ..arrays import as_numbers
from ..errors import ParameterError
from ..parameters import checked, parameter


@dataclass(frozen=True, slots=True)
class SpectraParameters:
    """How the edge energy of every voxel is found."""

    method: Literal["half-height", "derivative", "white-line", "centroid", "edge-integral"] = parameter(
        "half-height",
        "Where the flattened spectrum reaches one half, the maximum of its derivative, the maximum of its white line, the "
        "centroid of the white line's area, or the mean energy of the rise (integral over its heights).",
    )
    element: str | None = parameter(
        None, "Symbol of the element scanned, such as Mn; none: windows follow from the scan's own edge."
    )
    edge: Literal["K", "L3"] = parameter("K", "Which of the element's edges was scanned.")
    e0: Annotated[float, Gt(0)] | Literal["table"] | None = parameter(
        None,
        "Edge energy from which the windows count, or 'table' for the pure element's; none: the element's, else that of the mean "
        "spectrum.",
        unit="eV",
        label="edge e0",
    )
    pre: tuple[float, float] | None = parameter(
        None, "Pre-edge window from e0; none: from the first energy to 20 eV below e0.", unit="eV", label="pre-edge"
    )
    post: tuple[float, float] | None = parameter(
        None, "Post-edge window from e0; none: from 55 eV above e0 to the last energy.", unit="eV", label="post-edge"
    )
    nnorm: Annotated[int, Ge(0), Le(5)] | None = parameter(
        None, "Order of the post-edge polynomial; none: a straight line.", label="post-edge order"
    )
    between: Literal["lines", "fit"] = parameter(
        "lines",
        "How half height is read between energies: on straight lines, or on a cubic fitted to those nearby.",
        label="between energies",
    )
    white_line: Literal["polynomial", "gaussian"] = parameter(
        "polynomial",
        "What the top of the white line is fitted with: a parabola, or a Gaussian on the edge step.",
        label="white line by",
    )
    level: Annotated[float, Gt(0), Lt(10)] | None = parameter(
        None,
        "Height above which the white line's area is taken for the centroid; none: half-way between the edge step and the top of "
        "the mean spectrum.",
        unit="edge step",
        label="centroid above",
    )
    levels: tuple[float, float] = parameter(
        (0.15, 0.9),
        "Heights between which the rise is averaged for the edge integral.",
        unit="edge step",
        label="integral from, to",
    )
    least_step: Annotated[float, Ge(0)] = parameter(
        3.0,
        "A voxel counts where its edge step is at least so many times the noise of its own pre-edge.",
        unit="σ",
        label="least edge step",
    )
    step_above: Annotated[float, Ge(0)] = parameter(
        0.0,
        "A voxel counts where its edge step is at least this, in the unit of the attenuation (1/µm where the voxel size is known); "
        "0: whatever its step.",
        label="edge step above",
        later=True,
    )
    smooth: Annotated[float, Ge(0), Le(20)] = parameter(
        0.0,
        "Standard deviation of the Gaussian with which volumes are smoothed inside each particle before edges are looked for.",
        unit="voxel",
        label="smoothing",
    )
    binning: Annotated[int, Ge(1), Le(32)] = parameter(
        1, "So many voxels along each axis share one spectrum, their mean inside the particle.", unit="voxel"
    )
    energy_shift: Annotated[float, Ge(-100), Le(100)] = parameter(
        0.0, "Added to all energies of the scan.", unit="eV", label="energy shift"
    )
    foil: str | None = parameter(
        None,
        "File with the spectrum of a foil or reference measured with this scan, whose shift from the right energies is taken off; "
        "none: energies as they are.",
        label="foil measured",
    )
    foil_reference: str | None = parameter(
        None,
        "File with the same foil at its right energies; none: its steepest rise lies at the tabulated edge of the element.",
        label="foil reference",
    )
    standards: str | None = parameter(
        None,
        "Text file with a line a standard, its spectrum's file or its edge energy, and its valence; none: no valence map.",
        label="valence standards",
    )


FILES = ("foil", "foil_reference", "standards")
"""Parameters that name a file: the workflow reads them."""


def checked_parameters(given: dict[str, Any], where: str) -> SpectraParameters:
    """Build the parameters from a call's values, NumPy's numbers and lists included.

    Raises
    ------
    ParameterError
        If a parameter has a value it cannot have.
    """
    plain = {name: value.item() if isinstance(value, np.generic) else value for name, value in given.items()}
    for name in ("pre", "post", "levels"):
        if plain.get(name) is not None:
            window = as_numbers(plain[name], f"ends of {where}.{name}", ParameterError)
            if window.shape != (2,):
                raise ParameterError(
                    f"{where}.{name} cannot be {plain[name]!r}: it is two numbers, a start and an end."
                )
            plain[name] = tuple(window.tolist())
    if plain.get("levels") is not None and not 0 < plain["levels"][0] < plain["levels"][1]:
        raise ParameterError(
            f"{where}.levels cannot be {plain['levels']}: two heights above 0, in edge steps, the lower one first."
        )
    return checked(SpectraParameters, plain, where=where)
