"""Sphinx configuration."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "napari-spectrotomo"
author = "The napari-spectrotomo developers"
copyright = "2026, the napari-spectrotomo developers"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "parameter_tables"]
myst_enable_extensions = ["colon_fence", "dollarmath"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build", "benchmark/*.md"]  # parts of a page
html_theme = "furo"
html_title = "napari-spectrotomo"
napoleon_use_ivar = True
autodoc_typehints = "none"
napoleon_google_docstring = False
