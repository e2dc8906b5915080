"""The parameters of the composition of voxels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Le

from ...parameters import parameter


@dataclass(frozen=True, slots=True)
class CompositionParameters:
    """What voxels are compared with: reference spectra, or each other."""

    references: str | None = parameter(
        None,
        "File or folder with the spectra of references, of which voxels are taken as mixtures; none: no fractions are fitted.",
    )
    sum_to_one: bool = parameter(
        False,
        "Make the fractions of a voxel sum to one exactly, instead of leaving their sum free.",
        label="sum to one",
    )
    max_shift: Annotated[float, Ge(0), Le(20)] = parameter(
        0.0,
        "How far the references may be shifted in energy to fit a voxel best, either way; 0: not at all.",
        unit="eV",
        label="largest shift",
    )
    broadening: Annotated[float, Ge(0), Le(50)] = parameter(
        0.0,
        "Full width at half maximum of the Gaussian with which references are broadened to the scan's energy resolution.",
        unit="eV",
    )
    window: tuple[float, float] | None = parameter(
        None,
        "Energies from e0 within which spectra are compared; none: from 20 eV below to 60 eV above it.",
        unit="eV",
        label="fitted window",
    )
    decomposition: Literal["none", "pca", "nmf"] = parameter(
        "none", "Split the spectra, without references, into principal or into non-negative components."
    )
    components: Annotated[int, Ge(0), Le(50)] = parameter(
        0, "How many components the spectra are split into; 0: as many as stand out of the noise."
    )
    clusters: Annotated[int, Ge(0), Le(50)] = parameter(
        0, "Into how many clusters voxels with similar spectra are gathered; 0: no clusters."
    )
    cluster_by: Literal["k-means", "gaussian-mixture"] = parameter(
        "k-means",
        "How clusters are found: by distance alone, or with a spread and share of their own.",
        label="clusters by",
    )


FILES = ("references",)
"""Parameters that name a file or folder: the workflow reads them."""
