"""What estimates are made from: how large the volumes of a project are, and what is still to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

import numpy as np

from ...data import Scan
from ...reconstruct import FieldOfView
from ..outputs import IMAGES_OF
from ..project import Project
from ..recipe import STAGES
from ..record import State


@dataclass(frozen=True, slots=True)
class Sizes:
    """Of one project, before anything is done.

    Attributes
    ----------
    energies : int
    views : float
        Projections an energy, on average; 0 for volumes.
    pixels : int
        Of one projection as corrected; 0 for volumes.
    source_bytes : int
        Of all frames or volumes of the source, unpacked.
    shape : (z, y, x)
        Of one volume.
    """

    energies: int
    views: float
    pixels: int
    source_bytes: int
    shape: tuple[int, int, int]

    @classmethod
    def of(cls, project: Project) -> Sizes:
        """Look at the headers of a project's source."""
        found = project.input()
        if not isinstance(found, Scan):
            z, y, x = (int(n) for n in found.data.shape[1:])
            return cls(len(found), 0.0, 0, int(found.data.nbytes), (z, y, x))
        rows, columns, _ = project.layout()
        wanted = project.recipe.reconstruct
        shape = (1, rows, columns)
        if not project.planar:
            shape = FieldOfView.of(rows, columns, wanted.region, wanted.circle).shape
        views = float(np.mean([len(p) for p in found.projections]))
        frames = (*found.projections, *found.flats, *found.darks)
        return cls(len(found), views, rows * columns, sum(int(f.nbytes) for f in frames), shape)

    @property
    def voxels(self) -> int:
        """Of one volume."""
        return prod(self.shape)

    @property
    def volume(self) -> int:
        """Bytes of one volume in memory, float32."""
        return 4 * self.voxels

    @property
    def tomogram(self) -> float:
        """Bytes of the corrected projections of one energy, float32."""
        return 4 * self.views * self.pixels


def shares_left(
    project: Project, until: str, state_of: Callable[[str], State], restart: bool = False
) -> dict[str, float]:
    """Give what is left of every stage up to `until`, from 0 to 1, in order; stages that are done are not among them."""
    left = {}
    for stage in STAGES[: STAGES.index(until) + 1]:
        state = "missing" if restart else state_of(stage)
        if state == "done" or (stage in ("correct", "align") and project.kind == "stack"):
            continue
        left[stage] = 1.0 - _done_share(project, stage) if state == "partial" else 1.0
    return left


def _done_share(project: Project, stage: str) -> float:
    if stage not in IMAGES_OF:
        return 0.0
    flags = project.done(stage)
    return float(flags.mean()) if flags.size else 0.0
