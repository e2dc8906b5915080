"""Recipe (what to do), project (what is done), run (doing it, resumably)."""

from .batch import Batch, ScanOutcome, run_batch
from .describe import Description, describe, describe_parameters, in_words, numbers
from .exports import ExportOptions, export_steps, exportable
from .project import Project
from .recipe import PARAMETERS, STAGES, Recipe
from .redo import redo_energy
from .run import run, run_steps
from .so_far import registered_so_far
from .summary import write_project_report
from .view_pairs import ComparedViews, ViewComparison

__all__ = [
    "PARAMETERS",
    "STAGES",
    "Batch",
    "ComparedViews",
    "Description",
    "ExportOptions",
    "Project",
    "Recipe",
    "ScanOutcome",
    "ViewComparison",
    "describe",
    "describe_parameters",
    "export_steps",
    "exportable",
    "in_words",
    "numbers",
    "redo_energy",
    "registered_so_far",
    "run",
    "run_batch",
    "run_steps",
    "write_project_report",
]
