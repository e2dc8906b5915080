"""What a simulated scan is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, MinLen

from ..parameters import parameter

ENERGIES = (
    *(6480.0, 6500.0, 6520.0, 6532.0, 6540.0, 6544.0, 6547.0, 6550.0, 6553.0),
    *(6556.0, 6560.0, 6566.0, 6580.0, 6610.0, 6640.0, 6675.0, 6710.0),
)
"""The Mn K edge: coarse far from it, 3 eV through it."""


@dataclass(frozen=True, slots=True)
class SimulateParameters:
    """A phantom scan: two cracked particles of manganese oxide, the upper one tilting as the energy rises."""

    rows: Annotated[int, Ge(16), Le(4096)] = parameter(
        48, "Rows of the detector, and slices of the volume.", unit="pixel"
    )
    columns: Annotated[int, Ge(16), Le(4096)] = parameter(64, "Columns of the detector.", unit="pixel")
    n_angles: Annotated[int, Ge(1)] = parameter(61, "Views from -90° to 90°, both included.", label="angles")
    energies: Annotated[tuple[Annotated[float, Gt(1000)], ...], MinLen(1)] = parameter(
        ENERGIES, "Energies, one tomogram each.", unit="eV"
    )
    low: Literal["MnO", "Mn3O4", "Mn2O3", "MnO2"] = parameter(
        "Mn2O3", "Oxide of the lower valence, deep in the particles."
    )
    high: Literal["MnO", "Mn3O4", "Mn2O3", "MnO2"] = parameter(
        "MnO2", "Oxide of the higher valence, at their surfaces."
    )
    tilt_degrees: float = parameter(
        5.0, "How far the upper particle is tilted at the first energy, against the last.", unit="°", label="tilt"
    )
    drift: Annotated[float, Ge(0)] = parameter(
        2.5, "How far the upper particle is shifted at the first energy.", unit="voxel"
    )
    magnification: bool = parameter(True, "Pixel size proportional to the energy, as with a zone plate; else constant.")
    pixel_size: Annotated[float, Gt(0)] = parameter(400.0, "Pixel size at the highest energy.", unit="nm")
    attenuation: Annotated[float, Gt(0)] = parameter(
        0.12, "Attenuation coefficient of the particles at the highest energy.", unit="1/µm"
    )
    photons: Annotated[float, Gt(0)] = parameter(40000.0, "Photons a pixel in the open beam.")
    axis_offset: float = parameter(
        2.3, "How far the rotation axis lies to the right of the detector's middle.", unit="pixel", label="axis offset"
    )
    flat_drift: Annotated[float, Ge(0)] = parameter(
        0.04,
        "Change of the illumination during a tomogram, between the flats before and after it.",
        label="drift of flats",
    )
    dead_pixels: Annotated[int, Ge(0)] = parameter(4, "Pixels that see no light.")
    seed: Annotated[int, Ge(0)] = parameter(0, "The same seed gives the same scan.")
