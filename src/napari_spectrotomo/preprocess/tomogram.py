"""From counts to optical density at one energy, now, counting what is mended."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..data import FloatArray, Scan
from ..errors import DataError
from ..progress import raise_if_aborted
from ..threads import in_threads
from .bad_pixels import mark_strays, repair
from .binning import binned, corrected_layout
from .failing import failing_pixels
from .parameters import CorrectParameters
from .stripe_strength import stripe_warning
from .stripes import remove_stripes
from .transmission import Frames, Transmission, read_frames, ring_currents
from .views import mean_angles, view_of_frame

Float32 = npt.NDArray[np.float32]
DENSE = 3.0  # optical density beyond which hardly a photon arrives
_LEAST_SCALE = 1023  # no detector has fewer than 10 bits
_D = CorrectParameters()


@dataclass(frozen=True, slots=True, eq=False)
class CorrectedTomogram:
    """The optical density at one energy, and what was mended or is doubtful.

    Attributes
    ----------
    optical_density : (A, R, C) float32
    angles : (A,) float64, degrees; one a view
    repaired : int
        Pixels filled from their neighbours, strays included.
    saturated : int
        Raw counts at the most the detector can count, those repaired too.
    warnings : tuple of str
    """

    optical_density: Float32
    angles: FloatArray
    repaired: int
    saturated: int
    warnings: tuple[str, ...]


def correct_tomogram(
    scan: Scan, index: int, parameters: CorrectParameters = _D, abort: threading.Event | None = None
) -> CorrectedTomogram:
    """Correct the projections of one energy, now, counting what is mended.

    Views are corrected in threads of our own (`threads.in_threads`), with the same result whatever their number. In memory at
    once: the counts, the result, and a few frames a thread.

    Parameters
    ----------
    scan : Scan
        From which `leave_out` has taken the exclusions already; those of `parameters` are not looked at here.
    index : int
        Which energy.
    parameters : CorrectParameters
    abort : threading.Event or None
        Looked at before every view.

    Raises
    ------
    DataError
        If counts come without flats, the flats show no beam, or a projection holds no positive transmission at all.
    ParameterError
        If the images are smaller than one bin.
    Aborted
        Once `abort` is set.
    """
    check_flats(scan, index)
    rows, columns, _ = corrected_layout(scan, parameters)
    frames = read_frames(scan, index)
    view = view_of_frame(scan.angles[index])
    work = _Correction(scan, index, parameters, frames)
    density = np.empty((view.max() + 1, rows, columns), np.float32)

    def correct_view(v: int) -> _Mended:
        raise_if_aborted(abort)
        shown = np.flatnonzero(view == v)
        total = np.zeros((rows, columns), np.float32)
        mended = [work.add_to(total, int(i)) for i in shown]
        total /= np.float32(len(shown))
        np.negative(np.log(total, out=total), out=density[v])
        return _Mended(*np.sum(mended, axis=0).tolist())

    each = in_threads(correct_view, range(len(density)))
    mended = _Mended(*np.sum(each, axis=0).tolist())
    dense = sum(np.count_nonzero(one > DENSE) for one in density) / density.size
    angles = mean_angles(scan.angles[index], view)
    said = [f"{work.at} {one}." for one in _stripes(density, angles, parameters, abort)]
    return CorrectedTomogram(
        density,
        angles,
        mended.repaired,
        work.saturated + mended.saturated,
        (*warnings_beforehand(scan, index, parameters), *work.warnings(mended, frames.counts.size, dense), *said),
    )


def _stripes(
    density: Float32, angles: FloatArray, parameters: CorrectParameters, abort: threading.Event | None
) -> tuple[str, ...]:
    """Remove stripes in place, or say that there are some."""
    if parameters.stripes != "none":
        return remove_stripes(density, angles, parameters, abort)
    found = stripe_warning(density)
    return () if found is None else (found,)


class _Mended(NamedTuple):
    """What was found in frames, in pixels; `harmful` are saturated and not repaired."""

    repaired: int
    strays: int
    saturated: int
    harmful: int


class _Correction:
    """What the frames of one energy are corrected with."""

    def __init__(self, scan: Scan, index: int, parameters: CorrectParameters, frames: Frames) -> None:
        self.at = f"At {scan.energies[index]:g} eV"
        self.counts, self.angles, self.parameters = frames.counts, scan.angles[index], parameters
        self.transmission_of = Transmission(scan, index, parameters, frames)
        unlit = self.transmission_of.unlit
        failing = np.zeros_like(unlit) if scan.kind == "optical_density" else failing_pixels(frames.counts) & ~unlit
        self.failing = int(failing.sum())
        unlit |= failing
        self.full = _full_scale(frames) if scan.kind == "counts" else None
        self.saturated = self.harmful = 0
        if self.full is not None:
            in_flats = frames.flats == self.full
            self.saturated = int(in_flats.sum())
            self.harmful = int(in_flats[:, ~self.transmission_of.unlit].sum())
        self.threshold = None if scan.kind == "optical_density" else parameters.zinger_threshold

    def add_to(self, total: Float32, i: int) -> _Mended:
        """Add the transmission of frame `i`, repaired and binned, to a view's."""
        frame = self.counts[i]
        transmission = self.transmission_of(i, frame)
        strays = 0 if self.threshold is None else mark_strays(transmission, self.threshold)
        lost = np.isnan(transmission)
        if lost.all():
            raise DataError(
                f"{self.at} projection {i} ({self.angles[i]:g}°) holds no positive transmission at all: "
                "leave it out (an exclusion with its reason), or check its flats and darks."
            )
        saturated = harmful = 0
        if self.full is not None:
            full = frame == self.full
            saturated, harmful = int(np.count_nonzero(full)), int(np.count_nonzero(full & ~lost))
        repaired = repair(transmission)
        total += binned(transmission, self.parameters.binning)
        return _Mended(repaired, strays, saturated, harmful)

    def warnings(self, mended: _Mended, pixels: int, dense: float) -> list[str]:
        """Sentences about what was mended in how many pixels, and how large a part lets hardly a photon through."""
        found = list(self.transmission_of.warnings)
        harmful = self.harmful + mended.harmful
        if harmful:
            found.append(f"{self.at} {harmful} counts are saturated ({self.full}): the optical density there is wrong.")
        if self.failing:
            found.append(
                f"{self.at} {self.failing} pixels of the detector are stuck or flicker in all projections, and not in the flats: "
                "their neighbours filled them."
            )
        if mended.repaired > 0.01 * pixels:
            found.append(
                f"{self.at} {mended.repaired / pixels:.0%} of the pixels held no transmission "
                f"({(mended.repaired - mended.strays) / pixels:.0%}) or stood out of their neighbours "
                f"({mended.strays / pixels:.0%}, salt and pepper); their neighbours filled them."
            )
        if dense > 0.005:
            found.append(
                f"{self.at} the optical density is above {DENSE:g} in {dense:.1%} of the pixels: too few photons."
            )
        return found


