"""The Edge map panel."""

from .panel import EdgeMapPanel

__all__ = ["EdgeMapPanel"]
