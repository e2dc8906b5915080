"""Registered stack to normalised spectra, edge energies and their statistics."""

from .edge_energy import edge_energy_of
from .edge_map import EdgeMap, edge_energy
from .normalization import FEWEST_ENERGIES, NormalizedSpectra, normalize_spectra
from .parameters import SpectraParameters
from .particles import kernel_density, particle_sizes, particle_statistics
from .regions import particle_means, particle_spectra, roi_spectrum

__all__ = [
    "FEWEST_ENERGIES",
    "EdgeMap",
    "NormalizedSpectra",
    "SpectraParameters",
    "edge_energy",
    "edge_energy_of",
    "kernel_density",
    "normalize_spectra",
    "particle_means",
    "particle_sizes",
    "particle_spectra",
    "particle_statistics",
    "roi_spectrum",
]
