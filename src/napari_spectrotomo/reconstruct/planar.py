"""A 2-D XANES scan has nothing to reconstruct: its images of optical density are the stack."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..data import OPTICAL_DENSITY, EnergyStack, FloatArray, Scan

_TURNED = 0.05
"""Degrees by which views of different energies may differ."""


def images_of(od: Scan, fixed: int = -1) -> EnergyStack:
    """Take the images of a 2-D XANES scan as volumes of one slice, lazily; nothing is resampled.

    How much larger the image is at one energy than at another is left to the registration, the only interpolation.

    Parameters
    ----------
    od : Scan
        Of optical density, one view an energy.
    fixed : int
        Index of the energy whose pixel size counts.

    Returns
    -------
    EnergyStack
        (energy, 1, row, column), unit 'optical density'. The voxel size is the pixel size at the fixed energy, along the beam too.
    """
    size = None if od.pixel_size is None else float(od.pixel_size[fixed])
    images = [views.mean(axis=0, keepdims=True).astype(np.float32) for views in od.projections]
    warnings = [*od.metadata.get("warnings", []), *turned_views(od.angles)]
    return EnergyStack.from_arrays(
        images, od.energies, size, attenuation_unit=OPTICAL_DENSITY, metadata=od.metadata | {"warnings": warnings}
    )


def turned_views(angles: Sequence[FloatArray]) -> tuple[str, ...]:
    """Say where the sample was turned between the energies of a 2-D XANES scan."""
    first = np.array([theta[0] for theta in angles])
    if np.ptp(first) <= _TURNED:
        return ()
    return (
        f"The images were taken at angles from {first.min():g} to {first.max():g}°: of a sample that is turned, images cannot be "
        "laid on each other.",
    )
