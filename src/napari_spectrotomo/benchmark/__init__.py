"""The published comparisons behind ``spectrotomo benchmark``: known truth, and peers beside us on the same data in one run."""

from .engines import ENGINES, Engine, available
from .files import StudyResult, write_study
from .perturbations import CASES, NOISE, motion, salt_and_pepper
from .phantom import Phantom
from .study import Measurement, Study, measurements, warp_seconds
from .summary import Summary, summary
from .table import show_rows

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
    "show_rows",
    "summary",
    "warp_seconds",
    "write_study",
]
