"""Where the rotation axis is at each energy: methods that do not depend on each other, a vote, and the drift through a series."""

from .rotation_axis import axis_warnings, find_center, find_center_of, settle_centers

__all__ = ["axis_warnings", "find_center", "find_center_of", "settle_centers"]
