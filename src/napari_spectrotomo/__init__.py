"""Nano-resolution chemical mapping in 3-D: from X-ray projections at many energies to the edge energy of every voxel.

The public names are imported when they are first used, so that importing the package is quick and compiles nothing.
"""

import sys
from importlib import import_module
from importlib.metadata import version as _version
from types import ModuleType
from typing import Any

__version__ = _version("napari-spectrotomo")

_HOME = {
    "Scan": "data",
    "EnergyStack": "data",
    "Progress": "progress",
    "SpectrotomoError": "errors",
    "ReadError": "errors",
    "DataError": "errors",
    "ParameterError": "errors",
    "ReconstructionError": "errors",
    "RegistrationError": "errors",
    "ProjectError": "errors",
    "Aborted": "errors",
    "read_scan": "io",
    "write_scan": "io",
    "read_stack": "io",
    "read_references": "io",
    "write_spectra": "io",
    "spectra_as_text": "io",
    "write_tiff": "io",
    "correct": "preprocess",
    "find_center": "reconstruct",
    "find_jitter": "align",
    "measure_motion": "align",
    "reconstruct": "reconstruct",
    "align_energies": "align",
    "align_views": "align",
    "binarize": "segment",
    "label_particles": "segment",
    "particle_surface": "segment",
    "write_mesh": "segment",
    "register_pair": "register",
    "register": "register",
    "register_again": "register",
    "Registration": "register",
    "load_registration": "register",
    "squared_difference": "assess",
    "canny_contours": "assess",
    "view_pair": "assess",
    "checkerboard": "assess",
    "mask_outlines": "assess",
    "moved_mask": "assess",
    "normalize_spectra": "spectra",
    "edge_energy": "spectra",
    "edge_energy_of": "spectra",
    "EdgeMap": "spectra",
    "roi_spectrum": "spectra",
    "normalized_roi_spectrum": "spectra",
    "references_like_map": "spectra",
    "fit_references": "spectra",
    "fit_references_of": "spectra",
    "composition_rgb": "spectra",
    "Composition": "spectra",
    "particle_statistics": "spectra",
    "region_spectra": "spectra",
    "particle_spectra": "spectra",
    "kernel_density": "spectra",
    "density_table": "spectra",
    "intrinsic_spread": "spectra",
    "spatial_correlation": "spectra",
    "depth_profile": "spectra",
    "compare_particles": "spectra",
    "compare_all": "spectra",
    "calibrate_valence": "spectra",
    "valence_of_standards": "spectra",
    "valence_map": "spectra",
    "find_energy_shift": "spectra",
    "foil_shift": "spectra",
    "energy_drift": "spectra",
    "principal_components": "spectra",
    "nonnegative_components": "spectra",
    "cluster_spectra": "spectra",
    "simulate_scan": "simulate",
    "DrawnSpectrum": "report",
    "write_spectra_picture": "report",
    "Project": "workflow",
    "ViewComparison": "workflow",
    "Recipe": "workflow",
    "run": "workflow",
    "run_batch": "workflow",
}

__all__ = sorted(_HOME)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = getattr(import_module(f".{_HOME[name]}", __name__), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})


class _Package(ModuleType):
    """A package in which the functions `reconstruct` and `register` are not hidden by the folders of the same names."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _HOME and isinstance(value, ModuleType)):  # what importing a folder would set
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
