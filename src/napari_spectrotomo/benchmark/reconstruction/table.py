"""The measurements as tables, and what they come to in a line an engine or algorithm."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..table import Table, number
from .engines import ENGINES
from .few_views import LABELS, FewViews
from .phantom import CYLINDER
from .study import Measurement

CAPTION = (
    "ms a slice, filter included; time over algotom's at the same size in the same run; rmse in 1/µm within the field; "
    f"mean of the cylinder, whose value is {CYLINDER.value} 1/µm, and by how much that is off."
)
FEW_CAPTION = (
    "ms a slice; rmse in 1/µm within the field; the cylinder as above. Iterations and weight are the defaults."
)
TRUE_WITHIN = 0.01


def full_table(rows: Sequence[Measurement]) -> Table:
    """Give the table of engines, a line a size and engine, the least time of a size marked."""
    heads = ("columns", "views", "engine", "ms", "of algotom's", "rmse", "cylinder", "off by")
    quickest = {row.size: min(r.seconds for r in rows if r.size == row.size) for row in rows}
    cells = tuple(
        (
            str(row.size),
            str(row.views),
            ENGINES[row.engine].label,
            _milliseconds(row.seconds),
            number(row.of_algotom, ".3f"),
            number(row.rmse, ".4f"),
            number(row.cylinder, ".4f"),
            number(row.cylinder_error, "+.2%"),
        )
        for row in rows
    )
    best = tuple(k for k, row in enumerate(rows) if row.seconds == quickest[row.size])
    return Table(heads, 3, cells, best, 3, CAPTION)


def few_table(rows: Sequence[FewViews]) -> Table:
    """Give the table of algorithms, a line a case and algorithm, the least error of a case marked."""
    heads = ("case", "views", "algorithm", "by", "ms", "rmse", "cylinder", "off by")
    least = {row.case: min(r.rmse for r in rows if r.case == row.case) for row in rows}
    cells = tuple(
        (
            row.case,
            str(row.views),
            LABELS[row.algorithm],
            row.engine,
            _milliseconds(row.seconds),
            number(row.rmse, ".4f"),
            number(row.cylinder, ".4f"),
            number(row.cylinder_error, "+.1%"),
        )
        for row in rows
    )
    best = tuple(k for k, row in enumerate(rows) if row.rmse == least[row.case])
    return Table(heads, 4, cells, best, 5, FEW_CAPTION)


def lines_of(rows: Sequence[Measurement], few: Sequence[FewViews]) -> tuple[str, ...]:
    """Say what was found: a sentence an engine, whether the scale is right, and the best algorithm of each case."""
    found = [_engine_line(name, rows) for name in dict.fromkeys(row.engine for row in rows)]
    ours = [abs(row.cylinder_error) for row in rows if row.engine == "ours"]
    if ours:
        told = "within" if max(ours) < TRUE_WITHIN else "NOT within"
        found.append(
            f"Ours gives the cylinder's attenuation to {max(ours):.2%} at worst: {told} {TRUE_WITHIN:.0%} of its value."
        )
    for case in dict.fromkeys(row.case for row in few):
        best, worst = (pick((r for r in few if r.case == case), key=lambda r: r.rmse) for pick in (min, max))
        found.append(
            f"{case}: {LABELS[best.algorithm]} ({best.engine}) has the least error, rmse {best.rmse:.4f} 1/µm; "
            f"the greatest is that of {LABELS[worst.algorithm]} ({worst.engine}), {worst.rmse:.4f}."
        )
    return tuple(found)


def _engine_line(name: str, rows: Sequence[Measurement]) -> str:
    its = [row for row in rows if row.engine == name]
    times = ", ".join(f"{_milliseconds(row.seconds)} ms ({row.size}²)" for row in its)
    ratios = [row.of_algotom for row in its if np.isfinite(row.of_algotom)]
    pace = f"; {min(ratios):.3f} to {max(ratios):.3f} of algotom's time" if ratios and name != "algotom" else ""
    return f"{ENGINES[name].label}: {times} a slice{pace}; rmse {max(row.rmse for row in its):.4f} 1/µm at worst."


def _milliseconds(seconds: float) -> str:
    return f"{1e3 * seconds:.3g}" if seconds < 1 else f"{1e3 * seconds:.0f}"
