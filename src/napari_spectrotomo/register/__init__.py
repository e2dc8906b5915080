"""Masks of all energies -> a transform an energy and particle -> the registered stack, by one interpolation.

In the order the data flows through it::

    overlap       how well two masks agree: the one definition of MSE and Dice
    engine/       our solver: a mask, a particle or a grey volume to another
    published/    the published method, by SimpleITK
    pair          one mask to another by either, and what is to be believed of it
    series/       all energies: the whole, each particle, both on the grey volumes; then the trend, and a field on top
    result/       the registration: kept, changed, taken elsewhere
    resampling/   where each voxel lies, and the one interpolation
"""

from .overlap import Overlap, mask_overlap
from .pair import PairRegistration, register_pair
from .parameters import RegisterParameters
from .resampling.deformation import Deformation
from .resampling.placement import Placement
from .resampling.resample import resample
from .result.exchange import compose, from_napari_affine, invert, napari_affine
from .result.files import load_registration, read_deformation, write_deformation
from .result.registration import Registration
from .series.again import register_again
from .series.found import EnergyRegistration
from .series.register import finish, finishing, register
from .series.steps import Series

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
    "finishing",
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
