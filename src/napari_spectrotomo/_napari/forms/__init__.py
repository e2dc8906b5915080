"""Forms made from the parameter classes of the stages."""

from .file_rows import FileRows
from .fold import Fold, Words
from .form import ParameterForm, labelled
from .warned import Warned

__all__ = ["FileRows", "Fold", "ParameterForm", "Warned", "Words", "labelled"]
