"""The parameters of the edge map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge, Gt, Le

from ..arrays import as_numbers
from ..errors import ParameterError
from ..parameters import checked, parameter


@dataclass(frozen=True, slots=True)
class SpectraParameters:
    """How the edge energy of every voxel is found."""

    method: Literal["half-height", "derivative", "white-line"] = parameter(
        "half-height",
        "Where the flattened spectrum reaches one half, the maximum of its derivative, or the maximum of its white line.",
    )
    element: Literal["Mn", "Fe", "Co", "Ni"] | None = parameter(
        None, "Element whose table of windows is used; none: windows follow from the scan's own edge."
    )
    e0: Annotated[float, Gt(0)] | None = parameter(
        None, "Edge energy from which the windows count; none: that of the mean spectrum.", unit="eV", label="edge e0"
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
    least_step: Annotated[float, Ge(0)] = parameter(
        3.0,
        "A voxel counts where its edge step is at least so many times the noise of its own pre-edge.",
        unit="σ",
        label="least edge step",
    )


def checked_parameters(given: dict[str, Any], where: str) -> SpectraParameters:
    """Build the parameters from a call's values, NumPy's numbers and lists included.

    Raises
    ------
    ParameterError
        If a parameter has a value it cannot have.
    """
    plain = {name: value.item() if isinstance(value, np.generic) else value for name, value in given.items()}
    for name in ("pre", "post"):
        if plain.get(name) is not None:
            window = as_numbers(plain[name], f"ends of {where}.{name}", ParameterError)
            if window.shape != (2,):
                raise ParameterError(
                    f"{where}.{name} cannot be {plain[name]!r}: a window is two numbers, its start and its end in eV from e0."
                )
            plain[name] = tuple(window.tolist())
    return checked(SpectraParameters, plain, where=where)
