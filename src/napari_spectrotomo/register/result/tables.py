"""The columns of the two tables that say how good a registration is, and what stands in them where nothing is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import RegistrationError

if TYPE_CHECKING:
    import pandas as pd

MEASURES = tuple(
    f"{measure}_{stage}"
    for measure in ("mse", "dice", "surface_mean", "surface_95")
    for stage in ("raw", "global", "registered")
)
"""Of masks: before registration, by the transform of the whole, and as `apply` does it; surface distances in voxels."""

QUALITY: dict[str, type] = {
    "energy_eV": float,
    **dict.fromkeys(MEASURES, float),
    **dict.fromkeys(("mse_fixed", "mse_chain", "grey_masks", "grey_refined", "uncertainty", "trend"), float),
    "iterations": int,
    **dict.fromkeys(("stop_reason", "status", "flag"), str),
}
"""Columns of the table with a row an energy.

``mse_fixed`` and ``mse_chain`` are of the whole registered to the fixed energy and by a chain of neighbours, where both were
tried; uncertainty and trend are in voxels.
"""

PARTICLE_QUALITY: dict[str, type] = {
    "energy_eV": float,
    "particle": int,
    **dict.fromkeys(MEASURES, float),
    **dict.fromkeys(("grey_masks", "grey_refined"), float),
    "refined": bool,
    "uncertainty": float,
    "iterations": int,
    **dict.fromkeys(("status", "flag"), str),
}
"""Columns of the table with a row a particle and energy."""

_UNKNOWN: dict[type, Any] = {float: np.nan, int: 0, bool: False, str: ""}


def completed(table: Any, columns: Mapping[str, type]) -> pd.DataFrame:
    """Give a table with all its columns, in their order and of their kind; further ones follow as they are.

    Parameters
    ----------
    table : DataFrame, or mapping of column name to values
    columns : mapping of column name to kind
        Where the table lacks one: NaN, 0, False or no words.

    Raises
    ------
    RegistrationError
        If values are of another kind, or columns have different lengths.
    """
    import pandas as pd

    given = {str(name): list(table[name]) for name in table}
    rows = len(next(iter(given.values()), []))
    found: dict[str, Any] = {}
    for name, kind in columns.items():
        values = given.pop(name, [_UNKNOWN[kind]] * rows)
        try:
            found[name] = np.array([_UNKNOWN[kind] if _unknown(v) else kind(v) for v in values], _dtype(kind))
        except (TypeError, ValueError) as error:
            raise RegistrationError(
                f"The quality column {name!r} holds something else than {kind.__name__}."
            ) from error
    found |= given
    if any(len(values) != rows for values in found.values()):
        raise RegistrationError("The columns of a quality table have different lengths.")
    return pd.DataFrame(found)


def plain(table: pd.DataFrame) -> dict[str, list[Any]]:
    """Give a table as lists of plain values by column, None for NaN."""
    return {str(name): [_plain(value) for value in table[name]] for name in table}


def plain_numbers(values: Any) -> list[Any]:
    """Give numbers as nested lists, None for what is not finite."""
    numbers = np.asarray(values, np.float64)
    boxed = numbers.astype(object)
    boxed[~np.isfinite(numbers)] = None
    return list(boxed.tolist())


def _dtype(kind: type) -> Any:
    return object if kind is str else kind


def _unknown(value: Any) -> bool:
    """Whether it is None, NaN or pandas' NA."""
    import pandas as pd

    return bool(pd.isna(value))


def _plain(value: Any) -> Any:
    kept = value.item() if isinstance(value, np.generic) else value
    return None if _unknown(kept) or (isinstance(kept, float) and not np.isfinite(kept)) else kept
