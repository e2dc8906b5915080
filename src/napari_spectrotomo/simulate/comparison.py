"""How near a result comes to the truth of a simulated scan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..data import FloatArray
from ..errors import DataError
from .truth import Truth

if TYPE_CHECKING:
    from ..register import Registration
    from ..spectra import EdgeMap

_SAME_ENERGY = 0.5
_INTERIOR = 2.0
"""Depth (voxels) from any surface, cracks too, beyond which a voxel is interior."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A result against the truth.

    Attributes
    ----------
    error_before, error_global, error_after : float, voxel
        Mean target registration error over the particles' voxels and the energies but the fixed one: without registration, with
        one transform for everything, and as the volumes are moved.
    failed : int
        Energies without a transform, which `error_after` leaves out.
    edge_error : float, eV
        Median distance of interior edge energies from the truth.
    edge_bias : float, eV
        Median of their difference from it.
    undefined : float
        Share of interior voxels without an edge energy.
    """

    error_before: float
    error_global: float
    error_after: float
    failed: int
    edge_error: float
    edge_bias: float
    undefined: float

    def lines(self) -> list[str]:
        """Give the comparison in sentences."""
        failed = f" (left out, without a transform: {self.failed})" if self.failed else ""
        undefined = f", {self.undefined:.1%} of them undefined" if self.undefined else ""
        return [
            f"Against the truth: target registration error {self.error_before:.2f} voxel before registration, "
            f"{self.error_global:.2f} with one transform for everything, {self.error_after:.3f} as registered{failed}.",
            f"Against the truth: edge energies inside the particles are off by {self.edge_error:.2f} eV (median), "
            f"with a bias of {self.edge_bias:+.2f} eV{undefined}.",
        ]


def compare_with_truth(truth: Truth, registration: Registration, edge_map: EdgeMap) -> Comparison:
    """Compare a registration and an edge map with what the scan was made of.

    Parameters
    ----------
    truth : Truth
    registration : Registration
        Of energies of the scan, to its last one, with magnification removed; of volumes on the truth's grid.
    edge_map : EdgeMap

    Raises
    ------
    DataError
        If grids or energies are not those of the truth.
    """
    if edge_map.energy.shape != truth.labels.shape or tuple(registration.shape) != truth.labels.shape:
        raise DataError(
            f"The truth is on a grid of {truth.labels.shape}, the result on {edge_map.energy.shape}: they are not of one scan."
        )
    which = np.argmin(np.abs(np.asarray(registration.energies)[:, None] - truth.energies_eV), axis=1)
    apart = np.abs(truth.energies_eV[which] - registration.energies)
    if not np.all(apart < _SAME_ENERGY):
        raise DataError("The registration has energies that the truth has not: they are not of one scan.")
    moving = np.arange(len(which)) != registration.fixed_index % len(which)
    before, together, after = _errors(truth, which, registration)
    difference = (edge_map.energy - truth.edge_eV)[_interior(truth)]
    known = difference[np.isfinite(difference)]
    return Comparison(
        error_before=_mean(before[moving]),
        error_global=_mean(together[moving]),
        error_after=_mean(after[moving]),
        failed=int(np.isnan(after[moving]).sum()),
        edge_error=float(np.median(np.abs(known))) if len(known) else float("nan"),
        edge_bias=float(np.median(known)) if len(known) else float("nan"),
        undefined=1 - len(known) / max(1, len(difference)),
    )


def _errors(truth: Truth, which: FloatArray, registration: Registration) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Mean target registration errors (E,) over all particles' voxels: unmoved, by one transform, and as volumes are moved."""
    total = np.zeros((3, len(which)))
    for k, motion in enumerate(truth.matrices, 1):
        points = np.argwhere(truth.labels == k).astype(np.float64)
        for e, matrix in enumerate(motion[which]):
            there = _at(matrix, points)
            placed = (points, _at(registration.matrices[e], points), registration.points(e, points))
            total[:, e] += [np.linalg.norm(found - there, axis=1).sum() for found in placed]
    before, together, after = total / np.count_nonzero(truth.labels)
    return before, together, after


def _at(matrix: FloatArray, points: FloatArray) -> FloatArray:
    return np.asarray(points @ matrix[:3, :3].T + matrix[:3, 3])


def _interior(truth: Truth) -> FloatArray:
    from scipy.ndimage import distance_transform_edt

    each = [distance_transform_edt(truth.labels == k) > _INTERIOR for k in range(1, len(truth.matrices) + 1)]
    return np.any(each, axis=0)


def _mean(values: FloatArray) -> float:
    return float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")
