"""The report: one self-contained HTML page with the figures of a project."""

from .alignment import AlignmentSeen, StripSeen
from .chemistry import Chemistry
from .data import ProjectionAt, ReportData, ReportParameters
from .page import write_report

__all__ = ["AlignmentSeen", "Chemistry", "ProjectionAt", "ReportData", "ReportParameters", "StripSeen", "write_report"]
