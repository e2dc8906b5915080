"""Mean spectra of regions, read where the regions lie and nowhere else, and what is written of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import numpy.typing as npt

from ...data import FloatArray
from ...errors import DataError
from ...io import spectra_as_text, write_spectra
from ...spectra import SpectraParameters, normalized_roi_spectrum, roi_spectrum
from .blocks import Blocks, Box, Pause
from .regions import LabelRegions, Region

READING, READING_ON = 0.025, 0.15
"""Seconds of reading before what is known so far is drawn, at first and from then on."""

_LITTLE = 1_000_000
"""Values of which a mean is taken at once."""

_LEAST_STEP = SpectraParameters().least_step
"""Edge step over the noise of the pre-edge, below which there is no edge."""

Windows = Mapping[str, Any] | SpectraParameters


@dataclass(frozen=True, slots=True, eq=False)
class RegionSpectrum:
    """The mean (E,) of a region in one stack ('raw' or 'registered'), its standard error and the voxels counted.

    Attributes
    ----------
    energies : (E,), eV
        With the energy shift of the map.
    whole : bool
        Whether all energies were read.
    """

    region: Region
    stack: str
    energies: FloatArray
    mean: FloatArray
    error: FloatArray
    count: npt.NDArray[np.int64]
    whole: bool = True

    @property
    def name(self) -> str:
        """Of the region and the stack."""
        return f"{self.region.name} {self.stack}"


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """What spectra are asked for.

    Attributes
    ----------
    regions : list of (name of a layer, its regions)
    stacks : dict
        Name -> (blocks, energies in eV).
    normalized : bool
    windows : mapping, SpectraParameters or None
        For `normalized_roi_spectrum`.
    shift : float, eV
        Added to the energies.
    abort : Event
        Stops the reading of regions too large to be kept.
    number : int
        Of the request; it goes up.
    ahead : box or None
        About where something may be drawn, as nothing is yet.
    """

    regions: list[tuple[str, list[Region] | LabelRegions]]
    stacks: dict[str, tuple[Blocks, FloatArray]]
    normalized: bool
    windows: Windows | None
    shift: float
    abort: Event
    number: int = 0
    ahead: Box | None = None

    @property
    def at_hand(self) -> bool:
        """Whether the spectra take no more than some milliseconds: few voxels, all of them read."""
        found = [region for _, given in self.regions if not isinstance(given, LabelRegions) for region in given]
        if any(isinstance(given, LabelRegions) for _, given in self.regions):
            return False
        work = sum(region.mask.size * blocks.shape[0] for region in found for blocks, _ in self.stacks.values())
        return work <= _LITTLE and all(
            blocks.at_hand(region.box) for region in found for blocks, _ in self.stacks.values()
        )

    def found(self) -> list[Region]:
        """Find the regions of all layers, named apart: with their layer where two have the same name."""
        found = [
            (layer, region)
            for layer, given in self.regions
            for region in (given.find() if isinstance(given, LabelRegions) else given)
        ]
        times = Counter(region.name for _, region in found)
        return [
            replace(region, name=f"{layer}: {region.name}") if times[region.name] > 1 else region
            for layer, region in found
        ]


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """The spectra of a request, whether all was read for them, and why some could not be normalised."""

    request: Request
    spectra: list[RegionSpectrum]
    whole: bool
    doubts: tuple[str, ...] = ()


def answer(request: Request, reading: float = READING) -> Answer:
    """Compute the mean spectra of a request, from what can be read in so many seconds."""
    pause = Pause(reading)
    spectra, doubts = [], []
    for region in request.found():
        for name, (blocks, energies) in request.stacks.items():
            fits = blocks.fits(region.box)
            whole = not fits or blocks.read(region.box, pause)
            data = blocks.part(region.box) if fits else _Lazy(blocks.data, region.box)
            at = energies + request.shift
            try:
                mean, error, count = _mean(request, data, region.mask, energies, whole)
            except DataError as reason:
                doubts.append(f"{region.name} {name}: {reason}")
                mean, error, count = (np.full(len(at), np.nan), np.full(len(at), np.nan), np.zeros(len(at), np.int64))
            if request.normalized and whole and count.any():
                doubts += _without_step(f"{region.name} {name}", at, mean, request.windows)
            spectra.append(RegionSpectrum(region, name, at, mean, error, count, whole))
    return Answer(request, spectra, all(s.whole for s in spectra), tuple(dict.fromkeys(doubts)))


def read_beside(answered: Answer) -> bool:
    """Read a piece of what lies beside the regions, so that it is there when one is dragged; say whether there is more."""
    request = answered.request
    if request.ahead is not None:
        return any(blocks.read_beside(request.ahead) for blocks, _ in request.stacks.values())
    return any(
        blocks.read_beside(s.region.box)
        for s in answered.spectra
        for name, (blocks, _) in request.stacks.items()
        if name == s.stack and blocks.fits(s.region.box)
    )


def _mean(request: Request, data: Any, mask: npt.NDArray[np.bool_], energies: FloatArray, whole: bool) -> Any:
    if not request.normalized:
        return roi_spectrum(data, mask, abort=request.abort)
    if not whole:  # a few energies give no background lines
        nothing = np.full(len(energies), np.nan)
        return nothing, nothing, np.zeros(len(energies), np.int64)
    return normalized_roi_spectrum(
        data, mask, request.windows, energies=energies, energy_shift=request.shift, abort=request.abort
    )


def _without_step(name: str, energies: FloatArray, mean: FloatArray, windows: Windows | None) -> list[str]:
    """Say where a normalised spectrum (E,) is one of noise: its edge step does not stand out of its own pre-edge."""
    if not np.isfinite(mean).any():
        return [f"{name} has no edge step: it cannot be normalised."]
    if not isinstance(windows, Mapping) or "pre" not in windows:
        return []
    first, last = windows["pre"]
    before = mean[(energies >= first - 1e-6) & (energies <= last + 1e-6) & np.isfinite(mean)]
    free = len(before) - 2
    if free < 1 or np.sqrt(np.sum(before**2) / free) * _LEAST_STEP < 1:
        return []
    return [f"The edge step of {name} does not stand out of its noise: its normalised spectrum means nothing."]


class _Lazy:
    """A box (E, z, y, x) of an array, read in the parts that are asked for."""

    def __init__(self, data: Any, box: tuple[slice, slice, slice]) -> None:
        self._data = data[(slice(None), *box)]
        self.shape, self.ndim, self.dtype = self._data.shape, 4, self._data.dtype

    def __getitem__(self, key: Any) -> npt.NDArray[Any]:
        return np.asarray(self._data[key])


def named(spectra: Iterable[RegionSpectrum]) -> tuple[FloatArray, dict[str, Any]]:
    """Give the energies of spectra, and mean, standard error and count by name, as they are written.

    Raises
    ------
    DataError
        If there is none, or they are at different energies.
    """
    all_ = list(spectra)
    if not all_:
        raise DataError("There are no spectra to write: draw a region first.")
    energies = all_[0].energies
    if any(not np.array_equal(s.energies, energies) for s in all_):
        raise DataError("The stacks have different energies: untick one of raw and registered.")
    return energies, {s.name.replace(" ", "_"): (s.mean, s.error, s.count) for s in all_}


def save_spectra(spectra: list[RegionSpectrum], path: Path, unit: str, metadata: Mapping[str, object]) -> list[Path]:
    """Write spectra with their standard errors and counts, as CSV or XDI by the path's suffix; CSV where it has none.

    Raises
    ------
    SpectrotomoError
        If the suffix is another one, or a file cannot be written.
    """
    energies, parts = named(spectra)
    path = path if path.suffix else path.with_suffix(".csv")
    return write_spectra(path, energies, parts, unit=unit, metadata=metadata)


def as_text(spectra: list[RegionSpectrum], unit: str) -> str:
    """Give spectra as a table for the clipboard."""
    energies, parts = named(spectra)
    return spectra_as_text(energies, parts, unit=unit)
