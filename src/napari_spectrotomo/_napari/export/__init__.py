"""Taking results away: TIFF, meshes, pictures for print and movies."""

from .panel import ExportPanel

__all__ = ["ExportPanel"]
