"""The Load panel."""

from .panel import LoadPanel

__all__ = ["LoadPanel"]
