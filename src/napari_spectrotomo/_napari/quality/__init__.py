"""The Quality panel."""

from .panel import QualityPanel

__all__ = ["QualityPanel"]
