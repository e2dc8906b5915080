"""The valence of every voxel, with the error of its measurement and that of the line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ...data import FloatArray
from ...errors import DataError
from .line import ValenceLine

if TYPE_CHECKING:
    from ..edge.edge_map import EdgeMap

_SAME_E0 = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class ValenceMap:
    """Valence of every voxel.

    Attributes
    ----------
    valence : (z, y, x) float32
        NaN where there is no edge energy; beyond the standards the line goes on, see `outside`.
    error : (z, y, x) float32
        Measurement and line together (root of the sum of squares): 68 % of compounds that lie about the line as the standards do
        have their valence within it. NaN where either is unknown, as with two standards without errors.
    measurement_error : (z, y, x) float32
        The edge energy's error times the slope; each voxel's own, so that a mean over voxels has less of it.
    line_error : (z, y, x) float32
        Of the calibration, scatter of the standards about the line included: common to voxels of one chemistry, so that no mean
        has less of it.
    outside : (z, y, x) bool
        Edge energy beyond those of the standards: the valence is extrapolated.
    line : ValenceLine
    warnings : tuple of str
    voxel_size : (3,) float64, nm, or None
    """

    valence: npt.NDArray[np.float32]
    error: npt.NDArray[np.float32]
    measurement_error: npt.NDArray[np.float32]
    line_error: npt.NDArray[np.float32]
    outside: npt.NDArray[np.bool_]
    line: ValenceLine
    warnings: tuple[str, ...] = ()
    voxel_size: FloatArray | None = None


def valence_map(emap: EdgeMap, line: ValenceLine) -> ValenceMap:
    """Read valences off a calibration line.

    Parameters
    ----------
    emap : EdgeMap
    line : ValenceLine
        Of standards read by the same method and windows (`valence_of_standards`).

    Raises
    ------
    DataError
        If there is no edge map or no line.
    """
    if not hasattr(emap, "energy"):
        raise DataError(f"valence_map takes the EdgeMap that edge_energy gives, not {type(emap).__name__}.")
    if not isinstance(line, ValenceLine):
        raise DataError(f"valence_map takes the line that calibrate_valence gives, not {type(line).__name__}.")
    shape = emap.energy.shape
    valence, error, measured, of_line = (np.full(shape, np.nan, np.float32) for _ in range(4))
    outside = np.zeros(shape, bool)
    below = above = known = 0
    low, high = line.range_eV
    for z in range(shape[0]):
        energy = emap.energy[z].astype(np.float64)
        valence[z] = line.valence(energy)
        measured[z] = np.abs(line.slope) * emap.error[z]
        of_line[z] = line.half_width(energy)
        error[z] = np.hypot(measured[z], of_line[z])
        outside[z] = (energy < low) | (energy > high)
        below, above = below + int((energy < low).sum()), above + int((energy > high).sum())
        known += int(np.isfinite(energy).sum())
    warnings = (*line.warnings, *_mismatch(emap, line), *_beyond(below, above, known, line))
    return ValenceMap(valence, error, measured, of_line, outside, line, warnings, emap.voxel_size)


def _mismatch(emap: EdgeMap, line: ValenceLine) -> list[str]:
    if line.method and line.method != emap.method:
        return [
            f"The standards were read by {line.method} and the map by {emap.method}: their edge energies cannot be compared. "
            "Read both by the same method."
        ]
    if abs(line.e0 - emap.e0) > _SAME_E0:
        return [
            f"The standards' windows count from e0 = {line.e0:.1f} eV and the map's from {emap.e0:.1f} eV, which moves edge "
            f"energies: read the standards with e0={emap.e0:.1f}."
        ]
    return []


def _beyond(below: int, above: int, known: int, line: ValenceLine) -> list[str]:
    if not below + above:
        return []
    low, high = line.range_eV
    return [
        f"{(below + above) / known:.1%} of the voxels lie beyond the standards ({below / known:.1%} below {low:.2f} eV, "
        f"{above / known:.1%} above {high:.2f} eV), where the line is extrapolated: their valences are a guess. Add standards "
        "that enclose the sample."
    ]
