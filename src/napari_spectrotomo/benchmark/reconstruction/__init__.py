"""Reconstruction compared: engines on every size of slice, algorithms where views are few; a phantom that is known exactly."""

from .engines import ENGINES, Engine, available
from .few_views import FewViews, few_views
from .files import Comparison, write_reconstructions
from .phantom import CYLINDER, SECTION, pixel_size, section, views_of, within
from .study import QUICK_SIZES, SIZES, Measurement, Study, measurements

__all__ = [
    "CYLINDER",
    "ENGINES",
    "QUICK_SIZES",
    "SECTION",
    "SIZES",
    "Comparison",
    "Engine",
    "FewViews",
    "Measurement",
    "Study",
    "available",
    "few_views",
    "measurements",
    "pixel_size",
    "section",
    "views_of",
    "within",
    "write_reconstructions",
]
