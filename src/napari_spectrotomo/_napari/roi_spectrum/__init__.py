"""The ROI spectrum panel."""

from .panel import RoiSpectrumPanel

__all__ = ["RoiSpectrumPanel"]
