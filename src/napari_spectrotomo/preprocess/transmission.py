"""Counts of a frame -> its transmission, with the dark, the open beam, exposures and ring current of its energy."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..data import Scan
from ..errors import DataError
from .open_beam import OpenBeam, clean_mean
from .parameters import CorrectParameters

Float32 = npt.NDArray[np.float32]
BoolArray = npt.NDArray[np.bool_]


class Transmission:
    """Transmission of one frame after another, NaN where it is not a positive number.

    Attributes
    ----------
    kind : str
        What the frames of the scan are.
    unlit : (row, column) bool
        Pixels that no frame can tell anything about.
    warnings : tuple of str
    """

    def __init__(self, scan: Scan, index: int, parameters: CorrectParameters) -> None:
        self.kind = scan.kind
        self.warnings: tuple[str, ...] = ()
        self.unlit: BoolArray = np.zeros(scan.projections[index].shape[1:], bool)
        if self.kind != "counts":
            return
        flats, darks = np.asarray(scan.flats[index]), np.asarray(scan.darks[index])
        self.dark = clean_mean(darks) if len(darks) else np.zeros(flats.shape[1:], np.float32)
        positions = None if scan.flat_positions is None else scan.flat_positions[index]
        current, flat_current, _ = ring_currents(scan, index, parameters)
        self.current = current
        self.exposure_ratio = np.float32(1.0)
        if scan.exposure is not None and scan.flat_exposure is not None:
            self.exposure_ratio = np.float32(scan.exposure[index] / scan.flat_exposure[index])
        self.beam = OpenBeam(flats, self.dark, positions, flat_current)
        if not max(float(level.max()) for level in self.beam.levels) > 0:
            raise DataError(
                f"At {scan.energies[index]:g} eV the flats are nowhere brighter than the darks: give flats taken with the "
                "beam on, or leave the energy out."
            )
        self.unlit = self.beam.unlit()

    def __call__(self, i: int, frame: npt.NDArray[np.generic]) -> Float32:
        """Give the transmission, (row, column), of frame number `i`."""
        values = np.array(frame, np.float32)
        if self.kind == "optical_density":
            values = np.exp(-values)
        elif self.kind == "counts":
            scale = self.exposure_ratio if self.current is None else self.exposure_ratio * self.current[i]
            with np.errstate(divide="ignore", invalid="ignore"):
                values = (values - self.dark) / (self.beam.at(i) * np.float32(scale))
            values[self.unlit] = np.nan
        values[~(np.isfinite(values) & (values > 0))] = np.nan
        return values


def ring_currents(
    scan: Scan, index: int, parameters: CorrectParameters
) -> tuple[Float32 | None, Float32 | None, str | None]:
    """Give the ring current of the projections and of the flats relative to the flats' mean, and what to say of it.

    None where it is not used: not wanted, not known, or no positive number in some frame of the energy.
    """
    if scan.kind != "counts" or not parameters.ring_current or (scan.current is None and scan.flat_current is None):
        return None, None, None
    known: list[npt.NDArray[Any]] = []
    for name, currents in (("projections", scan.current), ("flats", scan.flat_current)):
        if currents is None:
            other = "projections" if name == "flats" else "flats"
            return None, None, f"The ring current is known of {other} but not of {name}: it was not used."
        wrong = int(np.count_nonzero(~(np.isfinite(currents[index]) & (currents[index] > 0))))
        if wrong:
            at = f"At {scan.energies[index]:g} eV"
            return None, None, f"{at} the ring current is missing of {wrong} {name}: it was not used at this energy."
        known.append(currents[index])
    mean = known[1].mean()
    said = "Counts were divided by the ring current of their frames."
    return (known[0] / mean).astype(np.float32), (known[1] / mean).astype(np.float32), said
