"""Volumes -> masks of the sample -> numbered particles."""

from .binarize import BinarizedVolume, binarize, binarize_volume
from .own import load_labels, load_masks
from .parameters import BinarizeParameters, LabelParameters
from .particles import label_particles

__all__ = [
    "BinarizeParameters",
    "BinarizedVolume",
    "LabelParameters",
    "binarize",
    "binarize_volume",
    "label_particles",
    "load_labels",
    "load_masks",
]
