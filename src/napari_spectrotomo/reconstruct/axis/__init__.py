"""Where the rotation axis is at each energy: methods that do not depend on each other, a vote, and the drift through a series."""

from .drift import SeriesAxes, settle_axes
from .estimate import AxisEstimate
from .find import find_axis, find_center, find_center_of
from .rotation_axis import axis_warnings, settle_centers
from .strip import CenterStrip, center_strip

__all__ = [
    "AxisEstimate",
    "CenterStrip",
    "SeriesAxes",
    "axis_warnings",
    "center_strip",
    "find_axis",
    "find_center",
    "find_center_of",
    "settle_axes",
    "settle_centers",
]
