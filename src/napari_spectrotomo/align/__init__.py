"""Projections -> shifts: jitter within a tomogram, how far the sample moved during it, and from energy to energy."""

from .energies import EnergyAlignment, align_energies
from .jitter import Jitter, find_jitter_of
from .motion import Motion, measure_motion_of
from .of_scan import find_jitter, measure_motion
from .one_view import ViewAlignment, align_views
from .parameters import AlignParameters

__all__ = [
    "AlignParameters",
    "EnergyAlignment",
    "Jitter",
    "Motion",
    "ViewAlignment",
    "align_energies",
    "align_views",
    "find_jitter",
    "find_jitter_of",
    "measure_motion",
    "measure_motion_of",
]
