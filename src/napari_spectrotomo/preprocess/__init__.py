"""Raw counts -> optical density, pixel by pixel: darks, flats, exposure, bad pixels, -ln. Nothing is resampled."""

from .binning import binned_column, corrected_layout
from .correct import correct
from .exclusions import leave_out
from .parameters import CorrectParameters, Exclusion
from .stripe_strength import StripeStrength, stripe_strength
from .stripes import remove_stripes
from .tomogram import CorrectedTomogram, correct_tomogram

__all__ = [
    "CorrectParameters",
    "CorrectedTomogram",
    "Exclusion",
    "StripeStrength",
    "binned_column",
    "correct",
    "correct_tomogram",
    "corrected_layout",
    "leave_out",
    "remove_stripes",
    "stripe_strength",
]
