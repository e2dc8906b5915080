"""The Register panel."""

from .panel import RegisterPanel

__all__ = ["RegisterPanel"]
