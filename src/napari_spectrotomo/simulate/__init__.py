"""Phantom scans with known truth."""

from .parameters import SimulateParameters
from .scan import simulate_scan
from .truth import Truth, write_truth

__all__ = ["SimulateParameters", "Truth", "simulate_scan", "write_truth"]
