"""The published robustness study of registration: known motions, known noise, and its peers on the same pairs."""

from .engines import ENGINES, Engine, available
from .files import StudyResult, write_study
from .perturbations import CASES, NOISE, motion, salt_and_pepper
from .phantom import Phantom
from .study import Measurement, Study, measurements, warp_seconds
from .summary import Summary, summary
from .table import table_of

__all__ = [
    "CASES",
    "ENGINES",
    "NOISE",
    "Engine",
    "Measurement",
    "Phantom",
    "Study",
    "StudyResult",
    "Summary",
    "available",
    "measurements",
    "motion",
    "salt_and_pepper",
    "summary",
    "table_of",
    "warp_seconds",
    "write_study",
]
