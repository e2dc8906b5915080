"""Raw counts -> optical density, pixel by pixel: darks, flats, exposure, bad pixels, -ln. Nothing is resampled."""

from .binning import binned_column, corrected_layout
from .correct import CorrectedTomogram, correct, correct_tomogram
from .exclusions import leave_out
from .parameters import CorrectParameters, Exclusion

__all__ = [
    "CorrectParameters",
    "CorrectedTomogram",
    "Exclusion",
    "binned_column",
    "correct",
    "correct_tomogram",
    "corrected_layout",
    "leave_out",
]
