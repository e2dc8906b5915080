"""A neighbour's volume in the fixed one's place: what the samples of the fixed surface look like at another energy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...threads import in_threads
from ..overlap import Matrix
from .pyramid import Level, pieces_of_points
from .sampling_kernels import interpolate_moving
from .surface import Samples


def seen_through(samples: Samples, level: Level, matrix: Matrix) -> Samples:
    """Take the values of samples from a registered volume instead of the fixed one.

    Parameters
    ----------
    samples : Samples
        Of the fixed volume.
    level : Level
        The neighbour's volume at the same level.
    matrix : (4, 4)
        From the fixed volume to the neighbour's.

    Returns
    -------
    Samples
        At the points the neighbour's field holds. Gradients stay the fixed volume's, at the neighbour's contrast.
    """
    values = np.empty(len(samples.points))

    def look(piece: tuple[int, int]) -> None:
        interpolate_moving(
            samples.points,
            level.volume,
            level.scale,
            level.offset,
            matrix,
            samples.nodes,
            samples.node_weights,
            values,
            *piece,
        )

    in_threads(look, pieces_of_points(len(values)))
    known = np.isfinite(values)
    if known.sum() < 2:
        return samples.subset(known)
    gain = float(np.polyfit(samples.values[known], values[known], 1)[0])
    return replace(samples, values=values, gradients=gain * samples.gradients).subset(known)
