"""Stages `spectra` and `composition`: from the registered stack to edge energies, valence, composition and statistics."""

from .composition import composition_steps
from .edges import spectra_steps

__all__ = ["composition_steps", "spectra_steps"]
