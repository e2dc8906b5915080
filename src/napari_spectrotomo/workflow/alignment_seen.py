"""What the report shows of a project's alignment, with slices about the axis of the fixed energy."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np

from ..preprocess import correct_tomogram
from ..reconstruct import center_strip
from ..report import AlignmentSeen, StripSeen
from .alignment import Alignment
from .describe_alignment import alignment_in_words
from .project import Project

_SPAN, _SLICES = 3.0, 7


def alignment_seen(project: Project, abort: threading.Event | None = None) -> AlignmentSeen | None:
    """Give what was found when views were aligned; None where there are volumes or images only."""
    if project.kind == "stack" or project.planar:
        return None
    alignment = project.alignment()
    return AlignmentSeen(
        centers=alignment.centers,
        found=alignment.of_axis("center"),
        uncertainty=alignment.of_axis("uncertainty"),
        elsewhere=alignment.elsewhere,
        tilt=alignment.tilt,
        tilts=alignment.of_axis("tilt"),
        tilt_uncertainty=alignment.of_axis("tilt_uncertainty"),
        jitter=alignment.jitter,
        displacement=alignment.displacement,
        parts=alignment.parts,
        words=tuple(alignment_in_words(alignment)),
        methods=alignment.methods,
        strip=_strip(project, alignment, abort),
    )


def _strip(project: Project, alignment: Alignment, abort: threading.Event | None) -> StripSeen | None:
    """Reconstruct the fullest slice of the fixed energy about its axis and beside it, if views are corrected as they were."""
    if project.state("align") != "done" or not project.has_source:
        return None
    scan, fixed = project.scan(), project.fixed_index
    corrected = correct_tomogram(scan, fixed, project.recipe.correct, abort)
    center, columns = float(alignment.centers[fixed]), corrected.optical_density.shape[2]
    span = float(np.clip(min(center, columns - 1 - center), 0.0, _SPAN))
    chosen = project.record.stage("reconstruct").get("filter", "auto")
    strip = center_strip(
        corrected.optical_density,
        corrected.angles,
        None,
        center,
        span,
        _SLICES,
        replace(project.recipe.reconstruct, algorithm="fbp", engine="auto", filter=chosen),
        alignment.tilt,
        shifts=alignment.shifts[fixed],
        abort=abort,
    )
    return StripSeen(strip.columns, strip.slices, strip.sharpness, strip.row, float(scan.energies[fixed]))
