"""Forms made from the parameter classes of the stages."""

from .fold import Fold
from .form import ParameterForm, labelled

__all__ = ["Fold", "ParameterForm", "labelled"]