def _full_scale(frames: Frames) -> int | None:
    """The most the detector can count: what the integers hold, or the highest count where that is all ones, as of 12 bits."""
    counts, flats = frames.counts, frames.flats
    if counts.dtype.kind not in "iu":
        return None
    highest = max(int(counts.max()), int(flats.max()) if flats.dtype.kind in "iu" else 0)
    return highest if highest >= _LEAST_SCALE and highest & (highest + 1) == 0 else int(np.iinfo(counts.dtype).max)


def check_flats(scan: Scan, index: int) -> None:
    if scan.kind == "counts" and len(scan.flats[index]) == 0:
        raise DataError(
            f"At {scan.energies[index]:g} eV there are no flats (open beam): give some, leave the energy out, "
            "or say kind='transmission' or 'optical_density' if the projections are corrected already."
        )


def warnings_beforehand(scan: Scan, index: int, parameters: CorrectParameters) -> list[str]:
    """Sentences about what is seen without the counts; the same at every energy that has it in common."""
    if scan.kind != "counts":
        return []
    warnings = []
    if len(scan.darks[index]) == 0:
        where = f"At {scan.energies[index]:g} eV there" if any(len(d) for d in scan.darks) else "There"
        warnings.append(f"{where} are no darks: 0 was taken, so a detector offset makes optical densities too low.")
    if (scan.exposure is None) != (scan.flat_exposure is None):
        known, unknown = ("projections", "flats") if scan.flat_exposure is None else ("flats", "projections")
        warnings.append(f"The exposure is known of {known} but not of {unknown}: they were taken to be the same.")
    if said := ring_currents(scan, index, parameters)[2]:
        warnings.append(said)
    return warnings
