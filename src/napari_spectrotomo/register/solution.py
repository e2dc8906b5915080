"""Where a solver ended, whichever it was."""

from collections.abc import Callable
from dataclasses import dataclass

from .overlap import Matrix
from .parameters import Status

Report = Callable[[int, int, str], None]
"""Called after every level with how many are done, how many there are, and words."""


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """What a solver found between two masks.

    Attributes
    ----------
    matrix : (n + 1, n + 1) float64
    iterations : int
        Of all levels.
    stop_reason : str
        The solver's own words.
    status : 'converged', 'limit', 'aborted' or 'failed'
    reason : str
        Why it failed.
    flag : str
        What is doubtful.
    uncertainty : float
        Expected error at the surface, in voxels; NaN when unknown.
    """

    matrix: Matrix
    iterations: int
    stop_reason: str
    status: Status
    reason: str = ""
    flag: str = ""
    uncertainty: float = float("nan")
