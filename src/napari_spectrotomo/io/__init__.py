"""Files to scans, stacks and reference spectra, and scans to files."""

from .parameters import SCAN_FORMATS, STACK_FORMATS, ReadParameters
from .references import read_references
from .scan import read_scan
from .sniff import identify
from .spectra_files import write_spectra
from .stack.read import read_stack
from .write import write_scan

__all__ = [
    "SCAN_FORMATS",
    "STACK_FORMATS",
    "ReadParameters",
    "identify",
    "read_references",
    "read_scan",
    "read_stack",
    "write_scan",
    "write_spectra",
]
