"""How long a run should take, from the size of a scan and what stages took before on this machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...machine import cores
from ..project import Project
from ..record import State
from .sizes import Sizes, shares_left

_CORES = 2
"""Cores of the machine that the costs were measured on."""

_COSTS = {
    "correct": 6e-7,
    "align": 4.9e-7,
    "reconstruct": 1.7e-9,
    "binarize": 1.5e-7,
    "label": 6e-7,
    "register": 9.3e-7,
    "spectra": 1.3e-7,
    "report": 0.0,
}
"""Seconds a unit of work: a pixel of a projection, in 'reconstruct' a voxel seen by a view, from then on a voxel of an energy.

'correct' looks at the projections of one energy, 'label' at one volume. Measured with the defaults on a scan of 31 energies, 91
views of 96 x 112 pixels each; ``benchmarks/stage_costs.py`` measures them again.
"""

_CHECKSUM = 2e-9
"""Seconds a byte of the source: it is read once for the checksums."""

_BASE = {"report": 8.0, "register": 1.0}
"""Seconds that a stage takes whatever the size."""


@dataclass(frozen=True, slots=True)
class StageEstimate:
    """What is left to do of a stage.

    Attributes
    ----------
    stage : str
    seconds : float
        That it should take; NaN where what it does is not known beforehand.
    """

    stage: str
    seconds: float


def estimate(
    project: Project, until: str = "report", state_of: Callable[[str], State] | None = None
) -> list[StageEstimate]:
    """Estimate what a run up to a stage still has to do.

    Costs are those of one machine with two cores, shared among the cores of this one. Stages that this project has finished
    tell how much faster or slower the machine at hand is.

    Parameters
    ----------
    project : Project
    until : str
        Last stage to do.
    state_of : callable, optional
        Gives the state of a stage, where it is known already; `Project.state` by default.

    Returns
    -------
    list of StageEstimate
        In order; only stages that are not done. A guess, within a factor of two or three before any stage was measured.
    """
    state_of = state_of or project.state
    sizes, pace = Sizes.of(project), pace_of(project, state_of)
    return [
        StageEstimate(stage, share * pace * plain_seconds(project, stage, sizes))
        for stage, share in shares_left(project, until, state_of).items()
        if not (stage == "reconstruct" and project.kind == "stack")
    ]


def in_time(seconds: float) -> str:
    """Say a time roughly, as people do."""
    if not np.isfinite(seconds):
        return "some time"
    if seconds < 10:
        return "a few seconds"
    if seconds < 90:
        return f"about {10 * round(seconds / 10)} s"
    if seconds < 5400:
        return f"about {round(seconds / 60)} min"
    return f"about {seconds / 3600:.1f} h"


def plain_seconds(project: Project, stage: str, sizes: Sizes) -> float:
    """Give what a stage would take on the machine of `_COSTS`."""
    if stage == "composition":
        asked = project.recipe.composition
        return 0.0 if asked.references is None and asked.decomposition == "none" and not asked.clusters else 10.0
    if stage == "read":
        return _CHECKSUM * sizes.source_bytes
    return _BASE.get(stage, 0.0) + _COSTS.get(stage, 0.0) * work_of(sizes, stage) * _CORES / cores()


def work_of(sizes: Sizes, stage: str) -> float:
    """Give the units of work of a stage, as `_COSTS` counts them."""
    pixels, voxels = sizes.energies * sizes.views * sizes.pixels, float(sizes.energies * sizes.voxels)
    views = sizes.views or 1.0  # a volume that is taken over is read and written once
    counted = {
        "correct": pixels / sizes.energies,
        "align": pixels,
        "reconstruct": voxels * views,
        "label": float(sizes.voxels),
    }
    return counted.get(stage, voxels)


def pace_of(project: Project, state_of: Callable[[str], State]) -> float:
    """Give the time that finished stages of this project took over what they would have taken; 1 where none tells."""
    spent = expected = 0.0
    sizes = Sizes.of(project)
    for stage, cost in _COSTS.items():
        entry = project.record.stage(stage)
        if cost and state_of(stage) == "done":
            spent += float(entry.get("seconds", 0.0))
            expected += plain_seconds(project, stage, sizes)
    return spent / expected if expected > 0 and spent > 0.5 else 1.0
