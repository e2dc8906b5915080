"""From counts to optical density, one energy at a time; nothing is resampled."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import dask
import dask.array as da
import numpy as np
import numpy.typing as npt

from ..data import FloatArray, Scan, require
from ..errors import DataError
from ..parameters import checked
from .bad_pixels import mark_strays, repair
from .exclusions import leave_out
from .open_beam import OpenBeam, clean_mean
from .parameters import CorrectParameters, Exclusion

Float32 = npt.NDArray[np.float32]
SAME_VIEW = 1e-3  # degrees between frames of one view
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


def correct(
    scan: Scan,
    exclude: tuple[Exclusion, ...] = _D.exclude,
    zinger_threshold: float | None = _D.zinger_threshold,
) -> Scan:
    """Turn a scan of counts or transmissions into one of optical density, lazily.

    ``OD = -ln(((I - dark) / t) / ((flat - dark) / t_flat))``, with the flats interpolated linearly between those before
    and those after, pixels without a positive transmission repaired from their neighbours, and repeated frames of one
    view averaged as transmission.

    Parameters
    ----------
    scan : Scan
        Of any kind; one of optical density is passed on, with the exclusions, repairs and averages only.
    exclude : tuple of Exclusion
        What to leave out, and why.
    zinger_threshold : float or None
        By how much a pixel's optical density must differ from that of its neighbours to be repaired.

    Returns
    -------
    Scan
        Of kind 'optical_density', float32; angles are those of the views left after averaging.
        ``metadata['warnings']`` says what can be said without looking at the counts.

    Raises
    ------
    ParameterError
        If a parameter or an exclusion cannot be.
    DataError
        If counts come without flats; when computed, if a projection holds no positive transmission at all.
    """
    require(scan, Scan, "correct")
    parameters = checked(CorrectParameters, {"exclude": exclude, "zinger_threshold": zinger_threshold}, where="correct")
    scan = leave_out(scan, parameters.exclude)
    views, angles = [], []
    for e in range(len(scan)):
        _check_flats(scan, e)
        theta = _mean_angles(scan.angles[e], _view_of_frame(scan.angles[e]))
        shape = (len(theta), *scan.projections[e].shape[1:])
        density = dask.delayed(_optical_density)(replace(scan.select([e]), metadata={}), parameters)
        views.append(da.from_delayed(density, shape, np.float32))
        angles.append(theta)
    doubts = dict.fromkeys(w for e in range(len(scan)) for w in _warnings_beforehand(scan, e))
    warnings = [*scan.metadata.get("warnings", []), *doubts]
    none = tuple(da.zeros((0, *v.shape[1:]), dtype=np.float32, chunks=-1) for v in views)
    return replace(
        scan,
        projections=tuple(views),
        angles=tuple(angles),
        flats=none,
        darks=none,
        flat_positions=None,
        current=None,
        flat_current=None,
        kind="optical_density",
        metadata=scan.metadata | {"warnings": warnings},
    )


def correct_tomogram(scan: Scan, index: int, parameters: CorrectParameters = _D) -> CorrectedTomogram:
    """Correct the projections of one energy, now, counting what is mended.

    Parameters
    ----------
    scan : Scan
        From which `leave_out` has taken the exclusions already; those of `parameters` are not looked at here.
    index : int
        Which energy.
    parameters : CorrectParameters

    Raises
    ------
    DataError
        If counts come without flats, or a projection holds no positive transmission at all.
    """
    _check_flats(scan, index)
    at = f"At {scan.energies[index]:g} eV"
    counts = np.asarray(scan.projections[index])
    transmission_of = _Transmission(scan, index)
    full = _full_scale(scan, index, counts)
    saturated = harmful = 0
    if full is not None:
        in_flats = np.asarray(scan.flats[index]) == full
        saturated, harmful = int(in_flats.sum()), int(in_flats[:, ~transmission_of.unlit].sum())
    view_of_frame = _view_of_frame(scan.angles[index])
    total = np.zeros((view_of_frame.max() + 1, *counts.shape[1:]), np.float32)
    repaired = strays = 0
    for i, frame in enumerate(counts):
        transmission = transmission_of(i, frame)
        if parameters.zinger_threshold is not None and scan.kind != "optical_density":
            strays += mark_strays(transmission, parameters.zinger_threshold)
        if np.isnan(transmission).all():
            raise DataError(
                f"{at} projection {i} ({scan.angles[index][i]:g}°) holds no positive transmission at all: "
                "leave it out (an exclusion with its reason), or check its flats and darks."
            )
        if full is not None:
            saturated += int(np.count_nonzero(frame == full))
            harmful += int(np.count_nonzero((frame == full) & ~np.isnan(transmission)))
        repaired += repair(transmission)
        total[view_of_frame[i]] += transmission
    density = -np.log(total / np.bincount(view_of_frame).astype(np.float32)[:, None, None])

    warnings = _warnings_beforehand(scan, index)
    if harmful:
        warnings.append(f"{at} {harmful} counts are saturated ({full}): the optical density there is wrong.")
    if repaired > 0.01 * counts.size:
        warnings.append(
            f"{at} {repaired / counts.size:.0%} of the pixels held no transmission ({(repaired - strays) / counts.size:.0%}) or "
            f"stood out of their neighbours ({strays / counts.size:.0%}, salt and pepper); their neighbours filled them."
        )
    dense = float(np.mean(density > DENSE))
    if dense > 0.005:
        warnings.append(f"{at} the optical density is above {DENSE:g} in {dense:.1%} of the pixels: too few photons.")
    return CorrectedTomogram(
        density, _mean_angles(scan.angles[index], view_of_frame), repaired, saturated, tuple(warnings)
    )


class _Transmission:
    """Transmission of one frame after another, NaN where it is not a positive number."""

    def __init__(self, scan: Scan, index: int) -> None:
        self.kind = scan.kind
        if self.kind != "counts":
            return
        flats, darks = np.asarray(scan.flats[index]), np.asarray(scan.darks[index])
        self.dark = clean_mean(darks) if len(darks) else np.zeros(flats.shape[1:], np.float32)
        self.beam = OpenBeam(flats, self.dark, None if scan.flat_positions is None else scan.flat_positions[index])
        self.unlit = self.beam.unlit()
        self.exposure_ratio = np.float32(1.0)
        if scan.exposure is not None and scan.flat_exposure is not None:
            self.exposure_ratio = np.float32(scan.exposure[index] / scan.flat_exposure[index])

    def __call__(self, i: int, frame: npt.NDArray[np.generic]) -> Float32:
        values = np.array(frame, np.float32)
        if self.kind == "optical_density":
            values = np.exp(-values)
        elif self.kind == "counts":
            with np.errstate(divide="ignore", invalid="ignore"):
                values = (values - self.dark) / (self.beam.at(i) * self.exposure_ratio)
            values[self.unlit] = np.nan
        values[~(np.isfinite(values) & (values > 0))] = np.nan
        return values


def _view_of_frame(angles: FloatArray) -> npt.NDArray[np.intp]:
    """Which view each frame shows, (A,): frames of equal angle show one view; views are in order of acquisition."""
    order = np.argsort(angles, kind="stable")
    group = np.empty(len(angles), np.intp)
    group[order] = np.concatenate([[0], np.cumsum(np.diff(angles[order]) > SAME_VIEW)])
    _, first, inverse = np.unique(group, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.intp)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[inverse]


def _mean_angles(angles: FloatArray, view_of_frame: npt.NDArray[np.intp]) -> FloatArray:
    return np.bincount(view_of_frame, weights=angles) / np.bincount(view_of_frame)


def _full_scale(scan: Scan, index: int, counts: npt.NDArray[Any]) -> int | None:
    """The most the detector can count: what the integers hold, or the highest count where that is all ones, as of 12 bits."""
    if scan.kind != "counts" or counts.dtype.kind not in "iu":
        return None
    flats = scan.flats[index]
    highest = max(int(counts.max()), int(np.asarray(flats).max()) if flats.dtype.kind in "iu" else 0)
    return highest if highest >= _LEAST_SCALE and highest & (highest + 1) == 0 else int(np.iinfo(counts.dtype).max)


def _check_flats(scan: Scan, index: int) -> None:
    if scan.kind == "counts" and len(scan.flats[index]) == 0:
        raise DataError(
            f"At {scan.energies[index]:g} eV there are no flats (open beam): give some, leave the energy out, "
            "or say kind='transmission' or 'optical_density' if the projections are corrected already."
        )


def _warnings_beforehand(scan: Scan, index: int) -> list[str]:
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
    return warnings


def _optical_density(scan: Scan, parameters: CorrectParameters) -> Float32:
    return correct_tomogram(scan, 0, parameters).optical_density
