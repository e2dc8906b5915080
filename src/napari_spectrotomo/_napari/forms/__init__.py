"""Forms made from the parameter classes of the stages."""

from .fold import Fold
from .form import ParameterForm

__all__ = ["Fold", "ParameterForm"]
