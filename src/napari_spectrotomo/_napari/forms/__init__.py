"""Forms made from the parameter classes of the stages."""

from .file_rows import FileRows
from .fold import Fold, Words
from .form import ParameterForm, labelled

__all__ = ["FileRows", "Fold", "ParameterForm", "Words", "labelled"]
