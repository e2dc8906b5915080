"""Projections -> shifts: jitter within a tomogram, and how far the sample moved during it."""

from .parameters import AlignParameters

__all__ = ["AlignParameters"]
