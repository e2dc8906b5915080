"""What the detector counts: structured, drifting illumination, Poisson noise, an offset, and pixels that see nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..data import FloatArray
from .parameters import SimulateParameters

FRAMES = 4
"""Flats before, flats after, and darks."""
OFFSET, READ_NOISE, BRIGHTEST = 100.0, 2.0, 40000.0
"""Counts in the dark, their standard deviation, and counts of the open beam at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Detector:
    """The illumination before and after each tomogram, and the detector's own faults.

    Attributes
    ----------
    before, after : (row, column) float32
        Illumination relative to its mean.
    dark : (row, column) float32, counts
    dead : (n, 2) int
        Row and column of pixels without light.
    photons : float
        Photons a pixel in the open beam.
    """

    before: FloatArray
    after: FloatArray
    dark: FloatArray
    dead: npt.NDArray[np.int64]
    photons: float

    def counts(
        self, optical_density: FloatArray, passed: FloatArray, rng: np.random.Generator
    ) -> npt.NDArray[np.uint16]:
        """Count frames (frame, row, column) of an optical density; `passed` (frame,) goes from 0, before, to 1, after."""
        t = passed[:, None, None]
        light = ((1 - t) * self.before + t * self.after) * self.photons * np.exp(-optical_density)
        light[:, self.dead[:, 0], self.dead[:, 1]] = 0
        gain = min(1.0, BRIGHTEST / self.photons)
        counts = gain * rng.poisson(light) + self.dark + READ_NOISE * rng.standard_normal(light.shape)
        return np.clip(np.rint(counts), 0, 65535).astype(np.uint16)

    def flats(self, after: bool, rng: np.random.Generator) -> npt.NDArray[np.uint16]:
        """Count open-beam frames before or after the tomogram."""
        return self.counts(np.zeros((FRAMES, *self.dark.shape)), np.full(FRAMES, float(after)), rng)

    def darks(self, rng: np.random.Generator) -> npt.NDArray[np.uint16]:
        """Count frames without light."""
        return self.counts(np.full((FRAMES, *self.dark.shape), np.inf), np.zeros(FRAMES), rng)


def detectors(parameters: SimulateParameters, n: int, rng: np.random.Generator) -> list[Detector]:
    """Make the detector's state during each of n tomograms: one pattern that shifts and brightens slowly."""
    from scipy import ndimage as ndi

    p = parameters
    rows, columns = np.mgrid[: p.rows, : p.columns]
    spot = np.exp(-0.5 * (((rows / p.rows - 0.55) / 0.7) ** 2 + ((columns / p.columns - 0.45) / 0.6) ** 2))
    speckle = ndi.gaussian_filter(rng.standard_normal((p.rows, p.columns)), 1.5, mode="wrap")
    pattern = spot * (1 + 0.05 * speckle / speckle.std())
    pattern /= pattern.mean()
    sensitivity = 1 + 0.02 * rng.standard_normal(pattern.shape)
    dark = (OFFSET + rng.normal(0, 1.5, pattern.shape)).astype(np.float32)
    dead = np.stack([rng.integers(0, p.rows, p.dead_pixels), rng.integers(0, p.columns, p.dead_pixels)], axis=1)

    def state(time: float) -> FloatArray:
        wave = np.sin(2.1 * time + 0.4)
        shifted = ndi.shift(pattern, (8 * p.flat_drift * wave, -12 * p.flat_drift * wave), order=3, mode="nearest")
        return (shifted * sensitivity * (1 + p.flat_drift * np.cos(1.7 * time))).astype(np.float32)

    return [Detector(state(e), state(e + 0.9), dark, dead, p.photons) for e in range(n)]
