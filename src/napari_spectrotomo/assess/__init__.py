"""Is it right? Squared differences, outlines, and how well the masks agree."""

from ..register import Overlap, mask_overlap
from .checkerboard import checkerboard
from .contours import canny_contours
from .difference import moved_mask, squared_difference
from .outlines import mask_outlines
from .view_pair import ViewPair, view_pair

__all__ = [
    "Overlap",
    "ViewPair",
    "canny_contours",
    "checkerboard",
    "mask_outlines",
    "mask_overlap",
    "moved_mask",
    "squared_difference",
    "view_pair",
]
