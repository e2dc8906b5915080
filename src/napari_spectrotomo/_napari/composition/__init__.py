"""The Composition panel."""

from .panel import CompositionPanel

__all__ = ["CompositionPanel"]
