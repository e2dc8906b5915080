"""Masks of all energies -> a transform an energy and particle -> the registered stack, by one interpolation.

In the order the data flows through it::

    engine/, published/   one mask to another: our solver, and the published method
    pair                  the one, the other, and what is to be believed of them
    reference, particles, energy   one energy: the whole, each particle, both on the grey volumes
    steps, settling, bend          the series: energy after energy, judged by its trend, bent
    series, again                  `register` and `register_again`, which put it together
    measures, tables, scores       how good it is
    registration, derived, files, exchange   the result: kept, changed, taken elsewhere
    territory, placement, deformation, resample   where each voxel lies, and the one interpolation
"""

from .again import register_again
from .deformation import Deformation
from .exchange import compose, from_napari_affine, invert, napari_affine
from .files import load_registration, read_deformation, write_deformation
from .found import EnergyRegistration
from .overlap import Overlap, mask_overlap
from .pair import PairRegistration, register_pair
from .parameters import RegisterParameters
from .placement import Placement
from .registration import Registration
from .resample import resample
from .series import finish, register
from .steps import Series

__all__ = [
    "Deformation",
    "EnergyRegistration",
    "Overlap",
    "PairRegistration",
    "Placement",
    "RegisterParameters",
    "Registration",
    "Series",
    "compose",
    "finish",
    "from_napari_affine",
    "invert",
    "load_registration",
    "mask_overlap",
    "napari_affine",
    "read_deformation",
    "register",
    "register_again",
    "register_pair",
    "resample",
    "write_deformation",
]
