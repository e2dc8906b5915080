"""The report: one self-contained HTML page with the figures of a project."""

from .data import ProjectionAt, ReportData, ReportParameters
from .page import write_report

__all__ = ["ProjectionAt", "ReportData", "ReportParameters", "write_report"]
