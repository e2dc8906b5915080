"""Volumes -> masks of the sample -> numbered particles."""

from .binarize import binarize
from .field import field_warnings
from .level import moved, own_threshold, shift_of, unknown_energies, with_threshold
from .mesh import colors_of, write_mesh
from .odd import unlike_neighbours
from .own import load_labels, load_masks
from .parameters import BinarizeParameters, LabelParameters
from .particles import label_particles
from .surface import Surface, particle_surface
from .threshold import Threshold
from .volume import BinarizedVolume, SmoothedVolume, binarize_volume, mask_above, smoothed_volume

__all__ = [
    "BinarizeParameters",
    "BinarizedVolume",
    "LabelParameters",
    "SmoothedVolume",
    "Surface",
    "Threshold",
    "binarize",
    "binarize_volume",
    "colors_of",
    "field_warnings",
    "label_particles",
    "load_labels",
    "load_masks",
    "mask_above",
    "moved",
    "own_threshold",
    "particle_surface",
    "shift_of",
    "smoothed_volume",
    "unknown_energies",
    "unlike_neighbours",
    "with_threshold",
    "write_mesh",
]
