"""What the report shows of the alignment of views: plain arrays, handed over by the workflow."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ..data import FloatArray

MOVED = 0.3
"""Pixels of jitter or motion from which on they are drawn."""


@dataclass(frozen=True, slots=True, eq=False)
class StripSeen:
    """One slice about several axes.

    Attributes
    ----------
    columns : (K,) float64
        Columns of the axis; the one in the middle is that which was settled.
    slices : (K, N, N) float32
    sharpness : (K,) float64
        0..1; NaN where all are alike.
    row : int
        Of the slice.
    energy : float, eV
    """

    columns: FloatArray
    slices: npt.NDArray[np.float32]
    sharpness: FloatArray
    row: int
    energy: float


@dataclass(frozen=True, slots=True, eq=False)
class AlignmentSeen:
    """Axis, tilt, jitter and motion of every energy; NaN for what is not known.

    Attributes
    ----------
    centers : (E,) float64
        Column of the axis that was used.
    found, uncertainty : (E,) float64
        What the methods voted for, and its standard deviation, pixels.
    elsewhere : (E,) bool
        Whether the vote is not what was used.
    tilt : float
        Of the axis that was used, degrees.
    tilts, tilt_uncertainty : (E,) float64, degrees
        What was found.
    jitter : (E, 2) float64
        Rms of the shifts of views, rows and columns, pixels.
    displacement, parts : (E,) float64, pixels
        How far the sample moved during each tomogram, and parts of it beyond that.
    words : tuple of str
        What was found, in sentences.
    methods : dict of (E,) float64
        Column of the axis by each method.
    strip : StripSeen or None
        About the axis of the fixed energy.
    """

    centers: FloatArray
    found: FloatArray
    uncertainty: FloatArray
    elsewhere: npt.NDArray[np.bool_]
    tilt: float
    tilts: FloatArray
    tilt_uncertainty: FloatArray
    jitter: FloatArray
    displacement: FloatArray
    parts: FloatArray
    words: tuple[str, ...]
    methods: dict[str, FloatArray] = field(default_factory=dict)
    strip: StripSeen | None = None

    @property
    def has_axes(self) -> bool:
        """Whether an axis was looked for and found."""
        return bool(np.isfinite(self.found).any())

    @property
    def leans(self) -> bool:
        """Whether the axis is tilted."""
        return self.tilt != 0 and bool(np.isfinite(self.tilts).any())

    @property
    def moves(self) -> bool:
        """Whether there is jitter or motion to be seen."""
        every = np.concatenate([self.jitter.ravel(), self.displacement, self.parts])
        return bool((every > MOVED).any())
