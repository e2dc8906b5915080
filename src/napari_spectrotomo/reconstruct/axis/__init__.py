"""Where the rotation axis is at each energy: methods that do not depend on each other, a vote, and the drift through a series."""

from .estimate import AxisEstimate
from .find import find_axis, find_center, find_center_of
from .rotation_axis import axis_warnings, settle_centers

__all__ = ["AxisEstimate", "axis_warnings", "find_axis", "find_center", "find_center_of", "settle_centers"]
