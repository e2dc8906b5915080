"""The report: one self-contained HTML page with the figures of a project."""

from .alignment import AlignmentSeen, StripSeen
from .batch import ScanSeen, write_batch_report
from .chemistry import Chemistry
from .data import ProjectionAt, ReportData, ReportParameters
from .page import write_report
from .spectra_picture import DrawnSpectrum, spectra_picture, write_spectra_picture

__all__ = [
    "AlignmentSeen",
    "Chemistry",
    "DrawnSpectrum",
    "ProjectionAt",
    "ReportData",
    "ReportParameters",
    "ScanSeen",
    "StripSeen",
    "spectra_picture",
    "write_batch_report",
    "write_report",
    "write_spectra_picture",
]
