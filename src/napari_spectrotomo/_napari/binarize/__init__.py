"""The Binarize panel."""

from .panel import BinarizePanel

__all__ = ["BinarizePanel"]
