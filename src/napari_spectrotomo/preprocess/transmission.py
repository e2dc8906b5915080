"""Counts of a frame -> its transmission, with the dark, the open beam, exposures and ring current of its energy."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..data import Scan
from ..errors import DataError
from .bad_darks import leak_of
from .bad_flats import FlatSeries, judge_flats
from .blocks import thinned
from .open_beam import OpenBeam, clean_mean
from .parameters import CorrectParameters

Float32 = npt.NDArray[np.float32]
BoolArray = npt.NDArray[np.bool_]


class Frames(NamedTuple):
    """What was counted at one energy, each (frame, row, column), in memory."""

    counts: npt.NDArray[Any]
    flats: npt.NDArray[Any]
    darks: npt.NDArray[Any]


def read_frames(scan: Scan, index: int) -> Frames:
    """Read projections, flats and darks of one energy, once."""
    import dask

    lazy = (scan.projections[index], scan.flats[index], scan.darks[index])
    return Frames(*(np.asarray(a) for a in dask.compute(*lazy)))


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

    def __init__(self, scan: Scan, index: int, parameters: CorrectParameters, frames: Frames) -> None:
        self.kind = scan.kind
        self.warnings: tuple[str, ...] = ()
        self.unlit: BoolArray = np.zeros(scan.projections[index].shape[1:], bool)
        if self.kind != "counts":
            return
        counts, flats, darks = frames
        self.dark = clean_mean(darks) if len(darks) else np.zeros(flats.shape[1:], np.float32)
        self.current, flat_current, _ = ring_currents(scan, index, parameters)
        self.exposure_ratio = np.float32(1.0)
        if scan.exposure is not None and scan.flat_exposure is not None:
            self.exposure_ratio = np.float32(scan.exposure[index] / scan.flat_exposure[index])
        positions = np.zeros(len(flats), np.int64) if scan.flat_positions is None else scan.flat_positions[index]
        good = self._good_flats(flats, positions, flat_current, scan, index, parameters, counts)
        self.beam = OpenBeam(
            flats[good], self.dark, positions[good], None if flat_current is None else flat_current[good]
        )
        if not max(float(level.max()) for level in self.beam.levels) > 0:
            raise DataError(
                f"At {scan.energies[index]:g} eV the flats are nowhere brighter than the darks: give flats taken with the "
                "beam on, or leave the energy out."
            )
        if len(darks) and (leak := leak_of(self.dark, self.beam.levels.mean(0))):
            self.warnings += (
                f"At {scan.energies[index]:g} eV the darks hold {leak:.0%} of the beam: light reached the detector, and optical "
                "densities are too high. Give darks taken with the beam off, or none.",
            )
        self.unlit = self.beam.unlit()

    def _good_flats(
        self,
        flats: npt.NDArray[np.generic],
        positions: npt.NDArray[np.int64],
        current: Float32 | None,
        scan: Scan,
        index: int,
        parameters: CorrectParameters,
        counts: npt.NDArray[Any],
    ) -> BoolArray:
        """Which flats to use, (F,); what was found of the others goes into `warnings`."""

        def projection(i: int) -> Float32:
            return (thinned(counts[i]).astype(np.float32) - dark) / np.float32(self._scale(i))

        dark = thinned(self.dark)
        beams = thinned(flats).astype(np.float32) - dark
        if current is not None:
            beams /= current[:, None, None]
        judged = judge_flats(FlatSeries(beams, positions, projection, len(counts)))
        at = f"At {scan.energies[index]:g} eV"
        keep = parameters.bad_flats == "keep"
        done = "looks bad and was kept" if keep else "was left out"
        found = [
            f"{at} flat {f} ({_place(int(positions[f]), scan, index)}) {done}: {why}."
            for f, why in judged.faults.items()
        ]
        self.warnings = (*found, *(f"{at} {doubt}." for doubt in judged.doubts))
        good = np.ones(len(flats), bool)
        if not keep:
            good[list(judged.faults)] = False
        return good

    def _scale(self, i: int) -> float:
        """By what a projection is brighter than flats because of its exposure and ring current."""
        return float(self.exposure_ratio if self.current is None else self.exposure_ratio * self.current[i])

    def __call__(self, i: int, frame: npt.NDArray[np.generic]) -> Float32:
        """Give the transmission, (row, column), of frame number `i`."""
        values = np.array(frame, np.float32)
        if self.kind == "optical_density":
            values = np.exp(-values)
        elif self.kind == "counts":
            with np.errstate(divide="ignore", invalid="ignore"):
                values = (values - self.dark) / (self.beam.at(i) * np.float32(self._scale(i)))
        values[self.unlit] = np.nan
        values[~(np.isfinite(values) & (values > 0))] = np.nan
        return values


def _place(position: int, scan: Scan, index: int) -> str:
    """Say when a flat was taken."""
    if scan.flat_positions is None:
        return f"of {len(scan.flats[index])}"
    return (
        f"taken before projection {position}"
        if position < len(scan.angles[index])
        else "taken after the last projection"
    )


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
