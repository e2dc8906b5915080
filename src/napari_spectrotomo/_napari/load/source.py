"""A project's projections as they were when they were first looked at, and what is read or corrected of them in a thread."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any, Self

from ..layers.frames import CorrectedFrames
from ..layers.tuples import LayerTuple, frames_layer, limits, projections_layer
from ..reconstruct.preview import fullest_row


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """What is looked at of a project, until it is read or corrected otherwise.

    Attributes
    ----------
    project : Project
    read, correct : ReadParameters, CorrectParameters
        As they were.
    frames : CorrectedFrames
    """

    project: Any
    read: Any
    correct: Any
    frames: CorrectedFrames

    @classmethod
    def of(cls, project: Any) -> Self:
        """Take a project as it is now."""
        recipe = project.recipe
        return cls(project, recipe.read, recipe.correct, CorrectedFrames(project.scan(), recipe.correct))

    def holds(self, project: Any) -> bool:
        """Say whether nothing about the projections of a project has changed since."""
        recipe = project.recipe
        return project is self.project and recipe.read == self.read and recipe.correct == self.correct


def first_read(source: Source) -> tuple[Source, LayerTuple]:
    """Make the layer of projections as measured."""
    return source, projections_layer(source.project.scan(), str(source.project.source))


def fullest(source: Source) -> tuple[Source, int]:
    """Find the detector row with the most of the sample in it."""
    return source, fullest_row(source.project.scan())


def optical_density(source: Source, index: int, off: threading.Event) -> tuple[Source, LayerTuple]:
    """Correct the energy that is looked at, and make the layer of all with its contrast."""
    views = source.frames.tomogram(index, off).optical_density
    scan, binning = source.project.scan(), source.correct.binning
    rows, columns = (int(n) for n in scan.projections[0].shape[1:])
    made = frames_layer(
        source.frames,
        scan,
        "corrected",
        "Projections, optical density",
        str(source.project.source),
        contrast_limits=limits(views, 0.5, 99.95),
        scale=(1.0, 1.0, binning, binning),
        translate=(0.0, 0.0, *(n % binning // 2 + (binning - 1) / 2 for n in (rows, columns))),
    )
    return source, made
