"""What each stage leaves in a project folder."""

from pathlib import Path

from ..errors import ProjectError
from .recipe import Recipe

FILES: dict[str, tuple[str, ...]] = {
    "align": ("alignment.json",),
    "label": ("labels.tif",),
    "register": ("registration.json",),
    "spectra": (
        *("edge_energy.tif", "edge_energy_error.tif", "edge_step.tif", "spectra.csv", "particles.csv"),
        *("profiles.csv", "densities.csv", "comparisons.csv", "valence.tif", "valence_error.tif"),
    ),
    "composition": (
        *("fractions.tif", "fraction_errors.tif", "composition_residual.tif", "composition_shift.tif"),
        "composition.csv",
        *("components.csv", "component_scores.tif", "clusters.tif", "clusters.csv"),
    ),
    "report": ("report.html",),
}
"""The files that each stage leaves, those included that must be asked for."""

UNFINISHED: dict[str, tuple[str, ...]] = {
    "align": ("alignment.partial.json",),
    "register": ("registration.partial.json",),
}
"""The files that each stage keeps while it is at work."""

IMAGES_OF: dict[str, tuple[str, ...]] = {
    "reconstruct": ("reconstruction",),
    "binarize": ("mask",),
    "register": ("registered", "squared_difference_raw", "squared_difference_registered", "deformation"),
}
"""The images that each stage leaves; an energy is done when the first of them holds it."""


_WITHOUT_AN_EDGE = ("spectra.csv", "particles.csv")
"""What the stage `spectra` leaves where there are too few energies for an edge."""


def asked_for(stage: str, recipe: Recipe, maps_edges: bool) -> tuple[str, ...]:
    """Give the files that a stage leaves under a recipe."""
    if stage == "spectra" and not maps_edges:
        return _WITHOUT_AN_EDGE
    if stage == "spectra" and recipe.spectra.standards is None:
        return tuple(name for name in FILES[stage] if not name.startswith("valence"))
    if stage == "composition":
        asked = recipe.composition
        wanted = {
            ("fraction", "composition.", "composition_residual"): asked.references is not None,
            ("composition_shift",): asked.references is not None and asked.max_shift > 0,
            ("component",): asked.decomposition != "none",
            ("clusters",): asked.clusters > 0,
        }
        begins = tuple(begin for names, yes in wanted.items() if yes and maps_edges for begin in names)
        return tuple(name for name in FILES[stage] if name.startswith(begins))
    return FILES.get(stage, ())


def missing(project: Path, result: str) -> ProjectError:
    """Give the error for a file or an image that is not there yet: it names the stage that makes it."""
    stage = next(s for made in (FILES, IMAGES_OF) for s, names in made.items() if result in names)
    return ProjectError(
        f"The project {project} has no {result} yet: run its {stage} stage (spectrotomo run … --output {project})."
    )
