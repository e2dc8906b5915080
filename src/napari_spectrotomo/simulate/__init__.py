"""Phantom scans with known truth."""

from .comparison import Comparison, compare_with_truth
from .folder import write_simulation
from .parameters import SimulateParameters
from .scan import simulate_scan
from .standards import write_standards
from .truth import Truth, load_truth, write_truth

__all__ = [
    "Comparison",
    "SimulateParameters",
    "Truth",
    "compare_with_truth",
    "load_truth",
    "simulate_scan",
    "write_simulation",
    "write_standards",
    "write_truth",
]
