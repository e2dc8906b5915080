"""The chemistry compared: spectra beside larch's and scipy's, and definitions of the edge energy where the truth is known."""

from .accuracy import Accuracy, accuracies
from .definitions import DEFINITIONS, Definition
from .engines import ENGINES, JOBS, Engine, available
from .files import Comparison, write_spectra_study
from .mixtures import ENERGIES, attenuation, with_noise
from .study import QUICK_SIZE, SIZE, Study
from .task import Task, task_of
from .timing import Timing, timings

__all__ = [
    "DEFINITIONS",
    "ENERGIES",
    "ENGINES",
    "JOBS",
    "QUICK_SIZE",
    "SIZE",
    "Accuracy",
    "Comparison",
    "Definition",
    "Engine",
    "Study",
    "Task",
    "Timing",
    "accuracies",
    "attenuation",
    "available",
    "task_of",
    "timings",
    "with_noise",
    "write_spectra_study",
]
