"""The measurements as tables, and what they come to in a line each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..table import Table, number
from .accuracy import ASTRAY, Accuracy
from .engines import ENGINES, JOBS
from .timing import Timing

TIME_CAPTION = (
    "µs a spectrum; that over ours, and over one numpy.sum of the same spectra over the energies; largest difference from what "
    "ours gave for the same spectra (edge steps, eV, fractions)."
)
MORE_LOST = 0.05
"""A definition that loses this share of spectra more than another is not compared: what it keeps are the easy ones."""
CHOICE_CAPTION = (
    "Slope: eV a valence from the one oxide to the other; bend: how far a mixture lies off the straight line between them at most, "
    "in valences; both noise-free on a fine grid. Bias on the scan's grid with the least noise, ± from fraction to fraction and "
    "position to position, eV. Then, at each SNR, spread and ± together over slope: one standard deviation of a voxel, in valences."
)
ACCURACY_CAPTION = (
    "eV, but for the resolution: spread and ± together over slope, in valences. Bias from the same definition on a noise-free "
    "fine grid, ± from fraction to fraction and from position to position of the grid; spread, half of what the middle 68 % span; "
    "stated, the median error of the map; within, the share of results no farther than that from the noise-free result on the same "
    f"grid, and from the fine grid's; none, spectra without an edge energy; astray, those more than {ASTRAY:.0f} eV off."
)


def time_table(rows: Sequence[Timing]) -> Table:
    """Give the table of times, a line a job and engine, the least time of a job marked."""
    heads = ("job", "engine", "spectra", "µs", "of ours", "of a sum", "differs by")
    quickest = {row.job: min(r.seconds for r in rows if r.job == row.job) for row in rows}
    cells = tuple(
        (
            row.job,
            ENGINES[row.engine].label,
            f"{row.spectra:,}",
            _microseconds(row.seconds),
            _times(row.of_ours),
            _times(row.of_sum),
            number(row.difference, ".2g"),
        )
        for row in rows
    )
    best = tuple(k for k, row in enumerate(rows) if row.seconds == quickest[row.job])
    return Table(heads, 2, cells, best, 3, TIME_CAPTION)


def accuracy_table(rows: Sequence[Accuracy]) -> Table:
    """Give the table of definitions, a line a noise and definition, the finest resolution of a noise marked."""
    heads = (
        *("definition", "SNR", "bias", "±", "spread", "resolution"),
        *("stated", "within", "of true", "none", "astray"),
    )
    cells = tuple(
        (
            row.definition,
            f"{row.snr:g}",
            number(row.bias, "+.2f"),
            number(row.ripple, ".2f"),
            number(row.spread, ".2f"),
            number(row.resolution, ".3f"),
            number(row.stated, ".2f"),
            number(row.covered, ".0%"),
            number(row.covered_true, ".0%"),
            number(row.undefined, ".1%"),
            number(row.astray, ".1%"),
        )
        for row in rows
    )
    finest = [min(its, key=_resolution) for snr in dict.fromkeys(row.snr for row in rows) if (its := fair(rows, snr))]
    best = tuple(k for k, row in enumerate(rows) if row in finest)
    return Table(heads, 1, cells, best, 5, ACCURACY_CAPTION)


def choice_table(rows: Sequence[Accuracy]) -> Table:
    """Give the table to choose by, a line a definition: sensitivity, bend, bias, and the resolution at each noise."""
    levels = sorted({row.snr for row in rows})
    heads = ("definition", "slope", "bend", "bias", "±", *_snr_heads(levels))
    cells = []
    for name in dict.fromkeys(row.definition for row in rows):
        its = {row.snr: row for row in rows if row.definition == name}
        quietest = its[max(its)]
        cells.append(
            (
                name,
                number(quietest.sensitivity, ".2f"),
                number(quietest.bend / abs(quietest.sensitivity), ".2f"),
                number(quietest.bias, "+.2f"),
                number(quietest.ripple, ".2f"),
                *(number(its[snr].resolution, ".2g") if snr in its else "" for snr in levels),
            )
        )
    return Table(heads, 1, tuple(cells), (), 1, CHOICE_CAPTION)


def _snr_heads(levels: Sequence[float]) -> list[str]:
    return [f"{'' if k else 'SNR '}{snr:g}" for k, snr in enumerate(levels)]


def lines_of(times: Sequence[Timing], rows: Sequence[Accuracy]) -> tuple[str, ...]:
    """Say what was found: a sentence a job, and the definition that resolves valence best at each noise."""
    found = [
        _job_line(job, [row for row in times if row.job == job]) for job in dict.fromkeys(row.job for row in times)
    ]
    for snr in dict.fromkeys(row.snr for row in rows):
        if len(its := sorted(fair(rows, snr), key=_resolution)) > 1:
            told = [f"{row.definition} {row.resolution:.2g}" for row in (its[0], its[-1])]
            others = [row.definition for row in rows if row.snr == snr and row not in its]
            left = f"; more spectra lost by {', '.join(others)}" if others else ""
            found.append(f"SNR {snr:g}, one standard deviation of a voxel in valences: {told[0]} to {told[1]}{left}.")
    return tuple(found)


def fair(rows: Sequence[Accuracy], snr: float) -> list[Accuracy]:
    """Give what can be compared at a noise: definitions that lose hardly more spectra than the one that loses fewest."""
    its = [row for row in rows if row.snr == snr and np.isfinite(row.resolution)]
    least = min((row.lost for row in its), default=0.0)
    return [row for row in its if row.lost <= least + MORE_LOST]


def _resolution(row: Accuracy) -> float:
    return row.resolution


def _job_line(job: str, rows: Sequence[Timing]) -> str:
    parts = [
        f"{ENGINES[row.engine].label} {_microseconds(row.seconds)} µs"
        + (f" ({_times(row.of_ours)} times ours)" if row.engine != "ours" and np.isfinite(row.of_ours) else "")
        + (f" ({_times(row.of_sum)} sums)" if row.engine == "ours" else "")
        for row in rows
    ]
    return f"{JOBS[job].capitalize()}, a spectrum: {', '.join(parts)}."


def _microseconds(seconds: float) -> str:
    return f"{1e6 * seconds:.3g}" if seconds < 1e-3 else f"{1e6 * seconds:,.0f}"


def _times(ratio: float) -> str:
    if not np.isfinite(ratio):
        return "–"
    return f"{ratio:.1f}" if ratio < 100 else f"{float(f'{ratio:.2g}'):,.0f}"
