"""All steps in one dock, from a folder of scans to a map."""

from .panel import JourneyPanel

__all__ = ["JourneyPanel"]
