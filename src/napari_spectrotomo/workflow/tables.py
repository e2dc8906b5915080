"""Tables as CSV files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..atomic import whole_file
from ..io.spectrum_text import as_cell, from_cell

if TYPE_CHECKING:
    import pandas as pd


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV, whole or not at all; numbers in full precision, unknown ones empty.

    A column whose name a spreadsheet would take for a formula, as a reference may have, begins with an apostrophe.
    """
    with whole_file(path) as temporary:
        table.rename(columns=as_cell).to_csv(temporary, index=False)


def read_table(path: Path) -> pd.DataFrame:
    """Read a table that `write_table` wrote, its columns by the names they had."""
    import pandas as pd

    return pd.read_csv(path).rename(columns=from_cell)
