"""How long a run should take, from the size of a scan and what stages took before on this machine."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from math import prod

import numpy as np

from ..data import Scan
from .outputs import IMAGES_OF
from .project import Project
from .recipe import STAGES
from .record import State

_CORES = 2
"""Cores of the machine that the costs were measured on."""

_COSTS = {
    "correct": 1.7e-8,
    "align": 4.9e-7,
    "reconstruct": 1.7e-9,
    "binarize": 1.5e-7,
    "label": 1.4e-8,
    "register": 9.3e-7,
    "spectra": 1.3e-7,
    "report": 0.0,
}
"""Seconds a unit of work: a pixel of a projection, in 'reconstruct' a voxel seen by a view, from then on a voxel of an energy.

Measured on a scan of 31 energies, 91 views of 96 x 112 pixels each, with the defaults.
"""

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
    states = {stage: state_of(stage) for stage in STAGES}
    pace = _pace(project, states)
    left = []
    for stage in STAGES[: STAGES.index(until) + 1]:
        if states[stage] == "done" or (stage in ("correct", "align", "reconstruct") and project.kind == "stack"):
            continue
        share = 1.0 - _done_share(project, stage) if states[stage] == "partial" else 1.0
        left.append(StageEstimate(stage, share * pace * _plain_seconds(project, stage)))
    return left


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


def _plain_seconds(project: Project, stage: str) -> float:
    """Give what a stage would take on the machine of `_COSTS`."""
    if stage == "composition":
        asked = project.recipe.composition
        return 0.0 if asked.references is None and asked.decomposition == "none" and not asked.clusters else 10.0
    cores = os.cpu_count() or _CORES
    return _BASE.get(stage, 0.0) + _COSTS.get(stage, 0.0) * _work(project, stage) * _CORES / cores


def _work(project: Project, stage: str) -> float:
    """Give the units of work of a stage, as `_COSTS` counts them."""
    found = project.input()
    if isinstance(found, Scan):
        views = float(np.mean([len(p) for p in found.projections]))
        rows, columns, _ = project.layout()
        pixels = len(found) * views * rows * columns
        voxels = len(found) * rows * columns * (1 if project.planar else columns)
        return {"correct": pixels, "align": pixels, "reconstruct": voxels * views}.get(stage, voxels)
    return float(prod(found.data.shape))


def _done_share(project: Project, stage: str) -> float:
    if stage not in IMAGES_OF:
        return 0.0
    flags = project.done(stage)
    return float(flags.mean()) if flags.size else 0.0


def _pace(project: Project, states: dict[str, State]) -> float:
    """Give the time that finished stages of this project took over what they would have taken; 1 where none tells."""
    spent = expected = 0.0
    for stage, cost in _COSTS.items():
        entry = project.record.stage(stage)
        if cost and states[stage] == "done":
            spent += float(entry.get("seconds", 0.0))
            expected += _plain_seconds(project, stage)
    return spent / expected if expected > 0 and spent > 0.5 else 1.0
