"""The parameters of the edge map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le

from ..parameters import parameter


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
