"""What a study comes to: each engine's error and time in a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .engines import ENGINES
from .study import Measurement

PACKAGES = ("SimpleITK", "itk-elastix")


@dataclass(frozen=True, slots=True)
class Summary:
    """One engine over all pairs of a study.

    Attributes
    ----------
    engine : str
    tre_clean, tre_noisiest : float, voxel
        Mean of the cases' mean errors without noise, and with the most noise in the mask; NaN where all failed.
    tre_worst : float, voxel
        Largest mean error of all pairs.
    failed : int
        Registrations that gave no transform; the errors are those of the others.
    seconds : float
        Median.
    times_ours : float
        Median over the pairs of its time over ours; NaN where ours was not measured.
    warps : float
        Its median time in trilinear warps of the same volume.
    """

    engine: str
    tre_clean: float
    tre_noisiest: float
    tre_worst: float
    failed: int
    seconds: float
    times_ours: float
    warps: float

    def line(self) -> str:
        """Say it in a sentence."""
        pace = f", {self.times_ours:.1f} times ours" if self.engine != "ours" and np.isfinite(self.times_ours) else ""
        return (
            f"{ENGINES[self.engine].label}: {self.seconds:.2f} s a registration ({self.warps:.1f} trilinear warps by scipy{pace}); "
            f"mean TRE {self.tre_clean:.3f} voxel without noise, {self.tre_noisiest:.3f} with the most noise in the mask, "
            f"{self.tre_worst:.3f} at worst{f'; {self.failed} failed' if self.failed else ''}."
        )


def summary(rows: Sequence[Measurement], warp: float) -> list[Summary]:
    """Sum a study up, an engine each, in the order in which they were run.

    Parameters
    ----------
    rows : sequence of Measurement
    warp : float, seconds
        One trilinear warp of the same volume (`warp_seconds`).
    """
    ours = {_pair(row): row.seconds for row in rows if row.engine == "ours"}
    noisiest = max((row.noise for row in rows), default=0.0)
    found = []
    for engine in dict.fromkeys(row.engine for row in rows):
        its = [row for row in rows if row.engine == engine]
        ratios = [row.seconds / ours[_pair(row)] for row in its if _pair(row) in ours]
        seconds = float(np.median([row.seconds for row in its]))
        found.append(
            Summary(
                engine,
                _mean([row.tre_mean for row in its if row.noise == 0]),
                _mean([row.tre_mean for row in its if row.noise == noisiest and row.noise_in == "mask"]),
                max((row.tre_mean for row in its if np.isfinite(row.tre_mean)), default=np.nan),
                sum(not np.isfinite(row.tre_mean) for row in its),
                seconds,
                float(np.median(ratios)) if ratios else np.nan,
                seconds / warp,
            )
        )
    return found


def _pair(row: Measurement) -> tuple[str, float, str]:
    return row.case, row.noise, row.noise_in


def _mean(values: list[float]) -> float:
    found = [value for value in values if np.isfinite(value)]
    return float(np.mean(found)) if found else np.nan
