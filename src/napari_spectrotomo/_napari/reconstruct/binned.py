"""Columns of the detector in images binned otherwise."""

from __future__ import annotations

from ...preprocess import binned_column


def rebinned(column: float, columns: int, before: int, after: int) -> float:
    """Give where a column, such as the rotation axis', lies in images binned by `after`, from where it lies in those by `before`.

    Parameters
    ----------
    column : float
    columns : int
        Of the detector.
    before, after : int

    Examples
    --------
    >>> rebinned(147.75, 640, 2, 1)
    296.0
    """
    whole = (column - binned_column(0.0, columns, before)) * before
    return round(binned_column(whole, columns, after), 3)
