"""Raw counts -> optical density, pixel by pixel: darks, flats, exposure, bad pixels, -ln. Nothing is resampled."""

from .correct import CorrectedTomogram, correct, correct_tomogram
from .exclusions import leave_out
from .parameters import CorrectParameters, Exclusion

__all__ = ["CorrectParameters", "CorrectedTomogram", "Exclusion", "correct", "correct_tomogram", "leave_out"]
