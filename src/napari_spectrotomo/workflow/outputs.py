"""What each stage leaves in a project folder."""

from pathlib import Path

from ..errors import ProjectError

FILES: dict[str, tuple[str, ...]] = {
    "align": ("alignment.json",),
    "label": ("labels.tif",),
    "register": ("registration.json",),
    "spectra": ("edge_energy.tif", "edge_energy_error.tif", "edge_step.tif", "spectra.csv", "particles.csv"),
    "report": ("report.html",),
}
"""The files that each stage leaves."""

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


def missing(project: Path, result: str) -> ProjectError:
    """Give the error for a file or an image that is not there yet: it names the stage that makes it."""
    stage = next(s for made in (FILES, IMAGES_OF) for s, names in made.items() if result in names)
    return ProjectError(
        f"The project {project} has no {result} yet: run its {stage} stage (spectrotomo run … --output {project})."
    )
