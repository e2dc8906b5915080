"""Registered stack to normalised spectra, edge energies, composition and their statistics."""

from .composition.fit import fit_references, fit_references_of
from .composition.overlaid import references_like_map
from .composition.parameters import CompositionParameters
from .composition.record import Composition
from .composition.rgb import composition_rgb
from .edge.edge_energy import edge_energy_of
from .edge.edge_map import EdgeMap, edge_energy
from .energy_axis.foil import foil_shift
from .energy_axis.shift import EnergyShift, energy_drift, find_energy_shift
from .normalize.elements import tabulated_edge
from .normalize.normalization import FEWEST_ENERGIES, NormalizedSpectra, normalize_spectra
from .parameters import FILES, SpectraParameters
from .particles.boxes import particle_boxes
from .particles.comparison import Comparison, compare_all, compare_particles
from .particles.correlation import SpatialCorrelation, spatial_correlation
from .particles.density import density_table, kernel_density
from .particles.depth import depth_profile
from .particles.heterogeneity import intrinsic_spread
from .particles.normalized_region import normalized_roi_spectrum
from .particles.regions import region_spectra, roi_spectrum
from .particles.spectra import particle_means, particle_spectra
from .particles.statistics import particle_sizes, particle_statistics
from .unmixing.clusters import Clusters, cluster_spectra
from .unmixing.nonnegative import nonnegative_components
from .unmixing.principal import Components, principal_components
from .valence.line import ValenceLine, calibrate_valence
from .valence.standards import valence_of_standards
from .valence.valence_map import ValenceMap, valence_map

__all__ = [
    "FEWEST_ENERGIES",
    "FILES",
    "Clusters",
    "Comparison",
    "Components",
    "Composition",
    "CompositionParameters",
    "EdgeMap",
    "EnergyShift",
    "NormalizedSpectra",
    "SpatialCorrelation",
    "SpectraParameters",
    "ValenceLine",
    "ValenceMap",
    "calibrate_valence",
    "cluster_spectra",
    "compare_all",
    "compare_particles",
    "composition_rgb",
    "density_table",
    "depth_profile",
    "edge_energy",
    "edge_energy_of",
    "energy_drift",
    "find_energy_shift",
    "fit_references",
    "fit_references_of",
    "foil_shift",
    "intrinsic_spread",
    "kernel_density",
    "nonnegative_components",
    "normalize_spectra",
    "normalized_roi_spectrum",
    "particle_boxes",
    "particle_means",
    "particle_sizes",
    "particle_spectra",
    "particle_statistics",
    "principal_components",
    "references_like_map",
    "region_spectra",
    "roi_spectrum",
    "spatial_correlation",
    "tabulated_edge",
    "valence_map",
    "valence_of_standards",
]
