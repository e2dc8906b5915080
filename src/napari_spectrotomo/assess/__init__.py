"""Is it right? Squared differences, outlines, and how well the masks agree."""

from ..register import Overlap, mask_overlap
from .contours import canny_contours
from .difference import squared_difference

__all__ = ["Overlap", "canny_contours", "mask_overlap", "squared_difference"]
