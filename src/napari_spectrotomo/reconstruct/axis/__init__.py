"""Where the rotation axis is at each energy: methods that do not depend on each other, a vote, and the drift through a series."""

from .drift import SeriesAxes, settle_axes
from .estimate import AxisEstimate
from .find import find_axis, find_center, find_center_of
from .strip import CenterStrip, center_strip

__all__ = [
    "AxisEstimate",
    "CenterStrip",
    "SeriesAxes",
    "center_strip",
    "find_axis",
    "find_center",
    "find_center_of",
    "settle_axes",
]
