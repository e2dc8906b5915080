"""Volumes -> masks of the sample -> numbered particles."""

from .binarize import BinarizedVolume, binarize, binarize_volume
from .field import field_warnings
from .own import load_labels, load_masks
from .parameters import BinarizeParameters, LabelParameters
from .particles import label_particles
from .surface import Surface, particle_surface

__all__ = [
    "BinarizeParameters",
    "BinarizedVolume",
    "LabelParameters",
    "Surface",
    "binarize",
    "binarize_volume",
    "field_warnings",
    "label_particles",
    "load_labels",
    "load_masks",
    "particle_surface",
]
