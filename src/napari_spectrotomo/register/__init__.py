"""Masks of all energies -> a transform an energy -> the registered stack, by one interpolation."""

from .overlap import Overlap, mask_overlap
from .pair import PairRegistration, register_pair
from .parameters import RegisterParameters
from .registration import Registration, load_registration
from .resample import resample
from .series import assemble, register, registration_steps

__all__ = [
    "Overlap",
    "PairRegistration",
    "RegisterParameters",
    "Registration",
    "assemble",
    "load_registration",
    "mask_overlap",
    "register",
    "register_pair",
    "registration_steps",
    "resample",
]
