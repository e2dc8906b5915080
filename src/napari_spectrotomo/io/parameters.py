"""Parameters of reading, as the recipe and the *Load* panel hold them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Gt

from ..parameters import parameter

Overridable = Literal["energies", "angles", "pixel_size", "flats", "darks"]
SCAN_FORMATS: tuple[str, ...] = ("fxi", "data-exchange", "nxtomo", "xradia", "tiff")
STACK_FORMATS: tuple[str, ...] = ("zarr", "tiff-stack", "tiff-slices", "hdf5-stack")


@dataclass(frozen=True, slots=True)
class ReadParameters:
    """How a scan, or a stack of volumes, is read."""

    kind: Literal["auto", "scan", "stack"] = parameter(
        "auto",
        "Whether the files hold projections (scan) or volumes already reconstructed (stack); auto looks at them.",
    )
    format: (
        Literal["fxi", "data-exchange", "nxtomo", "xradia", "tiff", "zarr", "tiff-stack", "tiff-slices", "hdf5-stack"]
        | None
    ) = parameter(
        None,
        "File format; none: as the files look. TIFF slices are files of one slice that hold a page an energy.",
    )
    energies: tuple[Annotated[float, Gt(0)], ...] | None = parameter(
        None,
        "Photon energies in order of the files, where they do not say them; none: as files or names say.",
        unit="eV",
    )
    angles: tuple[float, ...] | None = parameter(
        None,
        "Angles of the projections, the same at all energies, where files do not say them; none: as the files say.",
        unit="°",
    )
    pixel_size: Annotated[float, Gt(0)] | None = parameter(
        None,
        "Pixel size at the sample at the highest energy (of a stack: voxel size), where files do not say it; none: as they say.",
        unit="nm",
    )
    flats: str | None = parameter(
        None, "File, folder or glob of TIFF or .xrm images without the sample; none: those in the scan's files."
    )
    darks: str | None = parameter(
        None, "File, folder or glob of TIFF or .xrm images without beam; none: those in the scan's files."
    )
    on_bad_file: Literal["raise", "skip"] = parameter(
        "raise", "What a file that is broken or interrupted does: stop the reading, or be left out."
    )
    override: tuple[Overridable, ...] = parameter((), "Fields in which the values given here win over the files'.")
    follow_links: bool = parameter(
        False,
        "Whether links in HDF5 and zarr may lead out of the scan's folder: only for files whose origin you trust.",
        later=True,
    )
