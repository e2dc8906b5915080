"""Tables as CSV files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..atomic import whole_file

if TYPE_CHECKING:
    import pandas as pd


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV, whole or not at all; numbers in full precision, unknown ones empty."""
    with whole_file(path) as temporary:
        table.to_csv(temporary, index=False)
