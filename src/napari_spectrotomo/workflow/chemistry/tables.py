"""Components and clusters as tables, a row an energy, which `read_references` reads as spectra."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from ...data import FloatArray
from ...spectra import particle_boxes, spatial_correlation

if TYPE_CHECKING:
    from ...spectra import Clusters, Components, Composition


def component_table(found: Components) -> pd.DataFrame:
    """Give ``energy_eV, mean, component_1, component_2, …``."""
    columns = {"energy_eV": found.energies, "mean": found.mean}
    return pd.DataFrame(columns | {f"component_{k}": spectrum for k, spectrum in enumerate(found.spectra, 1)})


def cluster_table(found: Clusters) -> pd.DataFrame:
    """Give ``energy_eV``, and the mean spectrum of each cluster with its standard error."""
    columns = {"energy_eV": found.energies}
    for k, (spectrum, error) in enumerate(zip(found.spectra, found.errors, strict=True), 1):
        columns |= {f"cluster_{k}": spectrum, f"cluster_{k}_standard_error": error}
    return pd.DataFrame(columns)


def fraction_table(found: Composition, labels: npt.NDArray[np.integer]) -> pd.DataFrame:
    """Give the mean fractions of every particle.

    Returns
    -------
    pandas.DataFrame
        A row a particle: ``label``, ``voxels`` (those fitted), the mean fraction of each reference under its name, beside it its
        standard error by the number of independent voxels (`spatial_correlation`), and the median ``residual``.
    """
    rows = []
    for label, box in particle_boxes(labels).items():
        inside = (labels[box] == label) & np.isfinite(found.residual[box])
        row: dict[str, float] = {"label": label, "voxels": int(inside.sum())}
        for name, fractions in zip(found.names, found.fractions, strict=True):
            row |= _mean(name, fractions[box], inside, found.voxel_size)
        row["residual"] = float(np.median(found.residual[box][inside])) if inside.any() else np.nan
        rows.append(row)
    return pd.DataFrame(rows)


def _mean(
    name: str, values: npt.NDArray[np.float32], inside: npt.NDArray[np.bool_], size: FloatArray | None
) -> dict[str, float]:
    """Give the mean of a particle's values, and its standard error."""
    if not inside.any():
        return {name: np.nan, f"{name}_standard_error": np.nan}
    correlation = spatial_correlation(values, inside, voxel_size=size)
    return {name: correlation.mean, f"{name}_standard_error": correlation.standard_error}
