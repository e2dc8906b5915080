"""Forms made from the parameter classes of the stages."""

from .fold import Fold, Words
from .form import ParameterForm, labelled

__all__ = ["Fold", "ParameterForm", "Words", "labelled"]
