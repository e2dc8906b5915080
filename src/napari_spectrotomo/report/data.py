"""What a report is made from, and what may be chosen about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import dask.array as da
import numpy as np
import numpy.typing as npt
from annotated_types import Gt

from ..data import EnergyStack, FloatArray
from ..parameters import parameter
from .alignment import AlignmentSeen
from .chemistry import Chemistry

if TYPE_CHECKING:
    import pandas as pd

    from ..register import Registration
    from ..spectra import EdgeMap


@dataclass(frozen=True, slots=True)
class ReportParameters:
    """What the report shows, where there is a choice."""

    voxels: tuple[tuple[int, int, int], ...] | None = parameter(
        None,
        "Voxels (z, y, x) whose spectra are drawn and which are marked on the edge map; automatic when none are given.",
        label="marked voxels",
    )
    contour_sigma: Annotated[float, Gt(0)] = parameter(
        2.0, "Smoothing before the Canny contours of projections are taken.", unit="pixel"
    )
    renderings: bool = parameter(True, "Whether 3-D renderings are made.", label="3-D renderings")


@dataclass(frozen=True, slots=True, eq=False)
class ProjectionAt:
    """One projection, before any registration.

    Attributes
    ----------
    energy : float, eV
    angle : float, degrees
    optical_density : (row, column) float32
    """

    energy: float
    angle: float
    optical_density: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class ReportData:
    """All that the report of one scan shows; big arrays stay lazy and are read one energy at a time.

    Attributes
    ----------
    title : str
    summary : dict
        Facts about the scan in words, by name.
    energies : (E,) float64, eV
    fixed_index : int
        Energy to which the others were registered.
    voxel_size : (3,) float64, nm, (z, y, x); None when unknown
    attenuation_unit : str
    projections : two `ProjectionAt`, or None
        The same view at two energies; None when the run began from volumes.
    raw, registered : EnergyStack
    masks : dask bool, (E, z, y, x)
    squared_difference_raw, squared_difference_registered : dask float32, (E, z, y, x)
        Of the masks as 0 and 1 from the fixed one.
    labels : int, (z, y, x)
        Particles of the fixed volume, 0 = background.
    registration : Registration
    edge_map : EdgeMap
        With an e0 of NaN where there are images at too few energies for an edge.
    spectra, particles : DataFrame
        With the columns of ``spectra.csv`` and ``particles.csv``.
    warnings : list of sentences
    parameters : dict of dict
        Parameters by stage.
    versions : dict of str
    timings : dict of float
        Seconds by stage.
    options : ReportParameters
    alignment : AlignmentSeen or None
        Axes, jitter and motion; None where there are no tomograms.
    chemistry : Chemistry
        What else was asked for.
    """

    title: str
    summary: dict[str, str]
    energies: FloatArray
    fixed_index: int
    voxel_size: FloatArray | None
    attenuation_unit: str
    projections: tuple[ProjectionAt, ProjectionAt] | None
    raw: EnergyStack
    registered: EnergyStack
    masks: da.Array
    squared_difference_raw: da.Array
    squared_difference_registered: da.Array
    labels: npt.NDArray[np.integer]
    registration: Registration
    edge_map: EdgeMap
    spectra: pd.DataFrame
    particles: pd.DataFrame
    warnings: list[str]
    parameters: dict[str, dict[str, Any]]
    versions: dict[str, str]
    timings: dict[str, float]
    options: ReportParameters = field(default_factory=ReportParameters)
    alignment: AlignmentSeen | None = None
    chemistry: Chemistry = field(default_factory=Chemistry)

    @property
    def true_energies(self) -> FloatArray:
        """Energies as corrected, (E,), eV: those of spectra, edges and windows."""
        return np.asarray(self.energies + self.chemistry.shift)

    @property
    def fixed(self) -> int:
        """Index of the fixed energy, counted from the first."""
        return self.fixed_index % len(self.energies)

    @property
    def planar(self) -> bool:
        """Whether it holds images (2-D XANES) instead of volumes."""
        return self.raw.planar

    @property
    def what(self) -> str:
        """What is registered, in a word."""
        return "image" if self.planar else "volume"

    @property
    def has_curves(self) -> bool:
        """Whether there are energies enough beside the fixed one to draw something against energy."""
        return len(self.energies) > 2

    @property
    def has_edges(self) -> bool:
        """Whether an edge was looked for: 2-D XANES goes without where there are too few energies."""
        return not self.planar or bool(np.isfinite(self.edge_map.e0))

    @property
    def spacing(self) -> npt.NDArray[np.float64]:
        """Voxel size (z, y, x) in µm, or ones when it is unknown."""
        return np.ones(3) if self.voxel_size is None else np.asarray(self.voxel_size, np.float64) / 1000

    def quality(self, column: str) -> npt.NDArray[np.float64]:
        """Give a column of the registration's quality, a value an energy; NaN where there is none."""
        table = self.registration.quality
        return np.asarray(table[column], np.float64) if column in table else np.full(len(self.energies), np.nan)

    @property
    def failed(self) -> npt.NDArray[np.bool_]:
        """Which energies have no transform."""
        return ~np.all(np.isfinite(self.registration.matrices), axis=(1, 2))

    @property
    def moving(self) -> int:
        """Index of the energy farthest from the fixed one before registration: the largest raw MSE among those registered."""
        mse = self.quality("mse_raw")
        candidates = np.isfinite(mse) & ~self.failed
        candidates[self.fixed] = False
        if candidates.any():
            return int(np.argmax(np.where(candidates, mse, -np.inf)))
        return 0 if self.fixed else len(self.energies) - 1
