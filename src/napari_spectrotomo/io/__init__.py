"""Files to scans, stacks and reference spectra, and scans to files."""

from .parameters import SCAN_FORMATS, STACK_FORMATS, ReadParameters
from .scan import read_scan
from .sniff import identify

__all__ = [
    "SCAN_FORMATS",
    "STACK_FORMATS",
    "ReadParameters",
    "identify",
    "read_scan",
]
