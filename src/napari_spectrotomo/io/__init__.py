"""Files to scans, stacks and reference spectra, and scans to files."""

from .parameters import SCAN_FORMATS, STACK_FORMATS, ReadParameters
from .references import read_references
from .scan import read_scan
from .sniff import identify, is_recognised
from .spectra_files import spectra_as_text, write_spectra
from .stack.read import read_stack
from .tiff.write import tiff_steps, write_tiff
from .write import write_scan

__all__ = [
    "SCAN_FORMATS",
    "STACK_FORMATS",
    "ReadParameters",
    "identify",
    "is_recognised",
    "read_references",
    "read_scan",
    "read_stack",
    "spectra_as_text",
    "tiff_steps",
    "write_scan",
    "write_spectra",
    "write_tiff",
]
