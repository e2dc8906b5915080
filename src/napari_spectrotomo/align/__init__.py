"""Projections -> shifts: jitter within a tomogram, and how far the sample moved during it."""

from .energies import EnergyAlignment, align_energies
from .parameters import AlignParameters

__all__ = ["AlignParameters", "EnergyAlignment", "align_energies"]
