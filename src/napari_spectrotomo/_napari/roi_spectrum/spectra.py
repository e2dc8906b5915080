"""Mean spectra of regions, read from disk where the regions lie and nowhere else."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...atomic import write_text
from ...data import FloatArray
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


def write_csv(spectra: list[RegionSpectrum], path: Path, unit: str) -> None:
    """Write spectra as CSV: ``energy_eV``, then mean, standard error and count of each region and stack."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    heads = [f"{s.region.name} {s.stack}".replace(" ", "_") for s in spectra]
    writer.writerow(
        ["energy_eV", *(f"{h}_{what}" for h in heads for what in (f"mean_{unit}", "standard_error", "count"))]
    )
    for e, energy in enumerate(spectra[0].energies):
        row = (v for s in spectra for v in (f"{s.mean[e]:.8g}", f"{s.error[e]:.4g}", int(s.count[e])))
        writer.writerow([f"{energy:.3f}", *row])
    write_text(path, out.getvalue())
