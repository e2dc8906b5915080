"""A small phantom project for the report: two balls in a box, the upper one moving with energy."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import dask.array as da
import numpy as np
import pandas as pd
import pytest

from napari_spectrotomo.data import EnergyStack
from napari_spectrotomo.report import ProjectionAt, ReportData, ReportParameters
from napari_spectrotomo.spectra import EdgeMap

ENERGIES = np.array([6480.0, 6510.0, 6530.0, 6545.0, 6548.0, 6551.0, 6554.0, 6560.0, 6605.0, 6650.0, 6710.0])


def ball(shape: tuple[int, ...], centre: tuple[float, ...], radius: float) -> np.ndarray:
    """True inside a ball."""
    grid = np.indices(shape).astype(float)
    return sum((g - c) ** 2 for g, c in zip(grid, centre, strict=True)) <= radius**2


def phantom(
    shape: tuple[int, int, int] = (24, 20, 20), energies: np.ndarray = ENERGIES, particles: int = 2
) -> ReportData:
    """Everything a report needs, with the upper ball shifted by up to three voxels along x at the lowest energy."""
    n = len(energies)
    z, y, x = shape
    centres = [(z * 0.27, y / 2, x / 2 - 1), (z * 0.75, y / 2, x / 2)][:particles]
    radius = min(n / 5 for n in shape if n > 5)
    if z < 6:
        centres = [(0.0, y / 2, x * 0.28), (0.0, y / 2, x * 0.72)][:particles]
    labels = np.zeros(shape, np.int32)
    for k, centre in enumerate(centres):
        labels[ball(shape, centre, radius)] = k + 1
    edge = 0.8 + 0.5 / (1 + np.exp(-(energies - 6550.0) / 1.5))
    masks, raw, registered = (
        np.zeros((n, *shape), bool),
        np.zeros((n, *shape), np.float32),
        np.zeros((n, *shape), np.float32),
    )
    for i in range(n):
        shift = 3.0 * (n - 1 - i) / max(n - 1, 1)
        for k, centre in enumerate(centres):
            masks[i] |= ball(shape, (*centre[:2], centre[2] + (shift if k == 0 else 0)), radius)
        raw[i], registered[i] = edge[i] * masks[i], edge[i] * (labels > 0)
    if n > 1:
        registered[0, ..., :2] = np.nan
    inside = labels > 0
    energy = np.where(inside, 6550 + 0.1 * np.indices(shape)[1], np.nan).astype(np.float32)
    error = np.where(inside, 0.1, np.nan).astype(np.float32)
    windows = {"e0": 6550.0, "pre": (6480.0, 6530.0), "post": (6605.0, 6710.0), "nnorm": 1}
    mse_raw = ((masks - 1.0 * masks[-1]) ** 2).mean(axis=(1, 2, 3))
    quality = pd.DataFrame(
        {
            "energy_eV": energies,
            "mse_raw": mse_raw,
            "mse_registered": mse_raw / 10,
            "dice_raw": 0.8,
            "dice_registered": 0.98,
        }
    )
    spectra = pd.DataFrame({"energy_eV": energies})
    rows = []
    for k in range(1, particles + 1):
        spectra[f"particle_{k}_raw"] = spectra[f"particle_{k}_registered"] = (edge - 0.8) / 0.5
        own = energy[labels == k]
        rows.append({"label": k, "voxels": own.size, "volume_um3": 1.0, "mean_eV": 6551.0, "median_eV": np.median(own)})
    columns = ["label", "voxels", "volume_um3", "mean_eV", "median_eV", "std_eV", "fwhm_eV", "skewness"]
    lazy = lambda array: da.from_array(array, chunks=(1, *shape))  # noqa: E731
    return ReportData(
        title="phantom",
        summary={"format": "phantom", "angles": "91 from -90 to 90°"},
        energies=energies,
        fixed_index=-1,
        voxel_size=np.full(3, 100.0),
        attenuation_unit="1/µm",
        projections=(ProjectionAt(6480.0, 0.0, raw[0].sum(axis=1)), ProjectionAt(6710.0, 0.0, raw[-1].sum(axis=1))),
        raw=EnergyStack.from_arrays(raw, energies, 100.0),
        registered=EnergyStack.from_arrays(registered, energies, 100.0),
        masks=lazy(masks),
        squared_difference_raw=lazy((1.0 * masks - masks[-1]).astype(np.float32) ** 2),
        squared_difference_registered=lazy(np.zeros((n, *shape), np.float32)),
        labels=labels,
        registration=SimpleNamespace(
            matrices=np.broadcast_to(np.eye(4), (n, 4, 4)).copy(),
            quality=quality,
            particle_matrices=None,
            particle_quality=None,
        ),
        edge_map=EdgeMap(
            energy, np.where(inside, 0.5, np.nan).astype(np.float32), error, 6550.0, "half-height", windows
        ),
        spectra=spectra,
        particles=pd.DataFrame(rows, columns=columns),
        warnings=[],
        parameters={"register": {"engine": "simpleitk", "fixed": -1}},
        versions={"numpy": np.__version__},
        timings={"register": 12.5},
        options=ReportParameters(renderings=False),
    )


@pytest.fixture
def make_phantom() -> Callable[..., ReportData]:
    """Make a phantom; further fields replace the phantom's."""

    def make(shape=(24, 20, 20), energies=ENERGIES, particles=2, **fields: Any) -> ReportData:
        return replace(phantom(shape, energies, particles), **fields)

    return make


@pytest.fixture(scope="session")
def whole() -> ReportData:
    """The phantom with its renderings."""
    return replace(phantom(), options=ReportParameters())
