"""What is known of one energy's rotation axis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

METHODS = ("opposite views", "centre of mass", "Vo", "sharpness")


@dataclass(frozen=True, slots=True)
class AxisEstimate:
    """The rotation axis of one energy, and how far to trust it.

    Attributes
    ----------
    center : float
        Column of the axis in the middle row, the vote's; 0 is the middle of column 0. NaN where none was found.
    confidence : float
        0..1: the squared share of the methods (each counting as much as it is certain) that agree with `center` to about half
        a pixel, times 1 - 2^-n for n that do. Four methods agreeing give 0.94, two 0.75, one alone 0.5; two that contradict
        each other 0.13; 0 where no axis was found.
    methods : dict of str to float
        Column by method, in the middle row; NaN where a method does not apply.
    uncertainty : float
        Of `center`, pixels, one standard deviation.
    tilt : float
        Of the axis in the detector's plane, degrees: its column grows by tan(tilt) a row. NaN where it cannot be told.
    doubts : tuple of str
        What a person should know, a sentence each.
    tilt_uncertainty : float
        Degrees, one standard deviation.
    rows : int
        Height of the detector, which says how much a tilt matters.
    """

    center: float
    confidence: float
    methods: dict[str, float]
    uncertainty: float
    tilt: float
    doubts: tuple[str, ...] = ()
    tilt_uncertainty: float = float("nan")
    rows: int = 0

    def to_plain(self) -> dict[str, Any]:
        """Give plain values for JSON: None for NaN."""
        return {
            "center": _known(self.center),
            "confidence": self.confidence,
            "methods": {name: _known(column) for name, column in self.methods.items()},
            "uncertainty": _known(self.uncertainty),
            "tilt": _known(self.tilt),
            "doubts": list(self.doubts),
            "tilt_uncertainty": _known(self.tilt_uncertainty),
            "rows": self.rows,
        }

    @classmethod
    def from_plain(cls, content: Mapping[str, Any]) -> AxisEstimate:
        """Take back what `to_plain` gave."""
        return cls(
            center=_or_nan(content["center"]),
            confidence=float(content["confidence"]),
            methods={name: _or_nan(column) for name, column in content["methods"].items()},
            uncertainty=_or_nan(content["uncertainty"]),
            tilt=_or_nan(content["tilt"]),
            doubts=tuple(content["doubts"]),
            tilt_uncertainty=_or_nan(content["tilt_uncertainty"]),
            rows=int(content["rows"]),
        )


def _known(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None


def _or_nan(number: float | None) -> float:
    return float("nan") if number is None else float(number)


@dataclass(frozen=True, slots=True)
class Found:
    """What one method found: the column in the middle row and the tilt, each with one standard deviation (pixels, degrees)."""

    column: float
    uncertainty: float
    tilt: float = float("nan")
    tilt_uncertainty: float = float("nan")

    @property
    def known(self) -> bool:
        """Whether the method applied."""
        return bool(np.isfinite(self.column) and np.isfinite(self.uncertainty))

    def shaken(self, by: float) -> Found:
        """Count in a further, independent error of the column, pixels: views that stand off their place."""
        return replace(self, uncertainty=float(np.hypot(self.uncertainty, by)))


SIGNIFICANT, LEAST_TILT = 3.0, 0.1
"""A tilt counts beyond so many standard deviations, and so many pixels from the top to the bottom row."""


def significant_tilt(tilt: float, uncertainty: float, rows: int) -> bool:
    """Whether a tilt (degrees) is beyond three standard deviations and a tenth of a pixel over so many rows."""
    return bool(
        np.isfinite(tilt)
        and abs(tilt) > SIGNIFICANT * uncertainty
        and abs(np.tan(np.deg2rad(tilt))) * (rows - 1) > LEAST_TILT
    )


NOTHING = Found(float("nan"), float("nan"))
"""What a method that does not apply found."""
