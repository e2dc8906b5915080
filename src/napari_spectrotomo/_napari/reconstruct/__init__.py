"""The Reconstruct panel."""

from .panel import ReconstructPanel

__all__ = ["ReconstructPanel"]
