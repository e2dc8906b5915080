"""What a user may choose when projections are aligned."""

from dataclasses import dataclass
from typing import Literal

from ..parameters import parameter

JitterMethod = Literal["auto", "none", "reprojection"]


@dataclass(frozen=True, slots=True)
class AlignParameters:
    """How the views of a scan are brought to one place before they are reconstructed."""

    jitter: Literal["auto", "none", "reprojection"] = parameter(
        "auto",
        "Shifts of single views within a tomogram: 'auto' finds them and uses them where they are beyond their own "
        "uncertainty and the views agree better with them, 'reprojection' uses them always, 'none' does not look.",
    )
    motion: bool = parameter(
        True, "Measure how far the sample moved during each tomogram, and warn where it is too far to register volumes."
    )
