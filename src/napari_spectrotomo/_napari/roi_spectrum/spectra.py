"""Mean spectra of regions, read from disk where the regions lie and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...data import FloatArray
from ...io import write_spectra
from ...spectra import roi_spectrum
from .regions import Region


@dataclass(frozen=True, slots=True, eq=False)
class RegionSpectrum:
    """Mean attenuation (E,) of a region in one stack ('raw' or 'registered'), its standard error and the voxels counted."""

    region: Region
    stack: str
    energies: FloatArray
    mean: FloatArray
    error: FloatArray
    count: npt.NDArray[np.int64]


def spectra_of(regions: list[Region], stacks: dict[str, tuple[Any, FloatArray]]) -> list[RegionSpectrum]:
    """Compute the mean spectra of regions.

    Parameters
    ----------
    regions : list of Region
    stacks : dict
        Name of a stack -> (dask array (E, z, y, x), energies (E,) in eV).
    """
    found = []
    for region in regions:
        for name, (data, energies) in stacks.items():
            mean, error, count = roi_spectrum(np.asarray(data[(slice(None), *region.box)]), region.mask)
            found.append(RegionSpectrum(region, name, energies, mean, error, count))
    return found


def save_spectra(
    spectra: list[RegionSpectrum], path: Path, unit: str, metadata: Mapping[str, object], shift: float = 0.0
) -> list[Path]:
    """Write spectra with their standard errors and counts, as CSV or XDI by the path's suffix; CSV where it has none.

    `shift` (eV) is added to the energies.

    Raises
    ------
    SpectrotomoError
        If the suffix is another one, or a file cannot be written.
    """
    named = {f"{s.region.name} {s.stack}".replace(" ", "_"): (s.mean, s.error, s.count) for s in spectra}
    path = path if path.suffix else path.with_suffix(".csv")
    return write_spectra(path, spectra[0].energies + shift, named, unit=unit, metadata=metadata)
